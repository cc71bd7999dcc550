/* common/postgres: transactions, their pipeline, savepoints, cursors, locks, COPY. */
#include "common/postgres/copy.h"
#include "common/postgres/cursor.h"
#include "tests/integration/postgres/fixture.h"

static const char tables[] =
    "CREATE TABLE tributary.offsets (part int8 PRIMARY KEY, next int8);"
    "INSERT INTO tributary.offsets VALUES (1, 100);"
    "CREATE TABLE tributary.t (id int8 PRIMARY KEY, amount int8 CHECK (amount < 100));"
    "CREATE TABLE tributary.late (id int8,"
    "  CONSTRAINT late_unique UNIQUE (id) DEFERRABLE INITIALLY DEFERRED);"
    "CREATE FUNCTION tributary.guard(p int8, expected int8, wanted int8) RETURNS void"
    " LANGUAGE plpgsql AS $$ BEGIN"
    "  UPDATE offsets SET next = wanted WHERE part = p AND next = expected;"
    "  IF NOT FOUND THEN RAISE EXCEPTION 'partition % is lost', p USING ERRCODE = 'TR001';"
    "  END IF; END $$;";

static const struct postgres_statement guard = {
    .name = "guard",
    .sql = "SELECT guard($1, $2, $3)",
    .types = {POSTGRES_INT8, POSTGRES_INT8, POSTGRES_INT8},
};
static const struct postgres_statement insert_t = {
    .name = "insert_t",
    .sql = "INSERT INTO t VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id",
    .types = {POSTGRES_INT8, POSTGRES_INT8},
};
static const struct postgres_statement count_t = {
    .name = "count_t",
    .sql = "SELECT count(*) FROM t",
};
static const struct postgres_statement next_offset = {
    .name = "next_offset",
    .sql = "SELECT next FROM offsets",
};

/* What a check program's test works with. */
struct scene {
    struct database *server;
    const char *uri;
    struct postgres *db;
    struct postgres_tx *tx;
    struct error error;
};

static struct scene scene_make(void)
{
    struct scene scene = {.server = database_shared()};

    scene.uri = fixture_database(scene.server, tables);
    scene.db = fixture_connect(scene.uri);
    ck_assert_int_eq(postgres_tx_begin(scene.db, &scene.tx, &scene.error), STATUS_OK);
    return scene;
}

static void scene_end(struct scene *scene)
{
    postgres_tx_rollback(scene->tx);
    postgres_free(scene->db);
    database_free(scene->server);
}

static enum status post_guard(struct postgres_tx *tx, int64_t expected, struct error *error)
{
    const struct postgres_value values[] = {postgres_int8(1), postgres_int8(expected),
                                            postgres_int8(expected + 10)};

    return postgres_tx_post(tx, &guard, values, error);
}

static enum status post_insert(struct postgres_tx *tx, int64_t id, int64_t amount,
                               struct error *error)
{
    const struct postgres_value values[] = {postgres_int8(id), postgres_int8(amount)};

    return postgres_tx_post(tx, &insert_t, values, error);
}

static enum status send_insert(struct postgres_tx *tx, int64_t id, int64_t amount,
                               struct error *error)
{
    const struct postgres_value values[] = {postgres_int8(id), postgres_int8(amount)};

    return postgres_tx_send(tx, &insert_t, values, error);
}

static enum status run_insert(struct postgres_tx *tx, int64_t id, int64_t amount,
                              struct postgres_result **ret_result, struct error *error)
{
    const struct postgres_value values[] = {postgres_int8(id), postgres_int8(amount)};

    return postgres_tx_run(tx, &insert_t, values, ret_result, error);
}

START_TEST(a_batch_commits_in_two_round_trips)
{
    struct scene scene = scene_make();
    OWNED(postgres_result) result = NULL;
    enum postgres_commit outcome;
    int64_t before = postgres_counters(scene.db).round_trips;
    ERRORS;

    ASSERT_OK(post_guard(scene.tx, 100, &error));
    ASSERT_OK(run_insert(scene.tx, 1, 1, &result, &error));
    ck_assert_uint_eq(postgres_result_rows(result), 1);
    ASSERT_OK(post_insert(scene.tx, 2, 2, &error));
    ASSERT_OK(postgres_tx_commit(scene.tx, &outcome, &error));
    ck_assert_int_eq(outcome, POSTGRES_COMMITTED);
    ck_assert_int_eq(postgres_counters(scene.db).round_trips - before, 2);
    ck_assert_int_eq(database_number(scene.uri, "SELECT count(*) FROM tributary.t"), 2);
    ck_assert_int_eq(fixture_number(scene.db, &next_offset), 110);
    scene_end(&scene);
}
END_TEST

/* A second owner has moved the row: nothing of the loser takes effect, before the guard or behind.
 */
START_TEST(a_guard_that_raises_loses_everything)
{
    struct scene scene = scene_make();
    enum postgres_commit outcome;
    ERRORS;

    ASSERT_OK(post_insert(scene.tx, 1, 1, &error));
    ASSERT_OK(post_guard(scene.tx, 90, &error));
    ASSERT_OK(post_insert(scene.tx, 2, 2, &error));
    ASSERT_STATUS(STATUS_LOST, run_insert(scene.tx, 3, 3, NULL, &error));
    ck_assert_str_eq(last.code, "TR001");
    ck_assert_str_eq(last.text, "postgres guard: partition 1 is lost");
    ASSERT_STATUS(STATUS_LOST, post_insert(scene.tx, 4, 4, &error));
    ASSERT_STATUS(STATUS_LOST, postgres_tx_commit(scene.tx, &outcome, &error));
    ck_assert_int_eq(outcome, POSTGRES_ROLLED_BACK);
    ck_assert_int_eq(fixture_number(scene.db, &count_t), 0);
    ck_assert_int_eq(fixture_number(scene.db, &next_offset), 100);

    /* The same when the guard's answer comes only with COMMIT's. */
    ASSERT_OK(postgres_tx_begin(scene.db, &scene.tx, &error));
    ASSERT_OK(post_guard(scene.tx, 90, &error));
    ASSERT_OK(post_insert(scene.tx, 5, 5, &error));
    ASSERT_STATUS(STATUS_LOST, postgres_tx_commit(scene.tx, &outcome, &error));
    ck_assert_int_eq(outcome, POSTGRES_ROLLED_BACK);
    ck_assert_int_eq(fixture_number(scene.db, &count_t), 0);
    ck_assert_int_eq(postgres_counters(scene.db).connects, 1);
    scene_end(&scene);
}
END_TEST

START_TEST(answers_come_in_order)
{
    struct scene scene = scene_make();
    int64_t before = postgres_counters(scene.db).round_trips;
    enum postgres_commit outcome;
    ERRORS;

    for (int i = 0; i < 100; i++) {
        ASSERT_OK(send_insert(scene.tx, i, 1, &error));
        if (i % 3 == 0)
            ASSERT_OK(post_insert(scene.tx, 1000 + i, 1, &error));
    }
    for (int i = 0; i < 100; i++) {
        OWNED(postgres_result) result = NULL;

        ASSERT_OK(postgres_tx_receive(scene.tx, &result, &error));
        ck_assert_int_eq(postgres_result_int8(result, 0, 0), i);
    }
    ck_assert_int_eq(postgres_counters(scene.db).round_trips - before, 1);
    ASSERT_OK(postgres_tx_commit(scene.tx, &outcome, &error));
    ck_assert_int_eq(fixture_number(scene.db, &count_t), 134);
    scene_end(&scene);
}
END_TEST

START_TEST(the_first_error_of_a_pipeline_counts)
{
    struct scene scene = scene_make();
    OWNED(postgres_result) first = NULL;
    OWNED(postgres_result) second = NULL;
    enum postgres_commit outcome;
    ERRORS;

    ASSERT_OK(send_insert(scene.tx, 1, 1, &error));
    ASSERT_OK(send_insert(scene.tx, 2, 100, &error)); /* the check refuses it */
    ASSERT_OK(post_guard(scene.tx, 90, &error));      /* would be lost */
    ASSERT_OK(send_insert(scene.tx, 3, 1, &error));
    ASSERT_OK(postgres_tx_receive(scene.tx, &first, &error));
    ck_assert_int_eq(postgres_result_int8(first, 0, 0), 1);
    ASSERT_STATUS(STATUS_REJECT, postgres_tx_receive(scene.tx, &second, &error));
    ck_assert_str_eq(last.code, "23514");
    ASSERT_STATUS(STATUS_REJECT, postgres_tx_receive(scene.tx, &second, &error));
    ck_assert_ptr_null(second);
    ASSERT_STATUS(STATUS_REJECT, postgres_tx_commit(scene.tx, &outcome, &error));
    ck_assert_int_eq(outcome, POSTGRES_ROLLED_BACK);
    ck_assert_int_eq(fixture_number(scene.db, &count_t), 0);
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

START_TEST(rollback_leaves_nothing)
{
    struct scene scene = scene_make();
    enum postgres_commit outcome;
    ERRORS;

    ASSERT_OK(run_insert(scene.tx, 1, 1, NULL, &error));
    ASSERT_OK(send_insert(scene.tx, 2, 1, &error)); /* never received */
    postgres_tx_rollback(scene.tx);
    postgres_tx_rollback(scene.tx);
    ck_assert_int_eq(fixture_number(scene.db, &count_t), 0);

    /* Without a statement there is nothing to send. */
    ASSERT_OK(postgres_tx_begin(scene.db, &scene.tx, &error));
    postgres_tx_rollback(scene.tx);
    ASSERT_OK(postgres_tx_begin(scene.db, &scene.tx, &error));
    ASSERT_OK(postgres_tx_commit(scene.tx, &outcome, &error));
    ck_assert_int_eq(outcome, POSTGRES_COMMITTED);
    ck_assert_int_eq(postgres_counters(scene.db).connects, 1);
    scene_end(&scene);
}
END_TEST

START_TEST(a_savepoint_saves_what_came_before)
{
    struct scene scene = scene_make();
    enum postgres_commit outcome;
    ERRORS;

    ASSERT_OK(post_guard(scene.tx, 100, &error));
    ASSERT_OK(postgres_tx_savepoint(scene.tx, &error));
    ASSERT_OK(post_insert(scene.tx, 1, 1, &error));
    ASSERT_STATUS(STATUS_REJECT, run_insert(scene.tx, 2, 100, NULL, &error));
    ASSERT_OK(postgres_tx_rollback_to(scene.tx, &error));

    /* It can be used again, and nests. */
    ASSERT_OK(run_insert(scene.tx, 3, 1, NULL, &error));
    ASSERT_OK(postgres_tx_savepoint(scene.tx, &error));
    ASSERT_OK(post_insert(scene.tx, 4, 100, &error)); /* its failure is not seen before */
    ASSERT_OK(postgres_tx_rollback_to(scene.tx, &error));
    ASSERT_OK(run_insert(scene.tx, 5, 1, NULL, &error));
    ASSERT_OK(postgres_tx_release(scene.tx, &error));
    ASSERT_OK(postgres_tx_commit(scene.tx, &outcome, &error));
    ck_assert_int_eq(fixture_number(scene.db, &count_t), 2);
    ck_assert_int_eq(fixture_number(scene.db, &next_offset), 110);
    scene_end(&scene);
}
END_TEST

START_TEST(a_failure_before_the_savepoint_stays)
{
    struct scene scene = scene_make();
    enum postgres_commit outcome;
    ERRORS;

    ASSERT_OK(post_guard(scene.tx, 90, &error));
    ASSERT_OK(postgres_tx_savepoint(scene.tx, &error));
    ASSERT_STATUS(STATUS_LOST, postgres_tx_rollback_to(scene.tx, &error));
    ASSERT_STATUS(STATUS_LOST, postgres_tx_commit(scene.tx, &outcome, &error));
    ck_assert_int_eq(outcome, POSTGRES_ROLLED_BACK);
    scene_end(&scene);
}
END_TEST

/* An array too long is refused before it is sent; a smaller batch then goes through. */
START_TEST(a_refused_array_can_be_halved)
{
    static const struct postgres_statement insert_many = {
        .name = "insert_many",
        .sql = "INSERT INTO t SELECT unnest($1), 1",
        .types = {POSTGRES_INT8_ARRAY},
    };
    struct scene scene = scene_make();
    struct postgres_array array;
    struct postgres_value value;
    enum postgres_commit outcome;
    ERRORS;

    postgres_array_init(&array, POSTGRES_INT8_ARRAY, 200);
    ASSERT_OK(post_guard(scene.tx, 100, &error));
    ASSERT_OK(postgres_tx_savepoint(scene.tx, &error));
    for (int i = 0; i < 20; i++)
        postgres_array_append_int8(&array, i);
    value = postgres_array_value(&array);
    ASSERT_STATUS(STATUS_REJECT, postgres_tx_post(scene.tx, &insert_many, &value, &error));
    ASSERT_OK(postgres_tx_rollback_to(scene.tx, &error));
    postgres_array_reset(&array);
    for (int i = 0; i < 10; i++)
        postgres_array_append_int8(&array, i);
    value = postgres_array_value(&array);
    ASSERT_OK(postgres_tx_post(scene.tx, &insert_many, &value, &error));
    postgres_array_reset(&array); /* copied already */
    ASSERT_OK(postgres_tx_commit(scene.tx, &outcome, &error));
    ck_assert_int_eq(fixture_number(scene.db, &count_t), 10);
    postgres_array_done(&array);
    scene_end(&scene);
}
END_TEST

START_TEST(commit_itself_can_be_refused)
{
    static const struct postgres_statement insert_late = {
        .name = "insert_late",
        .sql = "INSERT INTO late VALUES (1), (1)",
    };
    struct scene scene = scene_make();
    enum postgres_commit outcome;
    ERRORS;

    ASSERT_OK(postgres_tx_run(scene.tx, &insert_late, NULL, NULL, &error));
    ASSERT_STATUS(STATUS_FATAL, postgres_tx_commit(scene.tx, &outcome, &error));
    ck_assert_str_eq(last.code, "23505");
    ck_assert_int_eq(outcome, POSTGRES_ROLLED_BACK);
    ck_assert_int_eq(postgres_counters(scene.db).connects, 1);
    scene_end(&scene);
}
END_TEST

START_TEST(a_snapshot_stands_still_and_only_reads)
{
    struct scene scene = scene_make();
    OWNED(postgres_result) before = NULL;
    OWNED(postgres_result) after = NULL;
    ERRORS;

    postgres_tx_rollback(scene.tx);
    ASSERT_OK(postgres_tx_begin_snapshot(scene.db, &scene.tx, &error));
    ASSERT_OK(postgres_tx_run(scene.tx, &count_t, NULL, &before, &error));
    database_execute(scene.uri, "INSERT INTO tributary.t VALUES (1, 1)");
    ASSERT_OK(postgres_tx_run(scene.tx, &count_t, NULL, &after, &error));
    ck_assert_int_eq(postgres_result_int8(after, 0, 0), postgres_result_int8(before, 0, 0));
    ASSERT_STATUS(STATUS_RETRY, run_insert(scene.tx, 2, 1, NULL, &error));
    ck_assert_str_eq(last.code, "25006");
    /* As after a failover: the next connection may find the primary. */
    ck_assert(!postgres_connected(scene.db));
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

START_TEST(a_script_can_be_part_of_it)
{
    struct scene scene = scene_make();
    enum postgres_commit outcome;
    ERRORS;

    ASSERT_OK(postgres_tx_script(scene.tx, "CREATE TABLE made (a int8); SELECT 1", &error));
    ASSERT_OK(run_insert(scene.tx, 1, 1, NULL, &error));
    ASSERT_STATUS(STATUS_FATAL, postgres_tx_script(scene.tx, "CREATE TABLE made (a int)", &error));
    ck_assert_str_eq(last.code, "42P07");
    ASSERT_STATUS(STATUS_FATAL, run_insert(scene.tx, 2, 1, NULL, &error));
    postgres_tx_rollback(scene.tx);
    ck_assert_int_eq(
        database_number(scene.uri, "SELECT count(*) FROM pg_class WHERE relname = 'made'"), 0);

    ASSERT_OK(postgres_tx_begin(scene.db, &scene.tx, &error));
    ASSERT_STATUS(STATUS_FATAL, postgres_tx_script(scene.tx, "SELECT 1; COMMIT", &error));
    postgres_tx_rollback(scene.tx);

    ASSERT_OK(postgres_tx_begin(scene.db, &scene.tx, &error));
    ASSERT_OK(post_insert(scene.tx, 1, 1, &error));
    ASSERT_OK(postgres_tx_script(scene.tx, "CREATE TABLE made (a int8)", &error));
    ASSERT_OK(postgres_tx_commit(scene.tx, &outcome, &error));
    ck_assert_int_eq(fixture_number(scene.db, &count_t), 1);
    ck_assert_int_eq(postgres_counters(scene.db).connects, 1);
    scene_end(&scene);
}
END_TEST

START_TEST(a_lock_keeps_others_out)
{
    struct scene scene = scene_make();
    OWNED(postgres) second = fixture_connect_within(scene.uri, 400);
    struct postgres_tx *other = NULL;
    ERRORS;

    ASSERT_OK(postgres_tx_lock(scene.tx, 42, &error));
    ASSERT_OK(postgres_tx_begin(second, &other, &error));
    ASSERT_STATUS(STATUS_RETRY, postgres_tx_lock(other, 42, &error));
    ck_assert_str_eq(last.code, "55P03");
    postgres_tx_rollback(other);
    postgres_tx_rollback(scene.tx);
    ASSERT_OK(postgres_tx_begin(second, &other, &error));
    ASSERT_OK(postgres_tx_lock(other, 42, &error));
    postgres_tx_rollback(other);
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

SUITE_MAIN("postgres transactions", a_batch_commits_in_two_round_trips,
           a_guard_that_raises_loses_everything, answers_come_in_order,
           the_first_error_of_a_pipeline_counts, posts_have_no_end,
           large_statements_and_answers_cross, rollback_leaves_nothing,
           a_savepoint_saves_what_came_before, a_failure_before_the_savepoint_stays,
           a_refused_array_can_be_halved, commit_itself_can_be_refused,
           a_snapshot_stands_still_and_only_reads, a_cursor_reads_in_pieces,
           a_script_can_be_part_of_it, a_lock_keeps_others_out, copy_brings_rows_in,
           copy_that_fails_leaves_nothing);
