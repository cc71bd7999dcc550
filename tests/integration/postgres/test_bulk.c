/* common/postgres: much at once: long pipelines, large answers, cursors, COPY. */
#include "common/postgres/copy.h"
#include "common/postgres/cursor.h"
#include "tests/integration/postgres/scene.h"

/* Both ways full at once: neither side may wait for the other. */
START_TEST(large_statements_and_answers_cross)
{
    static const struct postgres_statement echo = {
        .name = "echo",
        .sql = "SELECT $1",
        .types = {POSTGRES_BYTEA},
    };
    struct scene scene = scene_make();
    size_t size = 4 << 20;
    struct slice bytes = {calloc(1, size), size};
    struct postgres_value value = postgres_bytea(bytes);
    ERRORS;

    for (int i = 0; i < 10; i++)
        ASSERT_OK(postgres_tx_send(scene.tx, &echo, &value, &error));
    for (int i = 0; i < 10; i++) {
        OWNED(postgres_result) result = NULL;

        ASSERT_OK(postgres_tx_receive(scene.tx, &result, &error));
        ck_assert_uint_eq(postgres_result_bytea(result, 0, 0).size, size);
    }
    free((void *)(uintptr_t)bytes.data);
    scene_end(&scene);
}
END_TEST

/* More posts than the ring holds are answered on the way. */
START_TEST(posts_have_no_end)
{
    struct scene scene = scene_make();
    enum postgres_commit outcome;
    ERRORS;

    for (int i = 0; i < 5000; i++)
        ASSERT_OK(post_insert(scene.tx, i, 1, &error));
    ck_assert_int_eq(postgres_counters(scene.db).prepares, 1);
    ASSERT_OK(postgres_tx_commit(scene.tx, &outcome, &error));
    ck_assert_int_eq(fixture_number(scene.db, &count_t), 5000);
    scene_end(&scene);
}
END_TEST

START_TEST(a_cursor_reads_in_pieces)
{
    static const struct postgres_statement series = {
        .name = "series",
        .sql = "SELECT i, 'x' FROM generate_series($1, 25) i",
        .types = {POSTGRES_INT8},
    };
    struct scene scene = scene_make();
    const struct postgres_value from = postgres_int8(1), later = postgres_int8(24);
    struct postgres_cursor cursor, other;
    int64_t wanted = 1;
    size_t rows = 1;
    ERRORS;

    ASSERT_OK(postgres_cursor_open(&cursor, scene.tx, &series, &from, 10, &error));
    ASSERT_OK(postgres_cursor_open(&other, scene.tx, &series, &later, 10, &error));
    while (rows > 0) {
        OWNED(postgres_result) result = NULL;

        ASSERT_OK(postgres_cursor_next(&cursor, &result, &error));
        rows = postgres_result_rows(result);
        ck_assert_uint_eq(rows, wanted <= 20 ? 10 : wanted == 21 ? 5 : 0);
        for (size_t i = 0; i < rows; i++)
            ck_assert_int_eq(postgres_result_int8(result, i, 0), wanted++);
    }
    {
        OWNED(postgres_result) result = NULL;

        ASSERT_OK(postgres_cursor_next(&other, &result, &error));
        ck_assert_uint_eq(postgres_result_rows(result), 2);
    }
    scene_end(&scene);
}
END_TEST

START_TEST(copy_brings_rows_in)
{
    struct scene scene = scene_make();
    struct postgres_copy copy;
    int64_t rows = 0;
    ERRORS;

    postgres_tx_rollback(scene.tx);
    ASSERT_OK(postgres_copy_begin(&copy, scene.db, "COPY t (id, amount) FROM STDIN (FORMAT binary)",
                                  &error));
    for (int i = 0; i < 50000; i++) {
        const struct postgres_value values[] = {
            postgres_int8(i), i % 2 ? postgres_int8(1) : postgres_null(POSTGRES_INT8)};

        ASSERT_OK(postgres_copy_row(&copy, values, 2, &error));
    }
    ASSERT_OK(postgres_copy_end(&copy, &rows, &error));
    postgres_copy_done(&copy);
    ck_assert_int_eq(rows, 50000);
    ck_assert_int_eq(fixture_number(scene.db, &count_t), 50000);
    ck_assert_int_eq(postgres_counters(scene.db).connects, 1);
    scene_end(&scene);
}
END_TEST

START_TEST(copy_that_fails_leaves_nothing)
{
    struct scene scene = scene_make();
    const struct postgres_value values[] = {postgres_int8(1), postgres_int8(100)};
    struct postgres_copy copy;
    int64_t rows = -1;
    ERRORS;

    postgres_tx_rollback(scene.tx);
    ASSERT_STATUS(STATUS_FATAL,
                  postgres_copy_begin(&copy, scene.db, "COPY nothing FROM STDIN", &error));
    postgres_copy_done(&copy);
    ASSERT_STATUS(STATUS_FATAL, postgres_copy_begin(&copy, scene.db, "SELECT 1", &error));
    postgres_copy_done(&copy);

    ASSERT_OK(postgres_copy_begin(&copy, scene.db, "COPY t FROM STDIN (FORMAT binary)", &error));
    ASSERT_OK(postgres_copy_row(&copy, values, 2, &error));
    ASSERT_STATUS(STATUS_REJECT, postgres_copy_end(&copy, &rows, &error));
    ck_assert_str_eq(last.code, "23514");
    ck_assert_int_eq(rows, -1);
    postgres_copy_done(&copy);

    ASSERT_OK(postgres_copy_begin(&copy, scene.db, "COPY t FROM STDIN (FORMAT binary)", &error));
    ASSERT_OK(postgres_copy_row(&copy, values, 2, &error));
    postgres_copy_done(&copy);
    ck_assert_int_eq(fixture_number(scene.db, &count_t), 0);
    scene_end(&scene);
}
END_TEST

SUITE_MAIN("postgres bulk", large_statements_and_answers_cross, posts_have_no_end,
           a_cursor_reads_in_pieces, copy_brings_rows_in, copy_that_fails_leaves_nothing);
