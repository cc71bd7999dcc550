/* A transform on a real broker: every source offset is covered once, in order, whatever is done to
 * its processes. */
#include "common/base/random.h"
#include "tests/integration/transform/stage.h"
#include "tests/support/process/place.h"

#include <stdio.h>

enum { END_MS = 60000, BACKLOG = 30000 };

START_TEST(outputs_cover_every_offset_in_order)
{
    struct stage stage;
    struct stage_report report;
    int64_t from_ms;

    stage_open(&stage, STAGE_SHARED);
    stage_feed(&stage, 500);
    stage_feed_control(&stage);
    stage_start(&stage, "one");
    stage_feed(&stage, 500);
    stage_feed_control(&stage);
    from_ms = place_steady_ms();
    stage_wait_end(&stage, END_MS);
    printf("the end was committed after %lld ms\n", (long long)(place_steady_ms() - from_ms));
    report = stage_check(&stage);
    ck_assert_uint_eq(report.reruns, 0);
    ck_assert_uint_eq(report.ahead, 0);
    /* The aborted transactions at the end of each partition, if nothing else. */
    ck_assert_uint_ge(report.markers, STAGE_PARTITIONS);
    ck_assert_uint_eq(report.rejected, 20 + 20 + 4 * STAGE_PARTITIONS);
    ck_assert_double_eq(
        fleet_metric(stage.fleet, "one", "tributary_transform_incarnations_total", NULL), 1);
    ck_assert_double_eq(
        fleet_metric(stage.fleet, "one", "tributary_transform_retained_bytes", NULL), 0);
    stage_close(&stage);
}
END_TEST

START_TEST(a_drained_process_leaves_nothing_to_do_again)
{
    struct stage stage;
    struct stage_report report;

    stage_open(&stage, STAGE_SHARED);
    for (int round = 0; round < 3; round++) {
        stage_feed(&stage, BACKLOG / 3);
        stage_start(&stage, "one");
        stage_wait_outputs(&stage, "one", 200);
        ck_assert_int_eq(fleet_terminate(stage.fleet, "one", 30000), 0);
    }
    stage_start(&stage, "one");
    stage_wait_end(&stage, END_MS);
    report = stage_check(&stage);
    ck_assert_uint_eq(report.reruns, 0);
    stage_close(&stage);
}
END_TEST

START_TEST(killed_at_any_moment)
{
    struct stage stage;
    struct stage_report report;
    struct random random;

    random_init(&random, suite_seed());
    stage_open(&stage, STAGE_SHARED);
    stage_feed(&stage, BACKLOG);
    for (int round = 0; round < 5; round++) {
        stage_start(&stage, "one");
        stage_wait_outputs(&stage, "one", 1 + (double)random_below(&random, 2000));
        fleet_kill(stage.fleet, "one");
        stage_feed(&stage, 500);
        if (round % 2 == 0)
            stage_feed_control(&stage);
    }
    stage_start(&stage, "one");
    stage_wait_end(&stage, END_MS);
    report = stage_check(&stage);
    ck_assert_uint_gt(report.reruns, 0);
    stage_close(&stage);
}
END_TEST

START_TEST(a_zombie_writes_on)
{
    struct stage stage;
    struct stage_report report;

    stage_open(&stage, STAGE_SHARED);
    stage_feed(&stage, BACKLOG);
    stage_start(&stage, "zombie");
    stage_wait_outputs(&stage, "zombie", 500);
    fleet_pause(stage.fleet, "zombie");
    stage_start(&stage, "other");
    stage_wait_outputs(&stage, "other", 5000);
    stage_feed(&stage, 1000);
    fleet_resume(stage.fleet, "zombie");
    stage_feed(&stage, BACKLOG / 2);
    stage_feed_control(&stage);
    stage_wait_end(&stage, END_MS);
    report = stage_check(&stage);
    ck_assert_uint_gt(report.reruns, 0);
    stage_close(&stage);
}
END_TEST

START_TEST(members_come_and_go)
{
    struct stage stage;
    struct stage_report report;

    stage_open(&stage, STAGE_SHARED);
    fleet_set(stage.fleet, "TRIBUTARY_WORKER_THREADS", "2");
    stage_feed(&stage, BACKLOG);
    stage_start(&stage, "one");
    stage_wait_outputs(&stage, "one", 500);
    stage_start(&stage, "two");
    stage_feed(&stage, 5000);
    ck_assert_int_eq(fleet_terminate(stage.fleet, "one", 30000), 0);
    stage_feed(&stage, 5000);
    stage_start(&stage, "three");
    stage_wait_end(&stage, END_MS);
    report = stage_check(&stage);
    ck_assert_uint_eq(report.reruns, 0);
    stage_close(&stage);
}
END_TEST

START_TEST(outside_the_log_a_partition_halts_alone)
{
    static const int64_t beyond[STAGE_PARTITIONS] = {0, 0, 1000000, 0};
    static const int64_t mended[STAGE_PARTITIONS] = {KAFKA_OFFSET_NONE, KAFKA_OFFSET_NONE, 0,
                                                     KAFKA_OFFSET_NONE};
    struct stage stage;
    struct error error = {0};

    stage_open(&stage, STAGE_SHARED);
    stage_feed(&stage, 1000);
    OK(kafka_admin_commit(stage.harness.admin, "upper", "transactions", beyond, STAGE_PARTITIONS,
                          &error));
    fleet_start(stage.fleet, "one", "test-upper", NULL);
    ck_assert(EVENTUALLY(END_MS, stage_logged(&stage, "one", "tributary offsets recover")));
    stage_wait_outputs(&stage, "one", 100); /* the others go on */
    ck_assert_int_eq(fleet_terminate(stage.fleet, "one", 30000), 0);
    OK(kafka_admin_commit(stage.harness.admin, "upper", "transactions", mended, STAGE_PARTITIONS,
                          &error));
    stage_start(&stage, "one");
    stage_wait_end(&stage, END_MS);
    stage_check(&stage);
    stage_close(&stage);
}
END_TEST

START_TEST(without_a_commit_nothing_is_guessed)
{
    struct stage stage;

    stage_open(&stage, STAGE_UNCOMMITTED);
    stage_feed(&stage, 100);
    fleet_start(stage.fleet, "one", "test-upper", NULL);
    ck_assert(EVENTUALLY(END_MS, stage_logged(&stage, "one", "run `tributary init`")));
    ck_assert_int_eq(fleet_terminate(stage.fleet, "one", 30000), 0);
    stage_commit(&stage);
    stage_start(&stage, "one");
    stage_wait_end(&stage, END_MS);
    stage_check(&stage);
    stage_close(&stage);
}
END_TEST

SUITE_MAIN_TIMEOUT("transform", 200, outputs_cover_every_offset_in_order,
                   a_drained_process_leaves_nothing_to_do_again, killed_at_any_moment,
                   a_zombie_writes_on, members_come_and_go, outside_the_log_a_partition_halts_alone,
                   without_a_commit_nothing_is_guessed);
