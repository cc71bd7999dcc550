/* common/postgres: every type there and back through a real server, one by one and as arrays. */
#include "tests/integration/postgres/fixture.h"

#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROWS = 10000 };

static const uint8_t uuid_bytes[16] = {0x01, 0x8f, 0,  0xff, 5,  6,  7,  8,
                                       9,    10,   11, 12,   13, 14, 15, 16};

START_TEST(integers_round_trip)
{
    static const struct postgres_statement statement = {
        .name = "integers",
        .sql = "SELECT $1, $2, $3, $4",
        .types = {POSTGRES_INT2, POSTGRES_INT4, POSTGRES_INT8, POSTGRES_BOOL},
    };
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(database_create(server));
    ERRORS;

    for (int sign = 0; sign < 2; sign++) {
        OWNED(postgres_result) result = NULL;
        const struct postgres_value values[] = {
            postgres_int2(sign ? INT16_MIN : INT16_MAX),
            postgres_int4(sign ? INT32_MIN : INT32_MAX),
            postgres_int8(sign ? INT64_MIN : INT64_MAX),
            postgres_bool(sign),
        };

        ASSERT_OK(postgres_run(db, &statement, values, &result, &error));
        ck_assert_uint_eq(postgres_result_rows(result), 1);
        ck_assert_int_eq(postgres_result_int2(result, 0, 0), sign ? INT16_MIN : INT16_MAX);
        ck_assert_int_eq(postgres_result_int4(result, 0, 1), sign ? INT32_MIN : INT32_MAX);
        ck_assert_int_eq(postgres_result_int8(result, 0, 2), sign ? INT64_MIN : INT64_MAX);
        ck_assert_int_eq(postgres_result_bool(result, 0, 3), sign);
    }
}
END_TEST

START_TEST(floats_round_trip)
{
    static const struct postgres_statement statement = {
        .name = "floats",
        .sql = "SELECT $1",
        .types = {POSTGRES_FLOAT8},
    };
    static const double numbers[] = {0.0,      -0.0,     1.5, 0x1p-1074, -1.7976931348623157e308,
                                     HUGE_VAL, -HUGE_VAL};
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(database_create(server));
    ERRORS;

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        OWNED(postgres_result) result = NULL;
        const struct postgres_value values[] = {postgres_float8(numbers[i])};
        double got;

        ASSERT_OK(postgres_run(db, &statement, values, &result, &error));
        got = postgres_result_float8(result, 0, 0);
        ck_assert_mem_eq(&got, &numbers[i], sizeof got);
    }
}
END_TEST

START_TEST(times_round_trip)
{
    static const struct postgres_statement statement = {
        .name = "times",
        .sql = "SELECT $1, $2, $1 = '2024-02-29 12:34:56.789012Z'::timestamptz,"
               " $2 = '2024-02-29'::date",
        .types = {POSTGRES_TIMESTAMPTZ, POSTGRES_DATE},
    };
    /* The last: 4713-11-24 BC, the first moment and day that Postgres knows. */
    static const int64_t moments[] = {INT64_C(1709210096789012),   0, -1, 1, INT64_MAX,
                                      INT64_C(-210866803200000000)};
    static const int32_t days[] = {19782, 0, -1, 1, 100000000, -2440588};
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(database_create(server));
    ERRORS;

    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        OWNED(postgres_result) result = NULL;
        const struct postgres_value values[] = {postgres_timestamptz(moments[i]),
                                                postgres_date(days[i])};

        ASSERT_OK(postgres_run(db, &statement, values, &result, &error));
        ck_assert_int_eq(postgres_result_timestamptz(result, 0, 0), moments[i]);
        ck_assert_int_eq(postgres_result_date(result, 0, 1), days[i]);
        ck_assert_int_eq(postgres_result_bool(result, 0, 2), i == 0);
        ck_assert_int_eq(postgres_result_bool(result, 0, 3), i == 0);
    }
}
END_TEST

START_TEST(infinities_are_told_apart)
{
    static const struct postgres_statement statement = {
        .name = "infinities",
        .sql = "SELECT 'infinity'::timestamptz, '-infinity'::timestamptz, 'infinity'::date,"
               " '-infinity'::date",
    };
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(database_create(server));
    OWNED(postgres_result) result = NULL;
    ERRORS;

    ASSERT_OK(postgres_run(db, &statement, NULL, &result, &error));
    ck_assert_int_eq(postgres_result_timestamptz(result, 0, 0), INT64_MAX);
    ck_assert_int_eq(postgres_result_timestamptz(result, 0, 1), INT64_MIN);
    ck_assert_int_eq(postgres_result_date(result, 0, 2), INT32_MAX);
    ck_assert_int_eq(postgres_result_date(result, 0, 3), INT32_MIN);
}
END_TEST

START_TEST(bytes_round_trip)
{
    static const struct postgres_statement statement = {
        .name = "bytes",
        .sql = "SELECT $1, $2, $3, $3 = '018f00ff-0506-0708-090a-0b0c0d0e0f10'::uuid,"
               " $1::varchar, $1::name, length($2)::int8",
        .types = {POSTGRES_TEXT, POSTGRES_BYTEA, POSTGRES_UUID},
    };
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(database_create(server));
    OWNED(postgres_result) result = NULL;
    struct slice text = SLICE_LITERAL("Käse, 'quoted'; \\ $1 %s \xf0\x9f\x8d\x95");
    size_t size = 5 << 20;
    char *bytes = malloc(size);
    ERRORS;

    MUST(bytes != NULL);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)i;
    ASSERT_OK(postgres_run(db, &statement,
                           (const struct postgres_value[]){
                               postgres_text(text), postgres_bytea((struct slice){bytes, size}),
                               postgres_uuid(uuid_bytes)},
                           &result, &error));
    ck_assert(slice_equal(postgres_result_text(result, 0, 0), text));
    ck_assert(slice_equal(postgres_result_bytea(result, 0, 1), (struct slice){bytes, size}));
    ck_assert_mem_eq(postgres_result_uuid(result, 0, 2), uuid_bytes, 16);
    ck_assert(postgres_result_bool(result, 0, 3));
    ck_assert(slice_equal(postgres_result_text(result, 0, 4), text));
    ck_assert(slice_equal(postgres_result_text(result, 0, 5), text));
    ck_assert_int_eq(postgres_result_int8(result, 0, 6), (int64_t)size);
    free(bytes);
}
END_TEST

START_TEST(empty_is_not_null)
{
    static const struct postgres_statement statement = {
        .name = "nothing",
        .sql = "SELECT $1, $2, $3, $4, $5, $6",
        .types = {POSTGRES_TEXT, POSTGRES_TEXT, POSTGRES_INT8, POSTGRES_BOOL, POSTGRES_UUID,
                  POSTGRES_INT8_ARRAY},
    };
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(database_create(server));
    OWNED(postgres_result) result = NULL;
    const struct postgres_value values[] = {
        postgres_text((struct slice){NULL, 0}), postgres_null(POSTGRES_TEXT),
        postgres_null(POSTGRES_INT8),           postgres_null(POSTGRES_BOOL),
        postgres_null(POSTGRES_UUID),           postgres_null(POSTGRES_INT8_ARRAY),
    };
    struct postgres_elements elements;
    struct slice element;
    ERRORS;

    ASSERT_OK(postgres_run(db, &statement, values, &result, &error));
    ck_assert(!postgres_result_null(result, 0, 0));
    for (int column = 1; column < 6; column++)
        ck_assert(postgres_result_null(result, 0, column));
    ck_assert_uint_eq(postgres_result_text(result, 0, 1).size, 0);
    ck_assert_int_eq(postgres_result_int8(result, 0, 2), 0);
    ck_assert(!postgres_result_bool(result, 0, 3));
    ck_assert_ptr_null(postgres_result_uuid(result, 0, 4));
    elements = postgres_result_array(result, 0, 5, POSTGRES_INT8_ARRAY);
    ck_assert(!postgres_elements_next(&elements, &element));
}
END_TEST

/* What the server cannot take is the record's fault, and its text is not repeated. */
START_TEST(impossible_values_are_rejected)
{
    static const struct postgres_statement text = {
        .name = "text", .sql = "SELECT $1", .types = {POSTGRES_TEXT}};
    static const struct postgres_statement moment = {
        .name = "moment", .sql = "SELECT $1", .types = {POSTGRES_TIMESTAMPTZ}};
    static const struct postgres_statement day = {
        .name = "day", .sql = "SELECT $1", .types = {POSTGRES_DATE}};
    static const struct postgres_statement cast = {
        .name = "cast", .sql = "SELECT $1::text::int4", .types = {POSTGRES_TEXT}};
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(database_create(server));
    struct postgres_value value;
    ERRORS;

    value = postgres_text(SLICE_LITERAL("a\xff"));
    ASSERT_STATUS(STATUS_REJECT, postgres_run(db, &text, &value, NULL, &error));
    ck_assert_str_eq(last.code, "22021");
    value = postgres_text((struct slice){"a\0b", 3});
    ASSERT_STATUS(STATUS_REJECT, postgres_run(db, &text, &value, NULL, &error));
    value = postgres_timestamptz(INT64_MIN);
    ASSERT_STATUS(STATUS_REJECT, postgres_run(db, &moment, &value, NULL, &error));
    value = postgres_timestamptz(INT64_MIN + INT64_C(946684800000000));
    ASSERT_STATUS(STATUS_REJECT, postgres_run(db, &moment, &value, NULL, &error));
    value = postgres_date(INT32_MIN);
    ASSERT_STATUS(STATUS_REJECT, postgres_run(db, &day, &value, NULL, &error));
    value = postgres_date(INT32_MAX);
    ASSERT_STATUS(STATUS_REJECT, postgres_run(db, &day, &value, NULL, &error));
    value = postgres_text(SLICE_LITERAL("se\"cr\"et"));
    ASSERT_STATUS(STATUS_REJECT, postgres_run(db, &cast, &value, NULL, &error));
    ck_assert_str_eq(last.code, "22P02");
    ck_assert_ptr_nonnull(strstr(last.text, "postgres cast: invalid input syntax"));
    ck_assert_ptr_null(strstr(last.text, "se"));
    ck_assert_ptr_null(strstr(last.text, "cr"));
    ck_assert_ptr_null(strstr(last.text, "et\""));
    ck_assert_int_eq(postgres_counters(db).connects, 1);
}
END_TEST

/* A getter of another type than the column's aborts. */
static bool aborts(struct postgres_result *result, bool right)
{
    pid_t child = fork();
    int how = 0;

    MUST(child >= 0);
    if (child == 0) {
        MUST(freopen("/dev/null", "w", stderr) != NULL);
        if (right)
            postgres_result_int8(result, 0, 0);
        else
            postgres_result_int4(result, 0, 0);
        _exit(0);
    }
    MUST(waitpid(child, &how, 0) == child);
    return WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT;
}

START_TEST(a_wrong_type_is_a_programming_error)
{
    static const struct postgres_statement statement = {.name = "one", .sql = "SELECT 1::int8"};
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(database_create(server));
    OWNED(postgres_result) result = NULL;
    ERRORS;

    ASSERT_OK(postgres_run(db, &statement, NULL, &result, &error));
    ck_assert(aborts(result, false));
    ck_assert(!aborts(result, true));
}
END_TEST

static const struct postgres_statement unnest_all = {
    .name = "unnest_all",
    .sql = "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    .types = {POSTGRES_INT8_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_INT2_ARRAY, POSTGRES_TEXT_ARRAY,
              POSTGRES_BYTEA_ARRAY, POSTGRES_TIMESTAMPTZ_ARRAY, POSTGRES_DATE_ARRAY,
              POSTGRES_BOOL_ARRAY, POSTGRES_FLOAT8_ARRAY, POSTGRES_UUID_ARRAY},
};

static struct slice text_of(int i, char *place)
{
    return (struct slice){place, (size_t)snprintf(place, 32, "text %d \xc3\xa9", i)};
}

static void append_row(struct postgres_array *arrays, int i)
{
    uint8_t uuid[16];
    char text[32];

    memset(uuid, i, sizeof uuid);
    postgres_array_append_int8(&arrays[0], INT64_C(-3000000000) * i);
    postgres_array_append_int4(&arrays[1], 100000 * i);
    postgres_array_append_int2(&arrays[2], (int16_t)i);
    if (i % 7 == 0)
        postgres_array_append_null(&arrays[3]);
    else
        postgres_array_append_text(&arrays[3], text_of(i, text));
    postgres_array_append_bytea(&arrays[4], (struct slice){"\0\1\2\3\4", (size_t)i % 6});
    postgres_array_append_timestamptz(&arrays[5], INT64_C(1700000000000000) + i);
    postgres_array_append_date(&arrays[6], i - 5000);
    postgres_array_append_bool(&arrays[7], i % 2 == 0);
    postgres_array_append_float8(&arrays[8], i / 8.0);
    postgres_array_append_uuid(&arrays[9], uuid);
}

static void check_row(const struct postgres_result *result, int i)
{
    size_t row = (size_t)i;
    uint8_t uuid[16];
    char text[32];

    memset(uuid, i, sizeof uuid);
    ck_assert_int_eq(postgres_result_int8(result, row, 0), INT64_C(-3000000000) * i);
    ck_assert_int_eq(postgres_result_int4(result, row, 1), 100000 * i);
    ck_assert_int_eq(postgres_result_int2(result, row, 2), i);
    ck_assert_int_eq(postgres_result_null(result, row, 3), i % 7 == 0);
    if (i % 7 != 0)
        ck_assert(slice_equal(postgres_result_text(result, row, 3), text_of(i, text)));
    ck_assert(slice_equal(postgres_result_bytea(result, row, 4),
                          (struct slice){"\0\1\2\3\4", (size_t)i % 6}));
    ck_assert_int_eq(postgres_result_timestamptz(result, row, 5), INT64_C(1700000000000000) + i);
    ck_assert_int_eq(postgres_result_date(result, row, 6), i - 5000);
    ck_assert_int_eq(postgres_result_bool(result, row, 7), i % 2 == 0);
    ck_assert(postgres_result_float8(result, row, 8) == i / 8.0);
    ck_assert_mem_eq(postgres_result_uuid(result, row, 9), uuid, 16);
}

START_TEST(arrays_become_rows)
{
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(database_create(server));
    struct postgres_array arrays[10];
    struct postgres_value values[10];
    ERRORS;

    postgres_arrays_init(arrays, &unnest_all, 1 << 20);
    for (int rows = ROWS; rows >= 0; rows = rows == ROWS ? 1 : rows - 1) {
        OWNED(postgres_result) result = NULL;

        for (int i = 0; i < rows; i++)
            append_row(arrays, i);
        postgres_arrays_values(arrays, 10, values);
        ASSERT_OK(postgres_run(db, &unnest_all, values, &result, &error));
        ck_assert_uint_eq(postgres_result_rows(result), (size_t)rows);
        ck_assert_int_eq(postgres_result_affected(result), rows);
        for (int i = 0; i < rows; i++)
            check_row(result, i);
        postgres_arrays_reset(arrays, 10);
    }
    postgres_arrays_done(arrays, 10);
}
END_TEST

START_TEST(arrays_come_back)
{
    static const struct postgres_statement statement = {
        .name = "arrays",
        .sql = "SELECT $1, $2, ARRAY[[1,2],[3,4]]::int8[], $3, $4, $5",
        .types = {POSTGRES_INT8_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_FLOAT8_ARRAY,
                  POSTGRES_INT2_ARRAY, POSTGRES_DATE_ARRAY},
    };
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(database_create(server));
    OWNED(postgres_result) result = NULL;
    struct postgres_array arrays[5];
    struct postgres_value values[5];
    struct postgres_elements elements;
    struct slice element;
    ERRORS;

    postgres_arrays_init(arrays, &statement, 1 << 20);
    for (int i = 0; i < ROWS; i++)
        postgres_array_append_int8(&arrays[0], i - 5000);
    postgres_array_append_text(&arrays[1], SLICE_LITERAL("a"));
    postgres_array_append_null(&arrays[1]);
    postgres_array_append_float8(&arrays[2], 0.5);
    postgres_array_append_int2(&arrays[3], -7);
    postgres_array_append_date(&arrays[4], 20000);
    postgres_arrays_values(arrays, 5, values);
    ASSERT_OK(postgres_run(db, &statement, values, &result, &error));

    elements = postgres_result_array(result, 0, 0, POSTGRES_INT8_ARRAY);
    ck_assert_int_eq(elements.left, ROWS);
    for (int i = 0; i < ROWS; i++) {
        ck_assert(postgres_elements_next(&elements, &element));
        ck_assert_int_eq(postgres_element_int8(element), i - 5000);
    }
    ck_assert(!postgres_elements_next(&elements, &element));

    elements = postgres_result_array(result, 0, 1, POSTGRES_TEXT_ARRAY);
    ck_assert(postgres_elements_next(&elements, &element));
    ck_assert(slice_equal(element, SLICE_LITERAL("a")));
    ck_assert(postgres_elements_next(&elements, &element));
    ck_assert_ptr_null(element.data);

    elements = postgres_result_array(result, 0, 2, POSTGRES_INT8_ARRAY);
    for (int i = 1; i <= 4; i++) {
        ck_assert(postgres_elements_next(&elements, &element));
        ck_assert_int_eq(postgres_element_int8(element), i);
    }

    elements = postgres_result_array(result, 0, 3, POSTGRES_FLOAT8_ARRAY);
    ck_assert(postgres_elements_next(&elements, &element));
    ck_assert(postgres_element_float8(element) == 0.5);
    elements = postgres_result_array(result, 0, 4, POSTGRES_INT2_ARRAY);
    ck_assert(postgres_elements_next(&elements, &element));
    ck_assert_int_eq(postgres_element_int2(element), -7);
    elements = postgres_result_array(result, 0, 5, POSTGRES_DATE_ARRAY);
    ck_assert(postgres_elements_next(&elements, &element));
    ck_assert_int_eq(postgres_element_date(element), 20000);
    postgres_arrays_done(arrays, 5);
}
END_TEST

SUITE_MAIN("postgres types", integers_round_trip, floats_round_trip, times_round_trip,
           infinities_are_told_apart, bytes_round_trip, empty_is_not_null,
           impossible_values_are_rejected, a_wrong_type_is_a_programming_error, arrays_become_rows,
           arrays_come_back);
