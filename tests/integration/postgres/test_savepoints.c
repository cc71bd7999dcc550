/* common/postgres: savepoints within a transaction. */
#include "tests/integration/postgres/scene.h"

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

SUITE_MAIN("postgres savepoints", a_savepoint_saves_what_came_before,
           a_failure_before_the_savepoint_stays, a_refused_array_can_be_halved);
