/* common/postgres: the session, statements outside a transaction, what an error says. */
#include "tests/integration/postgres/fixture.h"

#include <stdlib.h>
#include <unistd.h>

static const char tables[] =
    "CREATE TABLE tributary.t (id int8 PRIMARY KEY, amount int8 CHECK (amount < 100), note text);"
    "CREATE TABLE tributary.late (id int8,"
    "  CONSTRAINT late_unique UNIQUE (id) DEFERRABLE INITIALLY DEFERRED);";

static const struct postgres_statement insert_t = {
    .name = "insert_t",
    .sql = "INSERT INTO t VALUES ($1, $2, $3)",
    .types = {POSTGRES_INT8, POSTGRES_INT8, POSTGRES_TEXT},
};
static const struct postgres_statement count_t = {
    .name = "count_t",
    .sql = "SELECT count(*) FROM t",
};
static const struct postgres_statement backend = {
    .name = "backend",
    .sql = "SELECT pg_backend_pid()::int8",
};

static enum status insert(struct postgres *db, int64_t id, int64_t amount, struct error *error)
{
    const struct postgres_value values[] = {postgres_int8(id), postgres_int8(amount),
                                            postgres_text(SLICE_LITERAL("private"))};

    return postgres_run(db, &insert_t, values, NULL, error);
}

START_TEST(the_session_is_set_up)
{
    static const struct postgres_statement show = {
        .name = "show",
        .sql = "SELECT current_setting($1)",
        .types = {POSTGRES_TEXT},
    };
    static const char *const wanted[][2] = {
        {"application_name", "test"},
        {"search_path", "tributary"},
        {"statement_timeout", "7s"},
        {"lock_timeout", "6s"},
        {"idle_in_transaction_session_timeout", "5s"},
        {"synchronous_commit", "on"},
        {"client_connection_check_interval", "1s"},
        {"TimeZone", "UTC"},
        {"jit", "off"},
        {"client_encoding", "UTF8"},
    };
    OWNED(database) server = database_shared();
    OWNED(postgres) db = NULL;
    struct postgres_settings settings = fixture_settings(database_create(server));
    ERRORS;

    settings.statement_timeout_ms = 7000;
    settings.lock_timeout_ms = 6000;
    settings.idle_in_transaction_timeout_ms = 5000;
    ASSERT_OK(postgres_new(&settings, "test", &db, &error));
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        OWNED(postgres_result) result = NULL;
        const struct postgres_value values[] = {postgres_text(slice_of(wanted[i][0]))};

        ASSERT_OK(postgres_run(db, &show, values, &result, &error));
        ck_assert_msg(slice_equal(postgres_result_text(result, 0, 0), slice_of(wanted[i][1])),
                      "%s is %.*s", wanted[i][0], SLICE_FORMAT(postgres_result_text(result, 0, 0)));
    }
    /* To connect (set-up included), then one trip each; prepared once. */
    ck_assert_int_eq(postgres_counters(db).round_trips, 11);
    ck_assert_int_eq(postgres_counters(db).prepares, 1);
}
END_TEST

START_TEST(an_odd_schema_is_a_name)
{
    static const struct postgres_statement path = {
        .name = "path",
        .sql = "SELECT current_setting('search_path')",
    };
    OWNED(database) server = database_shared();
    OWNED(postgres) db = NULL;
    OWNED(postgres_result) result = NULL;
    struct postgres_settings settings = fixture_settings(database_create(server));
    ERRORS;

    settings.schema = "a\", public; --'";
    ASSERT_OK(postgres_new(&settings, "test", &db, &error));
    ASSERT_OK(postgres_run(db, &path, NULL, &result, &error));
    ck_assert(
        slice_equal(postgres_result_text(result, 0, 0), SLICE_LITERAL("\"a\"\", public; --'\"")));
}
END_TEST

START_TEST(a_statement_is_prepared_once_a_connection)
{
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(fixture_database(server, tables));
    int64_t first;
    ERRORS;

    for (int i = 0; i < 5; i++)
        ASSERT_OK(insert(db, i, 1, &error));
    ck_assert_int_eq(postgres_counters(db).prepares, 1);
    first = fixture_number(db, &backend);
    ck_assert_int_eq(postgres_counters(db).prepares, 2);

    postgres_disconnect(db);
    ck_assert(!postgres_connected(db));
    ASSERT_OK(insert(db, 5, 1, &error));
    ck_assert_int_ne(fixture_number(db, &backend), first);
    ck_assert_int_eq(fixture_number(db, &count_t), 6);
    ck_assert_int_eq(postgres_counters(db).prepares, 5);
    ck_assert_int_eq(postgres_counters(db).connects, 2);
}
END_TEST

/* Two statements may share a name, and one that failed to prepare may be mended by the schema. */
START_TEST(preparing_can_fail_and_come_right)
{
    static const struct postgres_statement first = {.name = "same", .sql = "SELECT 1::int8"};
    static const struct postgres_statement second = {.name = "same", .sql = "SELECT 2::int8"};
    static const struct postgres_statement later = {
        .name = "later",
        .sql = "SELECT count(*) FROM made_later",
    };
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(fixture_database(server, tables));
    ERRORS;

    ck_assert_int_eq(fixture_number(db, &first), 1);
    ck_assert_int_eq(fixture_number(db, &second), 2);
    ASSERT_STATUS(STATUS_FATAL, postgres_run(db, &later, NULL, NULL, &error));
    ck_assert_str_eq(last.code, "42P01");
    ASSERT_OK(postgres_script(db, "CREATE TABLE made_later (a int)", &error));
    ck_assert_int_eq(fixture_number(db, &later), 0);
    ck_assert_int_eq(postgres_counters(db).connects, 1);
}
END_TEST

START_TEST(errors_have_their_class_and_no_values)
{
    static const struct postgres_statement syntax = {.name = "syntax", .sql = "SELEC 1"};
    static const struct postgres_statement twice = {
        .name = "twice",
        .sql = "INSERT INTO t SELECT 1, x FROM (VALUES (1), (2)) v(x)"
               " ON CONFLICT (id) DO UPDATE SET amount = excluded.amount",
    };
    static const struct postgres_statement divide = {
        .name = "divide",
        .sql = "SELECT 1 / $1",
        .types = {POSTGRES_INT8},
    };
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(fixture_database(server, tables));
    struct postgres_value zero = postgres_int8(0);
    ERRORS;

    ASSERT_STATUS(STATUS_FATAL, postgres_run(db, &syntax, NULL, NULL, &error));
    ck_assert_str_eq(last.code, "42601");
    ck_assert_str_eq(last.text, "postgres syntax: syntax error at or near \"SELEC\"");

    ASSERT_STATUS(STATUS_REJECT, insert(db, 1, 100, &error));
    ck_assert_str_eq(last.code, "23514");
    ck_assert_ptr_null(strstr(last.text, "private")); /* DETAIL has the whole row */

    ASSERT_OK(insert(db, 123456789, 1, &error));
    ASSERT_STATUS(STATUS_FATAL, insert(db, 123456789, 1, &error));
    ck_assert_str_eq(last.code, "23505");
    ck_assert_ptr_null(strstr(last.text, "123456789")); /* DETAIL has the key */

    ASSERT_STATUS(STATUS_FATAL, postgres_run(db, &twice, NULL, NULL, &error));
    ck_assert_str_eq(last.code, "21000");
    ASSERT_STATUS(STATUS_REJECT, postgres_run(db, &divide, &zero, NULL, &error));
    ck_assert_str_eq(last.code, "22012");
    ck_assert_int_eq(fixture_number(db, &count_t), 1);
    ck_assert_int_eq(postgres_counters(db).connects, 1);
}
END_TEST

/* A statement of its own commits with the sync behind it, after its own answer. */
START_TEST(what_the_commit_finds_is_a_failure)
{
    static const struct postgres_statement insert_twice = {
        .name = "insert_twice",
        .sql = "INSERT INTO late VALUES (1), (1)",
    };
    static const struct postgres_statement count = {
        .name = "count",
        .sql = "SELECT count(*) FROM late",
    };
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(fixture_database(server, tables));
    OWNED(postgres_result) result = NULL;
    ERRORS;

    ASSERT_STATUS(STATUS_FATAL, postgres_run(db, &insert_twice, NULL, &result, &error));
    ck_assert_str_eq(last.code, "23505");
    ck_assert_ptr_null(result);
    ck_assert_int_eq(fixture_number(db, &count), 0);
    ck_assert_int_eq(postgres_counters(db).connects, 1);
}
END_TEST

START_TEST(an_array_beyond_its_limit_is_rejected)
{
    static const struct postgres_statement sum = {
        .name = "sum",
        .sql = "SELECT sum(x)::int8 FROM unnest($1) x",
        .types = {POSTGRES_INT8_ARRAY},
    };
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(database_create(server));
    struct postgres_array array;
    struct postgres_value value;
    ERRORS;

    postgres_array_init(&array, POSTGRES_INT8_ARRAY, 100);
    for (int i = 0; i < 100; i++)
        postgres_array_append_int8(&array, i);
    value = postgres_array_value(&array);
    ASSERT_STATUS(STATUS_REJECT, postgres_run(db, &sum, &value, NULL, &error));
    postgres_array_reset(&array);
    postgres_array_append_int8(&array, 5);
    value = postgres_array_value(&array);
    ASSERT_OK(postgres_run(db, &sum, &value, NULL, &error));
    postgres_array_done(&array);
}
END_TEST

START_TEST(scripts_run_whole_or_not_at_all)
{
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(fixture_database(server, tables));
    ERRORS;

    ASSERT_OK(
        postgres_script(db, "INSERT INTO t VALUES (1, 1); SELECT * FROM t; -- end\n", &error));
    ASSERT_OK(postgres_script(db, "", &error));
    ASSERT_STATUS(STATUS_FATAL,
                  postgres_script(db, "INSERT INTO t VALUES (2, 1); SELECT nothing", &error));
    ck_assert_str_eq(last.code, "42703");
    ASSERT_STATUS(STATUS_REJECT, postgres_script(db, "INSERT INTO t VALUES (3, 100)", &error));
    ck_assert_int_eq(fixture_number(db, &count_t), 1);

    /* A transaction left open is lost, COPY is not for scripts, and both leave a good session. */
    ASSERT_OK(postgres_script(db, "BEGIN; INSERT INTO t VALUES (4, 1)", &error));
    ck_assert_int_eq(fixture_number(db, &count_t), 1);
    ASSERT_STATUS(STATUS_FATAL, postgres_script(db, "COPY t FROM STDIN", &error));
    ck_assert_int_eq(fixture_number(db, &count_t), 1);
}
END_TEST

START_TEST(a_large_result_arrives)
{
    static const struct postgres_statement large = {
        .name = "large",
        .sql = "SELECT i, repeat('x', 1000) FROM generate_series(1::int8, 20000) i",
    };
    OWNED(database) server = database_shared();
    OWNED(postgres) db = fixture_connect(database_create(server));
    OWNED(postgres_result) result = NULL;
    ERRORS;

    ASSERT_OK(postgres_run(db, &large, NULL, &result, &error));
    ck_assert_uint_eq(postgres_result_rows(result), 20000);
    ck_assert_int_eq(postgres_result_int8(result, 19999, 0), 20000);
    ck_assert_uint_eq(postgres_result_text(result, 19999, 1).size, 1000);
}
END_TEST

START_TEST(who_may_not_in_is_told_at_once)
{
    static const char secret[] = "correct horse";
    OWNED(database) server = database_shared();
    OWNED(postgres) db = NULL;
    struct postgres_settings settings;
    char uri[400];
    ERRORS;

    snprintf(uri, sizeof uri, "%s&dbname=not_here", database_create(server));
    settings = fixture_settings(uri);
    settings.password = secret;
    ASSERT_OK(postgres_new(&settings, "test", &db, &error));
    ASSERT_STATUS(STATUS_FATAL, postgres_ready(db, &error));
    ck_assert_str_eq(last.code, "3D000");
    ck_assert_ptr_null(strstr(last.text, secret));
}
END_TEST

SUITE_MAIN("postgres statements", the_session_is_set_up, an_odd_schema_is_a_name,
           a_statement_is_prepared_once_a_connection, preparing_can_fail_and_come_right,
           errors_have_their_class_and_no_values, what_the_commit_finds_is_a_failure,
           an_array_beyond_its_limit_is_rejected, scripts_run_whole_or_not_at_all,
           a_large_result_arrives, who_may_not_in_is_told_at_once);
