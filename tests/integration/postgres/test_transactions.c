/* common/postgres: transactions, their pipeline and locks. */
#include "tests/integration/postgres/scene.h"

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

SUITE_MAIN("postgres transactions", a_batch_commits_in_two_round_trips,
           a_guard_that_raises_loses_everything, answers_come_in_order,
           the_first_error_of_a_pipeline_counts, rollback_leaves_nothing,
           commit_itself_can_be_refused, a_snapshot_stands_still_and_only_reads,
           a_script_can_be_part_of_it, a_lock_keeps_others_out);
