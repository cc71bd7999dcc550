/* A transform whose way to Kafka loses, holds and cuts: producers are given up and begun again, and
 * every source offset is still covered once, in order. */
#include "tests/integration/transform/stage.h"
#include "tests/support/process/place.h"

#include <stdio.h>

enum { END_MS = 90000, BACKLOG = 10000, WAIT_MS = 30000 };

static void open_impatient(struct stage *stage)
{
    stage_open(stage, STAGE_PROXIED);
    fleet_set(stage->fleet, "TRIBUTARY_TRANSFORM_DELIVERY_TIMEOUT", "2s");
    stage_feed(stage, BACKLOG);
}

static double incarnations(struct stage *stage)
{
    return fleet_metric(stage->fleet, "one", "tributary_transform_incarnations_total", NULL);
}

static void await_incarnation(struct stage *stage, double number)
{
    ck_assert_msg(EVENTUALLY(WAIT_MS, incarnations(stage) >= number), "incarnation %.0f",
                  incarnations(stage));
}

START_TEST(a_produce_request_is_lost)
{
    struct stage stage;

    open_impatient(&stage);
    proxy_arm(stage.proxy, PROXY_PRODUCE, PROXY_DROP, 1);
    stage_start(&stage, "one");
    ck_assert(proxy_wait(stage.proxy, 1, WAIT_MS));
    await_incarnation(&stage, 2);
    stage_wait_end(&stage, END_MS);
    stage_check(&stage);
    stage_close(&stage);
}
END_TEST

START_TEST(a_produce_answer_is_lost)
{
    struct stage stage;
    struct stage_report report;

    open_impatient(&stage);
    proxy_arm(stage.proxy, PROXY_PRODUCE_ANSWER, PROXY_DROP, 1);
    stage_start(&stage, "one");
    ck_assert(proxy_wait(stage.proxy, 1, WAIT_MS));
    await_incarnation(&stage, 2);
    stage_wait_end(&stage, END_MS);
    report = stage_check(&stage);
    ck_assert_uint_gt(report.reruns, 0); /* it had been written */
    stage_close(&stage);
}
END_TEST

/* Of all partitions of the output. */
static int64_t output_end(struct stage *stage)
{
    char topic[KAFKA_NAME_SIZE];
    int64_t end = 0;

    kafka_name(&stage->harness.settings, "classifications", topic);
    for (int32_t p = 0; p < STAGE_PARTITIONS; p++)
        end += broker_end_offset(stage->broker, topic, p);
    return end;
}

START_TEST(an_old_request_lands_after_the_new_ones)
{
    struct stage stage;
    struct stage_report report;
    struct proxy_held held = {0};
    int64_t end;

    open_impatient(&stage);
    stage_start(&stage, "one");
    stage_wait_outputs(&stage, "one", 100);
    proxy_filter_set(stage.proxy, proxy_hold_produce, &held);
    stage_feed(&stage, 2000);
    ck_assert(proxy_wait(stage.proxy, 1, WAIT_MS));
    await_incarnation(&stage, 2);
    stage_feed(&stage, 500);
    stage_wait_end(&stage, END_MS);
    end = output_end(&stage);
    proxy_release(stage.proxy);
    ck_assert(EVENTUALLY(WAIT_MS, output_end(&stage) > end));
    stage_feed(&stage, 500);
    stage_wait_end(&stage, END_MS);
    report = stage_check(&stage);
    ck_assert_uint_gt(report.reruns, 0);
    stage_close(&stage);
}
END_TEST

START_TEST(connections_break_again_and_again)
{
    struct stage stage;

    open_impatient(&stage);
    stage_start(&stage, "one");
    for (int round = 0; round < 8; round++) {
        proxy_arm(stage.proxy, round % 2 == 0 ? PROXY_PRODUCE : PROXY_PRODUCE_ANSWER, PROXY_CUT, 2);
        stage_feed(&stage, 1000);
        ck_assert(proxy_wait(stage.proxy, 1, WAIT_MS));
        proxy_cut(stage.proxy);
    }
    stage_wait_end(&stage, END_MS);
    stage_check(&stage);
    stage_close(&stage);
}
END_TEST

START_TEST(kafka_is_frozen_past_every_timeout)
{
    struct stage stage;

    open_impatient(&stage);
    stage_start(&stage, "one");
    stage_wait_outputs(&stage, "one", 100);
    stage_feed(&stage, 2000);
    proxy_freeze(stage.proxy);
    place_sleep_ms(12000);
    proxy_pass(stage.proxy);
    stage_feed(&stage, 1000);
    stage_wait_end(&stage, END_MS);
    stage_check(&stage);
    stage_close(&stage);
}
END_TEST

START_TEST(commits_are_lost)
{
    struct stage stage;
    struct stage_report report;

    open_impatient(&stage);
    proxy_arm(stage.proxy, PROXY_OFFSET_COMMIT, PROXY_DROP, 1000);
    stage_start(&stage, "one");
    ck_assert(proxy_wait(stage.proxy, 1, WAIT_MS));
    stage_wait_outputs(&stage, "one", 2000);
    fleet_kill(stage.fleet, "one");
    proxy_arm(stage.proxy, PROXY_OFFSET_COMMIT, PROXY_PASS, 0);
    stage_start(&stage, "one");
    stage_wait_end(&stage, END_MS);
    report = stage_check(&stage);
    ck_assert_uint_gt(report.reruns, 0);
    stage_close(&stage);
}
END_TEST

START_TEST(kafka_is_killed)
{
    struct stage stage;

    stage_open(&stage, STAGE_PROXIED);
    stage_feed(&stage, BACKLOG);
    stage_start(&stage, "one");
    stage_wait_outputs(&stage, "one", 500);
    broker_kill(stage.broker);
    place_sleep_ms(2000);
    broker_restart(stage.broker);
    stage_feed(&stage, 1000);
    stage_wait_end(&stage, END_MS);
    stage_check(&stage);
    stage_close(&stage);
}
END_TEST

SUITE_MAIN_TIMEOUT("transform", 200, a_produce_request_is_lost, a_produce_answer_is_lost,
                   an_old_request_lands_after_the_new_ones, connections_break_again_and_again,
                   kafka_is_frozen_past_every_timeout, commits_are_lost, kafka_is_killed);
