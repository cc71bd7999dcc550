/* What people are told, whatever dies: every notification there is reaches its endpoint, under one
 * id, and nothing else does. */
#include "common/base/random.h"
#include "tests/support/notifying/notifying.h"
#include "tests/support/suite/suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SENT "SELECT count(*) FROM tributary.outbox WHERE state = 'sent'"

static void assert_zero(const struct notifying *s, const char *sql)
{
    ck_assert_msg(database_number(s->uri, sql) == 0, "not 0: %s", sql);
}

/* The sender is stopped while its deliveries are at the receiver, and killed before it can write
 * them down: they go out again, as the same notifications. */
START_TEST(a_sender_killed_before_it_wrote_down_sends_again)
{
    struct notifying s;

    notifying_set_up(&s);
    fleet_set(s.fleet, "TRIBUTARY_SENDER_TIMEOUT", "900ms");
    receiver_set(s.receiver, "/a", RECEIVER_HANG);
    notifying_endpoint(&s, "acme", "/a");
    notifying_append(&s, "/a", 1, 3);
    notifying_start(&s, "one", "tributary-sender");
    receiver_wait_requests(s.receiver, "/a", 3, 10000);
    fleet_kill(s.fleet, "one");
    ck_assert_int_eq(database_number(s.uri, "SELECT count(*) FROM tributary.outbox"
                                            " WHERE state = 'due' AND lease IS NOT NULL"),
                     3);
    receiver_set(s.receiver, "/a", RECEIVER_OK);
    fleet_restart(s.fleet, "one");
    notifying_wait(&s, SENT, 3);
    ck_assert_uint_eq(receiver_requests(s.receiver, "/a"), 6);
    ck_assert_uint_eq(receiver_ids(s.receiver, "/a"), 3);
    notifying_tear_down(&s);
}
END_TEST

START_TEST(two_senders_share_the_work)
{
    enum { ROWS = 2000 };
    struct notifying s;
    double one, two;

    notifying_set_up(&s);
    fleet_set(s.fleet, "TRIBUTARY_SENDER_LEASE", "60s"); /* none ends meanwhile */
    notifying_endpoint(&s, "acme", "/a");
    notifying_endpoint(&s, "acme", "/b");
    notifying_append(&s, "/a", 1, ROWS / 2);
    notifying_append(&s, "/b", 1, ROWS / 2);
    fleet_start(s.fleet, "one", "tributary-sender", NULL);
    notifying_start(&s, "two", "tributary-sender");
    notifying_wait(&s, SENT, ROWS);
    ck_assert_uint_eq(receiver_requests(s.receiver, NULL), ROWS); /* each once: nothing died */
    ck_assert_uint_eq(receiver_ids(s.receiver, NULL), ROWS);
    one = fleet_metric(s.fleet, "one", "tributary_notifications_total", "outcome=\"sent\"");
    two = fleet_metric(s.fleet, "two", "tributary_notifications_total", "outcome=\"sent\"");
    printf("one sent %.0f, the other %.0f\n", one, two);
    ck_assert_double_eq(one + two, ROWS);
    ck_assert_double_gt(one, 0);
    ck_assert_double_gt(two, 0);
    ck_assert_int_eq(fleet_terminate(s.fleet, "one", 20000), 0);
    ck_assert_int_eq(fleet_terminate(s.fleet, "two", 20000), 0);
    notifying_tear_down(&s);
}
END_TEST

/* All that is written down of the rows: one line each. */
#define ROWS_TOLD                                                                                  \
    "SELECT id, state, attempts, last_status, done_at FROM tributary.outbox ORDER BY id"

/* A sender sleeps past its leases while another delivers its rows; when it wakes, what it has to
 * say counts for nothing. */
START_TEST(a_zombie_changes_nothing)
{
    struct notifying s;
    char *before, *after;

    notifying_set_up(&s);
    fleet_set(s.fleet, "TRIBUTARY_SENDER_TIMEOUT", "1s");
    receiver_set(s.receiver, "/a", RECEIVER_HANG);
    notifying_endpoint(&s, "acme", "/a");
    notifying_append(&s, "/a", 1, 4);
    notifying_start(&s, "zombie", "tributary-sender");
    receiver_wait_requests(s.receiver, "/a", 4, 10000);
    fleet_pause(s.fleet, "zombie");
    receiver_set(s.receiver, "/a", RECEIVER_OK);
    notifying_sleep(2500); /* the leases end */
    notifying_start(&s, "heir", "tributary-sender");
    notifying_wait(&s, SENT, 4);
    before = database_text(s.uri, ROWS_TOLD);
    fleet_resume(s.fleet, "zombie"); /* its attempts have failed by now */
    notifying_wait(&s,
                   "SELECT count(*) FROM tributary.deliveries WHERE outcome = 'failed'"
                   " AND attempt = 1",
                   4);
    after = database_text(s.uri, ROWS_TOLD);
    ck_assert_str_eq(after, before);
    free(after);
    free(before);
    ck_assert_double_eq(
        fleet_metric(s.fleet, "zombie", "tributary_notifications_total", "outcome=\"lost\""), 4);
    ck_assert_uint_eq(receiver_ids(s.receiver, "/a"), 4);
    ck_assert_uint_eq(receiver_requests(s.receiver, "/a"), 8);
    notifying_tear_down(&s);
}
END_TEST

START_TEST(a_drained_sender_leaves_nothing_half_done)
{
    struct notifying s;

    notifying_set_up(&s);
    fleet_set(s.fleet, "TRIBUTARY_SENDER_LEASE", "60s");
    notifying_endpoint(&s, "acme", "/a");
    notifying_append(&s, "/a", 1, 3000);
    notifying_start(&s, "one", "tributary-sender");
    receiver_wait_requests(s.receiver, "/a", 100, 10000);
    ck_assert_int_eq(fleet_terminate(s.fleet, "one", 20000), 0);
    assert_zero(&s, "SELECT count(*) FROM tributary.outbox WHERE lease IS NOT NULL");
    ck_assert_int_eq(database_number(s.uri, SENT), (int64_t)receiver_requests(s.receiver, "/a"));
    ck_assert_int_lt(database_number(s.uri, SENT), 3000);
    notifying_tear_down(&s);
}
END_TEST

/* Events of many users, some twice, some worth telling. */
static void put_traffic(struct notifying *s, struct random *random, int count, int round)
{
    static const char *const categories[] = {"food", "fun", "rent"};

    for (int i = 0; i < count; i++) {
        char user[16], id[32];
        struct transaction event;

        snprintf(user, sizeof user, "u%d", (int)random_below(random, 40));
        snprintf(id, sizeof id, "t%d-%d", round, (int)random_below(random, (uint64_t)count));
        event = notifying_transaction(user, id, 1 + (int64_t)random_below(random, 120000));
        /* The same id has the same confidence whenever it comes. */
        notifying_put(s, &event, categories[random_below(random, 3)],
                      (float)(strtol(strchr(id, '-') + 1, NULL, 10) % 10) / 10);
    }
    feed_flush(s->feed);
}

static void set_budgets(const struct notifying *s)
{
    database_execute(
        s->uri, "INSERT INTO tributary.tenants (tenant) VALUES ('acme') ON CONFLICT DO NOTHING;"
                "INSERT INTO tributary.users (tenant_key, user_id)"
                " SELECT tenant_key, 'u' || n FROM tributary.tenants,"
                "  generate_series(0, 39) AS n WHERE tenant = 'acme' ON CONFLICT DO NOTHING;"
                "INSERT INTO tributary.budgets (user_key, currency, limit_minor)"
                " SELECT user_key, 'EUR', 2000000 FROM tributary.users"
                " WHERE user_id <> 'somebody'");
}

static void assert_told(const struct notifying *s)
{
    /* Reviews: exactly the doubtful transactions of the ledger, which is analytics' own account of
     * what there was; on both endpoints. */
    assert_zero(s, "SELECT count(*) FROM"
                   " (SELECT user_key, user_key || '/' || event_id AS subject FROM tributary.ledger"
                   "  WHERE confidence < 0.35) AS l"
                   " FULL JOIN (SELECT user_key, subject, count(*) AS n FROM tributary.outbox"
                   "  WHERE kind = 'transaction.review' GROUP BY 1, 2) AS o"
                   "  USING (user_key, subject) WHERE l.user_key IS NULL OR n IS DISTINCT FROM 2");
    /* Budgets: exactly the users whose month is above it. */
    assert_zero(s, "SELECT count(*) FROM"
                   " (SELECT user_key FROM tributary.month_sums GROUP BY user_key"
                   "  HAVING sum(sum_minor) >= 2000000) AS m"
                   " FULL JOIN (SELECT user_key, count(*) AS n FROM tributary.outbox"
                   "  WHERE kind = 'budget.crossed' GROUP BY 1) AS o USING (user_key)"
                   " WHERE m.user_key IS NULL OR n IS DISTINCT FROM 2");
    assert_zero(s, "SELECT count(*) FROM tributary.outbox WHERE state <> 'sent'");
}

static void disturb(struct notifying *s, struct random *random, int round)
{
    static const char *const members[] = {"n1", "n2", "a", "s1", "s2"};
    const char *victim = members[random_below(random, 5)];

    notifying_sleep((int64_t)random_below(random, 400));
    if (round % 4 == 3) {
        fleet_pause(s->fleet, victim);
        notifying_sleep(4000); /* past its session and its leases */
        fleet_resume(s->fleet, victim);
        return;
    }
    fleet_kill(s->fleet, victim);
    fleet_restart(s->fleet, victim);
}

START_TEST(all_is_told_once_whatever_dies)
{
    enum { ROUNDS = 10, EVENTS = 400 };
    struct notifying s;
    struct random random;

    random_init(&random, suite_seed());
    notifying_set_up(&s);
    fleet_set(s.fleet, "TRIBUTARY_NOTIFIER_REVIEW_BELOW", "0.35");
    fleet_set(s.fleet, "TRIBUTARY_NOTIFIER_LARGE_AMOUNTS", "");
    notifying_endpoint(&s, "acme", "/a");
    set_budgets(&s);
    notifying_start(&s, "n1", "tributary-notifier");
    notifying_start(&s, "n2", "tributary-notifier");
    notifying_start(&s, "a", "tributary-analytics");
    notifying_start(&s, "s1", "tributary-sender");
    notifying_start(&s, "s2", "tributary-sender");
    for (int round = 0; round < ROUNDS; round++) {
        put_traffic(&s, &random, EVENTS, round);
        disturb(&s, &random, round);
    }
    notifying_wait_books(&s, "analytics");
    notifying_wait_books(&s, "notifier");
    notifying_wait(&s, "SELECT count(*) FROM tributary.outbox WHERE state <> 'sent'", 0);
    assert_told(&s);
    ck_assert_int_gt(database_number(s.uri, "SELECT count(*) FROM tributary.outbox"
                                            " WHERE kind = 'budget.crossed'"),
                     0);
    ck_assert_int_eq((int64_t)receiver_ids(s.receiver, "/a"),
                     database_number(s.uri, "SELECT count(*) / 2 FROM tributary.outbox"));
    ck_assert_uint_eq(receiver_bad(s.receiver), 0);
    printf("%zu notifications in %zu requests\n", receiver_ids(s.receiver, "/a"),
           receiver_requests(s.receiver, "/a"));
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(fleet_terminate(s.fleet, i == 0 ? "s1" : "s2", 20000), 0);
        ck_assert_int_eq(fleet_terminate(s.fleet, i == 0 ? "n1" : "n2", 20000), 0);
    }
    ck_assert_int_eq(fleet_terminate(s.fleet, "a", 20000), 0);
    notifying_tear_down(&s);
}
END_TEST

/* The database dies while rows are leased, sent and written down; what was told stays told. */
START_TEST(the_database_killed_loses_and_adds_nothing)
{
    const struct database_options options = {.durable = true};
    struct notifying s;
    struct random random;

    random_init(&random, suite_seed());
    notifying_set_up_on(&s, database_start(&options));
    fleet_set(s.fleet, "TRIBUTARY_NOTIFIER_REVIEW_BELOW", "0.35");
    fleet_set(s.fleet, "TRIBUTARY_NOTIFIER_LARGE_AMOUNTS", "");
    notifying_endpoint(&s, "acme", "/a");
    set_budgets(&s);
    notifying_start(&s, "n", "tributary-notifier");
    notifying_start(&s, "a", "tributary-analytics");
    notifying_start(&s, "s", "tributary-sender");
    for (int round = 0; round < 4; round++) {
        put_traffic(&s, &random, 1000, round);
        notifying_sleep((int64_t)random_below(&random, 500));
        database_kill(s.database);
        notifying_sleep((int64_t)random_below(&random, 500));
        database_restart(s.database);
    }
    notifying_wait_books(&s, "analytics");
    notifying_wait_books(&s, "notifier");
    notifying_wait(&s, "SELECT count(*) FROM tributary.outbox WHERE state <> 'sent'", 0);
    assert_told(&s);
    ck_assert_int_eq((int64_t)receiver_ids(s.receiver, "/a"),
                     database_number(s.uri, "SELECT count(*) / 2 FROM tributary.outbox"));
    printf("%zu notifications in %zu requests\n", receiver_ids(s.receiver, "/a"),
           receiver_requests(s.receiver, "/a"));
    ck_assert_int_eq(fleet_terminate(s.fleet, "s", 20000), 0);
    notifying_tear_down(&s);
}
END_TEST

SUITE_MAIN_TIMEOUT("faults/notifier", 180, a_sender_killed_before_it_wrote_down_sends_again,
                   two_senders_share_the_work, a_zombie_changes_nothing,
                   a_drained_sender_leaves_nothing_half_done, all_is_told_once_whatever_dies,
                   the_database_killed_loses_and_adds_nothing);
