/* common/postgres: arrays and values as bytes on the wire, and back. */
#include "common/postgres/array.h"
#include "common/postgres/element.h"
#include "common/postgres/wire.h"
#include "tests/support/suite/suite.h"

#define BYTES(...)                                                                                 \
    (const unsigned char[]){__VA_ARGS__}, sizeof((const unsigned char[]){__VA_ARGS__})

static void assert_bytes(struct postgres_value value, const unsigned char *bytes, size_t size)
{
    ck_assert_int_eq(value.size, (int)size);
    ck_assert_mem_eq(value.data != NULL ? value.data : value.small, bytes, size);
}

static struct postgres_elements elements_of(struct postgres_array *array)
{
    struct postgres_value value = postgres_array_value(array);

    ck_assert_int_ge(value.size, 0);
    return postgres_elements_of((struct slice){value.data, (size_t)value.size});
}

START_TEST(scalars_are_big_endian)
{
    assert_bytes(postgres_bool(true), BYTES(1));
    assert_bytes(postgres_int2(-2), BYTES(0xff, 0xfe));
    assert_bytes(postgres_int4(0x01020304), BYTES(1, 2, 3, 4));
    assert_bytes(postgres_int8(-1), BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
    assert_bytes(postgres_float8(1.0), BYTES(0x3f, 0xf0, 0, 0, 0, 0, 0, 0));
    assert_bytes(postgres_date(10957), BYTES(0, 0, 0, 0));
    assert_bytes(postgres_timestamptz(INT64_C(946684800000001)), BYTES(0, 0, 0, 0, 0, 0, 0, 1));
    assert_bytes(postgres_text(SLICE_LITERAL("ab")), BYTES('a', 'b'));
    ck_assert_int_eq(postgres_null(POSTGRES_INT4).size, POSTGRES_VALUE_NULL);
}
END_TEST

START_TEST(an_empty_text_is_no_null)
{
    struct postgres_value value = postgres_text((struct slice){NULL, 0});

    ck_assert_int_eq(value.size, 0);
    ck_assert_ptr_nonnull(value.data);
}
END_TEST

START_TEST(times_never_become_infinity)
{
    ck_assert_int_eq(postgres_wire_timestamp(INT64_MIN), INT64_MIN + 1);
    ck_assert_int_eq(postgres_wire_timestamp(INT64_MIN + POSTGRES_WIRE_EPOCH_US), INT64_MIN + 1);
    ck_assert_int_lt(postgres_wire_timestamp(INT64_MAX), INT64_MAX);
    ck_assert_int_eq(postgres_wire_date(INT32_MIN), INT32_MIN + 1);
    ck_assert_int_eq(postgres_wire_date(INT32_MIN + POSTGRES_WIRE_EPOCH_DAYS), INT32_MIN + 1);
    ck_assert_int_lt(postgres_wire_date(INT32_MAX), INT32_MAX);
}
END_TEST

START_TEST(infinity_reads_as_the_end_of_the_range)
{
    ck_assert_int_eq(postgres_wire_timestamp_us(INT64_MAX), INT64_MAX);
    ck_assert_int_eq(postgres_wire_timestamp_us(INT64_MIN), INT64_MIN);
    ck_assert_int_eq(postgres_wire_timestamp_us(0), INT64_C(946684800000000));
    ck_assert_int_eq(postgres_wire_date_days(INT32_MAX), INT32_MAX);
    ck_assert_int_eq(postgres_wire_date_days(INT32_MIN), INT32_MIN);
    ck_assert_int_eq(postgres_wire_date_days(-10957), 0);
}
END_TEST

START_TEST(array_is_postgres_own_form)
{
    struct postgres_array array;

    postgres_array_init(&array, POSTGRES_INT2_ARRAY, 1024);
    postgres_array_append_int2(&array, 258);
    postgres_array_append_null(&array);
    assert_bytes(postgres_array_value(&array),
                 BYTES(0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 21, 0, 0, 0, 2, 0, 0, 0, 1, /* header */
                       0, 0, 0, 2, 1, 2, 0xff, 0xff, 0xff, 0xff));
    postgres_array_reset(&array);
    assert_bytes(postgres_array_value(&array), BYTES(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 21));
    postgres_array_done(&array);
}
END_TEST

START_TEST(elements_round_trip)
{
    struct postgres_array array;
    struct postgres_elements elements;
    struct slice element;

    postgres_array_init(&array, POSTGRES_TEXT_ARRAY, 1024);
    postgres_array_append_text(&array, SLICE_LITERAL("coffee"));
    postgres_array_append_null(&array);
    postgres_array_append_text(&array, SLICE_LITERAL(""));
    elements = elements_of(&array);
    ck_assert(postgres_elements_next(&elements, &element));
    ck_assert(slice_equal(element, SLICE_LITERAL("coffee")));
    ck_assert(postgres_elements_next(&elements, &element));
    ck_assert_ptr_null(element.data);
    ck_assert(postgres_elements_next(&elements, &element));
    ck_assert_ptr_nonnull(element.data);
    ck_assert_uint_eq(element.size, 0);
    ck_assert(!postgres_elements_next(&elements, &element));
    postgres_array_done(&array);
}
END_TEST

START_TEST(numbers_round_trip)
{
    static const int64_t numbers[] = {0, 1, -1, INT64_MAX, INT64_MIN};
    struct postgres_array array;
    struct postgres_elements elements;
    struct slice element;

    postgres_array_init(&array, POSTGRES_INT8_ARRAY, 1024);
    for (size_t i = 0; i < 5; i++)
        postgres_array_append_int8(&array, numbers[i]);
    elements = elements_of(&array);
    for (size_t i = 0; i < 5; i++) {
        ck_assert(postgres_elements_next(&elements, &element));
        ck_assert_int_eq(postgres_element_int8(element), numbers[i]);
    }
    postgres_array_done(&array);
}
END_TEST

/* Whatever the bytes are, reading stays inside them. */
START_TEST(elements_of_cut_bytes_end)
{
    struct postgres_array array;
    struct postgres_value value;
    struct slice element;

    postgres_array_init(&array, POSTGRES_INT4_ARRAY, 1024);
    for (int i = 0; i < 10; i++)
        postgres_array_append_int4(&array, i);
    value = postgres_array_value(&array);
    for (size_t size = 0; size < (size_t)value.size; size++) {
        char *cut = malloc(size > 0 ? size : 1); /* the sanitizer watches its end */
        struct postgres_elements elements;
        int count = 0;

        memcpy(cut, value.data, size);
        elements = postgres_elements_of((struct slice){cut, size});
        while (postgres_elements_next(&elements, &element))
            count++;
        ck_assert_int_lt(count, 10);
        free(cut);
    }
    postgres_array_done(&array);
}
END_TEST

START_TEST(odd_dimensions_read_as_nothing)
{
    static const char huge[28] = {0, 0, 0, 2, [15] = 1, [20] = 0x7f, [21] = 0x7f};
    static const char negative[20] = {'\xff', '\xff', '\xff', '\xff'};
    static const char seven[70] = {0, 0, 0, 7};
    struct postgres_elements elements;
    struct slice element;

    elements = postgres_elements_of((struct slice){negative, sizeof negative});
    ck_assert(!postgres_elements_next(&elements, &element));
    elements = postgres_elements_of((struct slice){seven, sizeof seven});
    ck_assert(!postgres_elements_next(&elements, &element));
    elements = postgres_elements_of((struct slice){huge, sizeof huge});
    ck_assert(!postgres_elements_next(&elements, &element));
}
END_TEST

START_TEST(array_beyond_its_limit_says_so)
{
    struct postgres_array array;

    postgres_array_init(&array, POSTGRES_INT8_ARRAY, 20 + 2 * 12);
    postgres_array_append_int8(&array, 1);
    postgres_array_append_int8(&array, 2);
    ck_assert_int_eq(postgres_array_value(&array).size, 44);
    postgres_array_append_int8(&array, 3);
    ck_assert_int_eq(postgres_array_value(&array).size, POSTGRES_VALUE_OVERFLOW);
    postgres_array_reset(&array);
    postgres_array_append_int8(&array, 4);
    ck_assert_int_eq(postgres_array_value(&array).size, 32);
    postgres_array_done(&array);
}
END_TEST

START_TEST(element_of_any_size_is_capped)
{
    struct postgres_array array;

    postgres_array_init(&array, POSTGRES_BYTEA_ARRAY, 1024);
    postgres_array_append_bytea(&array, (struct slice){"", SIZE_MAX});
    ck_assert_int_eq(postgres_array_value(&array).size, POSTGRES_VALUE_OVERFLOW);
    postgres_array_done(&array);
}
END_TEST

START_TEST(reset_keeps_the_memory)
{
    struct postgres_array array;
    char *memory;

    postgres_array_init(&array, POSTGRES_DATE_ARRAY, 1 << 20);
    for (int i = 0; i < 1000; i++)
        postgres_array_append_date(&array, i);
    memory = array.bytes.data;
    postgres_array_reset(&array);
    for (int i = 0; i < 1000; i++)
        postgres_array_append_date(&array, i);
    ck_assert_ptr_eq(array.bytes.data, memory);
    postgres_array_done(&array);
}
END_TEST

START_TEST(arrays_of_a_statement)
{
    static const struct postgres_statement statement = {
        .name = "insert",
        .sql = "",
        .types = {POSTGRES_INT8_ARRAY, POSTGRES_BOOL_ARRAY, POSTGRES_UUID_ARRAY},
    };
    static const uint8_t uuid[16] = {1, 2, 3};
    struct postgres_array arrays[3];
    struct postgres_value values[3];

    postgres_arrays_init(arrays, &statement, 1024);
    postgres_array_append_int8(&arrays[0], 1);
    postgres_array_append_bool(&arrays[1], true);
    postgres_array_append_uuid(&arrays[2], uuid);
    postgres_arrays_values(arrays, 3, values);
    ck_assert_int_eq(values[2].type, POSTGRES_UUID_ARRAY);
    ck_assert_int_eq(values[0].size, 32);
    ck_assert_int_eq(values[1].size, 25);
    ck_assert_int_eq(values[2].size, 40);
    postgres_arrays_reset(arrays, 3);
    ck_assert_int_eq(postgres_array_value(&arrays[2]).size, 12);
    postgres_arrays_done(arrays, 3);
}
END_TEST

SUITE_MAIN("postgres", scalars_are_big_endian, an_empty_text_is_no_null,
           times_never_become_infinity, infinity_reads_as_the_end_of_the_range,
           array_is_postgres_own_form, elements_round_trip, numbers_round_trip,
           elements_of_cut_bytes_end, odd_dimensions_read_as_nothing,
           array_beyond_its_limit_says_so, element_of_any_size_is_capped, reset_keeps_the_memory,
           arrays_of_a_statement);
