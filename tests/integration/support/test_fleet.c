/* A fleet of dummies: settings, readiness, metrics, and every way to end. */
#include "tests/support/fleet/fleet.h"

#include "tests/support/process/place.h"
#include "tests/support/suite/suite.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 5000 };

static const char dummy[] = "test_fleet_dummy";

START_TEST(a_member_gets_ready_and_is_asked)
{
    OWNED(fleet) fleet = fleet_new();

    fleet_start(fleet, "one", dummy, NULL);
    ck_assert(isnan(fleet_metric(fleet, "two", "up", NULL)));
    fleet_wait_ready(fleet, "one", WAIT_MS);
    ck_assert_double_eq(fleet_metric(fleet, "one", "up", NULL), 1);
    ck_assert_double_eq(fleet_metric(fleet, "one", "events_total", NULL), 41.5);
    ck_assert_double_eq(fleet_metric(fleet, "one", "events_total", "partition=\"3\""), 40);
    ck_assert(isnan(fleet_metric(fleet, "one", "events_total", "partition=\"4\"")));
    ck_assert(isnan(fleet_metric(fleet, "one", "events", NULL)));
}
END_TEST

START_TEST(a_post_is_answered)
{
    OWNED(fleet) fleet = fleet_new();
    struct fleet_request request = {.path = "/v1",
                                    .headers = "X-Any: thing\r\n",
                                    .body = "what is sent",
                                    .body_size = 12,
                                    .timeout_ms = WAIT_MS};
    char *answer = NULL;

    fleet_start(fleet, "one", dummy, NULL);
    fleet_wait_ready(fleet, "one", WAIT_MS);
    request.port = fleet_admin_port(fleet, "one");
    ck_assert_int_eq(fleet_http(&request, &answer), 202);
    ck_assert_str_eq(answer, "what is sent");
    free(answer);
    fleet_pause(fleet, "one");
    request.timeout_ms = 50;
    ck_assert_int_eq(fleet_http(&request, &answer), 0);
    ck_assert_ptr_null(answer);
    fleet_resume(fleet, "one");
}
END_TEST

START_TEST(members_end_and_start_again)
{
    const char *const fail[] = {"fail", NULL};
    OWNED(fleet) fleet = fleet_new();
    int port;

    fleet_start(fleet, "one", dummy, NULL);
    fleet_start(fleet, "two", dummy, NULL);
    fleet_wait_ready(fleet, "one", WAIT_MS);
    fleet_wait_ready(fleet, "two", WAIT_MS);
    port = fleet_admin_port(fleet, "one");
    ck_assert_int_ne(port, fleet_admin_port(fleet, "two"));
    fleet_kill(fleet, "one");
    ck_assert(!fleet_running(fleet, "one"));
    ck_assert(fleet_running(fleet, "two"));
    fleet_restart(fleet, "one");
    fleet_wait_ready(fleet, "one", WAIT_MS);
    ck_assert_int_eq(fleet_admin_port(fleet, "one"), port);
    ck_assert_int_eq(fleet_terminate(fleet, "one", WAIT_MS), 5);
    fleet_start(fleet, "one", dummy, fail);
    ck_assert_int_eq(fleet_wait_exit(fleet, "one", WAIT_MS), 3);
    fleet_kill_all(fleet);
    ck_assert(!fleet_running(fleet, "two"));
}
END_TEST

static void check_run(struct fleet *fleet, const char *colour)
{
    const char *const print[] = {"print", NULL};
    char *output;

    ck_assert_int_eq(fleet_run(fleet, dummy, print, WAIT_MS, &output), 0);
    ck_assert_str_eq(output, colour);
    free(output);
}

START_TEST(settings_reach_whom_they_are_for)
{
    OWNED(fleet) fleet = fleet_new();
    char path[PLACE_PATH_SIZE + 16];
    char *log;

    check_run(fleet, "colour none\n");
    fleet_set(fleet, "COLOUR", "green");
    fleet_set(fleet, "COLOUR", "blue");
    check_run(fleet, "colour blue\n");
    fleet_set_for(fleet, "one", "COLOUR", "red");
    fleet_start(fleet, "one", dummy, NULL);
    fleet_wait_ready(fleet, "one", WAIT_MS);
    snprintf(path, sizeof path, "%s/one.log", fleet_folder(fleet));
    log = place_read_end(path, 100);
    ck_assert_str_eq(log, "colour red\n");
    free(log);
}
END_TEST

SUITE_MAIN("fleet", a_member_gets_ready_and_is_asked, a_post_is_answered,
           members_end_and_start_again, settings_reach_whom_they_are_for);
