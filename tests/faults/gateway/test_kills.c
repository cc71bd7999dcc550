/* The gateway killed and stopped under load: every promise is kept, and nothing else is said. */
#include "common/base/random.h"
#include "tests/faults/gateway/pressure.h"
#include "tests/support/process/place.h"
#include "tests/support/suite/suite.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { KILLS = 20, DRAIN_MS = 20000, MOVING_MS = 30000 };

static void wait_moving(const struct pressure *pressure, size_t events)
{
    size_t before = pressure_accepted(pressure);

    ck_assert_msg(EVENTUALLY(MOVING_MS, pressure_accepted(pressure) >= before + events),
                  "nothing is accepted");
}

/* TRIBUTARY_TEST_ROUNDS: more of them, for a long run. */
static int rounds(void)
{
    const char *text = getenv("TRIBUTARY_TEST_ROUNDS");

    return text != NULL ? (int)strtol(text, NULL, 10) : KILLS;
}

START_TEST(killed_under_load_every_promise_is_kept)
{
    struct door door;
    struct pressure *pressure;
    struct random random;
    struct journal_sum sum;

    random_init(&random, suite_seed());
    door_open(&door, broker_start(NULL), NULL);
    pressure = pressure_start(door.port);
    for (int i = rounds(); i > 0; i--) {
        door_start(&door);
        wait_moving(pressure, 1);
        place_sleep_ms((int64_t)random_below(&random, 300));
        fleet_kill(door.fleet, "gateway");
    }
    pressure_stop(pressure);
    sum = pressure_check(pressure, &door);
    ck_assert_uint_gt(sum.accepted, 1000);
    /* Kills in the middle of something, or the test has shown nothing. */
    ck_assert_uint_gt(sum.cut, 0);
    pressure_free(pressure);
    door_close(&door);
}
END_TEST

/* Whoever got no answer was not served at all. */
START_TEST(terminated_under_load_all_that_is_taken_is_answered)
{
    struct door door;
    struct pressure *pressure;
    struct journal_sum sum;

    door_open(&door, broker_start(NULL), NULL);
    pressure = pressure_start(door.port);
    for (int i = 0; i < 10; i++) {
        door_start(&door);
        wait_moving(pressure, 50);
        ck_assert_int_eq(fleet_terminate(door.fleet, "gateway", DRAIN_MS), 0);
    }
    pressure_stop(pressure);
    sum = pressure_check(pressure, &door);
    ck_assert_uint_gt(sum.accepted, 500);
    ck_assert_uint_eq(sum.refused, 0);
    ck_assert_uint_eq(sum.cut_stored, 0);
    pressure_free(pressure);
    door_close(&door);
}
END_TEST

static void start_stuck(struct door *door, struct pressure **ret_pressure)
{
    door_open(door, broker_start(NULL), NULL);
    fleet_set(door->fleet, "TRIBUTARY_GATEWAY_DRAIN", "3s");
    door_start(door);
    *ret_pressure = pressure_start(door->port);
    wait_moving(*ret_pressure, 50);
    broker_pause(door->broker);
    place_sleep_ms(500);
}

/* Kafka is away: what cannot be promised within the drain is answered 503, and the process ends. */
START_TEST(terminated_without_kafka_the_rest_is_refused)
{
    struct door door;
    struct pressure *pressure;
    struct journal_sum sum;
    int64_t start_ms;

    start_stuck(&door, &pressure);
    start_ms = place_steady_ms();
    ck_assert_int_eq(fleet_terminate(door.fleet, "gateway", DRAIN_MS), 0);
    ck_assert_int_lt(place_steady_ms() - start_ms, 8000);
    pressure_stop(pressure);
    broker_resume(door.broker);
    sum = pressure_check(pressure, &door);
    ck_assert_uint_gt(sum.accepted, 0);
    /* Some may be 207: a part of their events was acknowledged before. */
    ck_assert_uint_ge(pressure_refused(pressure), JOURNAL_CLIENTS / 2);
    ck_assert_uint_eq(sum.cut_stored, 0);
    pressure_free(pressure);
    door_close(&door);
}
END_TEST

START_TEST(terminated_twice_it_ends_at_once)
{
    struct door door;
    struct pressure *pressure;
    int64_t start_ms;

    start_stuck(&door, &pressure);
    kill(fleet_pid(door.fleet, "gateway"), SIGTERM);
    place_sleep_ms(500);
    ck_assert(fleet_running(door.fleet, "gateway"));
    start_ms = place_steady_ms();
    ck_assert_int_eq(fleet_terminate(door.fleet, "gateway", DRAIN_MS), 1);
    ck_assert_int_lt(place_steady_ms() - start_ms, 1000);
    pressure_stop(pressure);
    broker_resume(door.broker);
    pressure_check(pressure, &door);
    pressure_free(pressure);
    door_close(&door);
}
END_TEST

SUITE_MAIN_TIMEOUT("faults/gateway/kills", 250, killed_under_load_every_promise_is_kept,
                   terminated_under_load_all_that_is_taken_is_answered,
                   terminated_without_kafka_the_rest_is_refused, terminated_twice_it_ends_at_once);
