/* The sender against receivers of every manner. */
#include "tests/support/notifying/notifying.h"
#include "tests/support/process/place.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define STATES(state, path)                                                                        \
    "SELECT count(*) FROM tributary.outbox JOIN tributary.endpoints USING (endpoint_id)"           \
    " WHERE state = '" state "' AND url LIKE '%" path "'"

static int64_t number(const struct notifying *s, const char *sql)
{
    return database_number(s->uri, sql);
}

START_TEST(each_row_is_delivered_signed)
{
    struct notifying s;

    notifying_set_up(&s);
    notifying_endpoint(&s, "acme", "/a");
    notifying_append(&s, "/a", 1, 300);
    notifying_start(&s, "s", "tributary-sender");
    notifying_wait(&s, STATES("sent", "/a"), 300);
    ck_assert_uint_eq(receiver_requests(s.receiver, "/a"), 300);
    ck_assert_uint_eq(receiver_ids(s.receiver, "/a"), 300);
    ck_assert_uint_eq(receiver_bad(s.receiver), 0);
    ck_assert_int_eq(number(&s, "SELECT count(*) FROM tributary.deliveries WHERE outcome = 'sent'"
                                " AND status = 200 AND attempt = 1"),
                     300);
    ck_assert_int_eq(fleet_terminate(s.fleet, "s", 20000), 0);
    notifying_tear_down(&s);
}
END_TEST

START_TEST(failures_come_again_under_their_id)
{
    static const char *const paths[] = {"/error", "/redirect", "/reset", "/hang", "/drip"};
    static const enum receiver_manner manners[] = {RECEIVER_ERROR, RECEIVER_REDIRECT,
                                                   RECEIVER_RESET, RECEIVER_HANG, RECEIVER_DRIP};
    struct notifying s;

    notifying_set_up(&s);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        receiver_set(s.receiver, paths[i], manners[i]);
        notifying_endpoint(&s, "acme", paths[i]);
        notifying_append(&s, paths[i], 1, 1);
    }
    notifying_start(&s, "s", "tributary-sender");
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        receiver_wait_requests(s.receiver, paths[i], 2, 30000);
        receiver_set(s.receiver, paths[i], RECEIVER_OK);
    }
    notifying_wait(&s, "SELECT count(*) FROM tributary.outbox WHERE state = 'sent'", 5);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        ck_assert_uint_eq(receiver_ids(s.receiver, paths[i]), 1);
    ck_assert_uint_eq(receiver_requests(s.receiver, "/elsewhere"), 0);
    ck_assert_uint_eq(receiver_bad(s.receiver), 0);
    ck_assert_int_eq(number(&s, "SELECT count(*) FROM tributary.deliveries"
                                " JOIN tributary.outbox ON id = outbox_id"
                                " WHERE outcome = 'failed' AND status NOT IN (0, 302, 500)"),
                     0);
    notifying_tear_down(&s);
}
END_TEST

START_TEST(answers_are_obeyed_and_not_read_to_the_end)
{
    struct notifying s;

    notifying_set_up(&s);
    receiver_set(s.receiver, "/gone", RECEIVER_GONE);
    receiver_set(s.receiver, "/busy", RECEIVER_BUSY);
    receiver_set(s.receiver, "/huge", RECEIVER_HUGE);
    notifying_endpoint(&s, "acme", "/gone");
    notifying_endpoint(&s, "acme", "/busy");
    notifying_endpoint(&s, "acme", "/huge");
    notifying_append(&s, "/gone", 1, 1);
    notifying_append(&s, "/busy", 1, 1);
    notifying_append(&s, "/huge", 1, 1);
    notifying_start(&s, "s", "tributary-sender");
    notifying_wait(&s, STATES("sent", "/huge"), 1);
    notifying_wait(&s, STATES("dead", "/gone"), 1);
    ck_assert_int_eq(number(&s, "SELECT count(*) FROM tributary.endpoints"
                                " WHERE disabled_at IS NOT NULL AND url LIKE '%/gone'"),
                     1);
    notifying_append(&s, "/gone", 2, 1);
    receiver_wait_requests(s.receiver, "/busy", 2, 20000);
    receiver_set(s.receiver, "/busy", RECEIVER_OK);
    notifying_wait(&s, STATES("sent", "/busy"), 1);
    ck_assert_int_eq(
        number(&s, "SELECT count(*) FROM (SELECT at - lag(at) OVER (PARTITION BY outbox_id"
                   "  ORDER BY attempt) AS pause FROM tributary.deliveries"
                   "  JOIN tributary.outbox ON id = outbox_id"
                   "  JOIN tributary.endpoints USING (endpoint_id) WHERE url LIKE '%/busy') AS p"
                   " WHERE pause < interval '0.99 seconds'"),
        0);
    ck_assert_uint_eq(receiver_requests(s.receiver, "/gone"), 1);
    ck_assert_int_eq(number(&s, STATES("due", "/gone")), 1);
    notifying_tear_down(&s);
}
END_TEST

START_TEST(a_dead_endpoint_delays_no_other)
{
    enum { ALIVE_MS = 10000 };
    struct notifying s;
    int64_t worst_ms;

    notifying_set_up(&s);
    receiver_set(s.receiver, "/dead", RECEIVER_HANG);
    notifying_endpoint(&s, "acme", "/dead");
    notifying_endpoint(&s, "acme", "/alive");
    notifying_append(&s, "/dead", 1, 5000);
    notifying_start(&s, "s", "tributary-sender");
    receiver_wait_requests(s.receiver, "/dead", 4, 10000);
    for (int i = 0; i < 20; i++) {
        notifying_append(&s, "/alive", 1 + i * 10, 10);
        notifying_sleep(100);
    }
    ck_assert_msg(EVENTUALLY(ALIVE_MS, number(&s, STATES("sent", "/alive")) == 200),
                  "the dead endpoint holds up the other: %d of 200 sent",
                  (int)number(&s, STATES("sent", "/alive")));
    worst_ms = number(&s, "SELECT (extract(epoch FROM max(done_at - created_at)) * 1000)::int8"
                          " FROM tributary.outbox WHERE state = 'sent'");
    printf("behind a dead endpoint: at most %d ms\n", (int)worst_ms);
    ck_assert_int_lt(worst_ms, 700); /* the dead one's time limit is 1 s */
    ck_assert_double_eq(fleet_metric(s.fleet, "s", "tributary_notification_breakers_open", NULL),
                        1);
    /* It is found alive again by a probe, and has all of it. */
    receiver_set(s.receiver, "/dead", RECEIVER_OK);
    receiver_wait_ids(s.receiver, "/dead", 1000, 30000);
    notifying_tear_down(&s);
}
END_TEST

START_TEST(many_endpoints_on_one_host_all_get_theirs)
{
    struct notifying s;
    char path[32];

    notifying_set_up(&s);
    for (int i = 0; i < 40; i++) {
        snprintf(path, sizeof path, "/p%d", i);
        notifying_endpoint(&s, "acme", path);
        notifying_append(&s, path, 1, 5);
    }
    notifying_start(&s, "s", "tributary-sender");
    notifying_wait(&s, "SELECT count(*) FROM tributary.outbox WHERE state = 'sent'", 200);
    ck_assert_uint_eq(receiver_requests(s.receiver, NULL), 200);
    /* What found no room was put back, and that is no attempt. */
    ck_assert_double_gt(
        fleet_metric(s.fleet, "s", "tributary_notifications_total", "outcome=\"deferred\""), 0);
    ck_assert_int_eq(number(&s, "SELECT max(attempts) FROM tributary.outbox"), 1);
    ck_assert_int_eq(number(&s, "SELECT count(*) FROM tributary.deliveries"), 200);
    notifying_tear_down(&s);
}
END_TEST

START_TEST(addresses_that_are_not_public_are_refused)
{
    struct notifying s;

    notifying_set_up(&s);
    notifying_endpoint(&s, "acme", "/inner");
    database_execute(s.uri, "UPDATE tributary.endpoints SET allow_private = false,"
                            " url = replace(url, 'http:', 'https:') WHERE url LIKE '%/inner'");
    database_execute(s.uri,
                     "INSERT INTO tributary.outbox (id, endpoint_id, user_key, tenant_key, kind,"
                     "  subject, payload) SELECT gen_random_uuid(), endpoint_id, user_key,"
                     "  users.tenant_key, 'test.told', '1', '{}' FROM tributary.endpoints"
                     " JOIN tributary.users USING (tenant_key)");
    notifying_start(&s, "s", "tributary-sender");
    notifying_wait(&s,
                   "SELECT least(count(*), 1) FROM tributary.deliveries WHERE outcome = 'failed'"
                   " AND status = 0 AND detail LIKE 'URL: %'",
                   1);
    ck_assert_uint_eq(receiver_requests(s.receiver, NULL), 0);
    notifying_tear_down(&s);
}
END_TEST

START_TEST(after_the_last_attempt_it_is_given_up)
{
    struct notifying s;

    notifying_set_up(&s);
    fleet_set(s.fleet, "TRIBUTARY_SENDER_RETRY_SCALE", "0.000001");
    receiver_set(s.receiver, "/error", RECEIVER_ERROR);
    notifying_endpoint(&s, "acme", "/error");
    notifying_append(&s, "/error", 1, 3);
    notifying_start(&s, "s", "tributary-sender");
    notifying_wait(&s, STATES("dead", "/error"), 3);
    ck_assert_uint_eq(receiver_requests(s.receiver, "/error"), 30);
    ck_assert_uint_eq(receiver_ids(s.receiver, "/error"), 3);
    ck_assert_int_eq(number(&s, "SELECT min(attempts) FROM tributary.outbox"), 10);
    notifying_tear_down(&s);
}
END_TEST

START_TEST(live_waits_for_redis)
{
    struct redis_server *redis = redis_server_start(NULL);
    struct notifying s;

    notifying_set_up(&s);
    fleet_set(s.fleet, "TRIBUTARY_REDIS_ADDRESS", redis_server_address(redis));
    notifying_endpoint(&s, "acme", "/a");
    redis_server_stop(redis);
    database_execute(s.uri,
                     "INSERT INTO tributary.outbox (id, endpoint_id, user_key, tenant_key, kind,"
                     "  subject, payload) SELECT gen_random_uuid(), endpoint_id, user_key,"
                     "  users.tenant_key, 'test.told', n::text, '{}' FROM tributary.endpoints,"
                     "  tributary.users, generate_series(1, 20) AS n WHERE channel = 'live'");
    notifying_append(&s, "/a", 1, 20);
    notifying_start(&s, "s", "tributary-sender");
    notifying_wait(&s, STATES("sent", "/a"), 20);
    notifying_wait(&s,
                   "SELECT least(count(*), 1) FROM tributary.deliveries"
                   " WHERE outcome = 'failed'",
                   1);
    redis_server_restart(redis);
    notifying_wait(&s, "SELECT count(*) FROM tributary.outbox WHERE state = 'sent'", 40);
    redis_server_free(redis);
    notifying_tear_down(&s);
}
END_TEST

SUITE_MAIN_TIMEOUT("sender", 90, each_row_is_delivered_signed, failures_come_again_under_their_id,
                   answers_are_obeyed_and_not_read_to_the_end, a_dead_endpoint_delays_no_other,
                   many_endpoints_on_one_host_all_get_theirs,
                   addresses_that_are_not_public_are_refused, after_the_last_attempt_it_is_given_up,
                   live_waits_for_redis);
