/* A sink, the database failing it at the worst moments: a COMMIT whose fate nobody knows, a cluster
 * that dies or freezes, two members that hold the same partitions. Afterwards `tributary verify`
 * finds every event once and the books exact. */
#include "common/base/random.h"
#include "tests/integration/operator/installation.h"
#include "tests/support/process/place.h"
#include "tests/support/proxy/proxy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { USERS = 40, ROUND_EVENTS = 400 };

struct stage {
    struct installation s;
    struct proxy *proxy; /* between member "a" and the database */
    struct random random;
    int round;
};

static void stage_init(struct stage *stage, struct database *database)
{
    uint64_t seed = (uint64_t)time(NULL);

    printf("seed %" PRIu64 "\n", seed);
    *stage = (struct stage){.round = 0};
    random_init(&stage->random, seed);
    installation_init_on(&stage->s, database);
    fleet_set(stage->s.fleet, "TRIBUTARY_POSTGRES_STATEMENT_TIMEOUT", "1s");
    fleet_set(stage->s.fleet, "TRIBUTARY_POSTGRES_LOCK_TIMEOUT", "500ms");
    fleet_set(stage->s.fleet, "TRIBUTARY_POSTGRES_CONNECT_TIMEOUT", "2s");
}

static void stage_done(struct stage *stage)
{
    proxy_free(stage->proxy);
    installation_done(&stage->s);
}

/* Member "a" reaches the database through the proxy. */
static void stage_start_proxied(struct stage *stage)
{
    stage->proxy = proxy_start(PROXY_POSTGRES, database_port(stage->s.database));
    fleet_set_for(stage->s.fleet, "a", "TRIBUTARY_POSTGRES_URI",
                  database_uri_at(stage->s.database, stage->s.uri, proxy_port(stage->proxy)));
    fleet_start(stage->s.fleet, "a", "tributary-analytics", NULL);
    fleet_wait_ready(stage->s.fleet, "a", READY_MS);
}

/* Events of many users, ids that come twice, corrections before and after. */
static void stage_put(struct stage *stage)
{
    static const char *const categories[] = {"food", "fun", "rent", "travel"};

    stage->round++;
    for (int i = 0; i < ROUND_EVENTS; i++) {
        char user[16], id[32], feedback[32];

        snprintf(user, sizeof user, "u%d", (int)random_below(&stage->random, USERS));
        snprintf(id, sizeof id, "t%d-%d", stage->round,
                 (int)random_below(&stage->random, ROUND_EVENTS / 2));
        snprintf(feedback, sizeof feedback, "f%d-%d", stage->round,
                 (int)random_below(&stage->random, ROUND_EVENTS));
        installation_post(&stage->s, user, id, 100, categories[random_below(&stage->random, 4)]);
        if (random_below(&stage->random, 4) == 0)
            installation_correct(&stage->s, user, feedback, id,
                                 categories[random_below(&stage->random, 4)]);
    }
    feed_flush(stage->s.feed);
}

static void stage_judge(struct stage *stage)
{
    installation_settle(&stage->s, "analytics");
    installation_expect(&stage->s, "verify", 0);
    ck_assert_int_gt(database_number(stage->s.uri, "SELECT count(*) FROM tributary.ledger"), 0);
}

/* ---- COMMIT ---- */

/* What becomes of the n-th COMMIT of a round, and of the connection. */
static void doubtful_commits(enum proxy_match match, enum proxy_verdict verdict)
{
    struct stage stage;

    stage_init(&stage, NULL);
    stage_start_proxied(&stage);
    for (int round = 0; round < 4; round++) {
        proxy_arm(stage.proxy, match, verdict, 1 + (int)random_below(&stage.random, 3));
        stage_put(&stage);
        ck_assert(proxy_wait(stage.proxy, 1, DONE_MS));
        place_sleep_ms((int64_t)random_below(&stage.random, 500));
    }
    stage_judge(&stage);
    stage_done(&stage);
}

START_TEST(a_commit_that_took_effect_but_is_not_answered)
{
    doubtful_commits(PROXY_COMMIT_ANSWER, PROXY_DROP);
}
END_TEST

START_TEST(a_commit_that_took_effect_and_the_connection_goes)
{
    doubtful_commits(PROXY_COMMIT_ANSWER, PROXY_CUT);
}
END_TEST

START_TEST(a_commit_that_never_arrives)
{
    doubtful_commits(PROXY_COMMIT, PROXY_CUT);
}
END_TEST

/* The worker has given it up, connected again, and wants to take the partition: the row is locked
 * until the old COMMIT comes after all. */
START_TEST(a_commit_that_arrives_late)
{
    struct stage stage;

    stage_init(&stage, NULL);
    stage_start_proxied(&stage);
    for (int round = 0; round < 3; round++) {
        proxy_arm(stage.proxy, PROXY_COMMIT, PROXY_HOLD, 1);
        stage_put(&stage);
        ck_assert(proxy_wait(stage.proxy, 1, DONE_MS));
        place_sleep_ms(4000 + (int64_t)random_below(&stage.random, 2000));
        proxy_release(stage.proxy);
    }
    stage_judge(&stage);
    stage_done(&stage);
}
END_TEST

/* ---- The cluster ---- */

START_TEST(a_database_that_is_killed)
{
    struct stage stage;
    struct database *database = database_start(&(struct database_options){.durable = true});

    stage_init(&stage, database);
    fleet_start(stage.s.fleet, "a", "tributary-analytics", NULL);
    fleet_wait_ready(stage.s.fleet, "a", READY_MS);
    for (int round = 0; round < 3; round++) {
        stage_put(&stage);
        place_sleep_ms((int64_t)random_below(&stage.random, 300));
        database_kill(database);
        stage_put(&stage);
        place_sleep_ms(1000);
        database_restart(database);
    }
    stage_judge(&stage);
    stage_done(&stage);
}
END_TEST

START_TEST(a_database_that_freezes)
{
    struct stage stage;
    struct database *database = database_start(NULL);

    stage_init(&stage, database);
    fleet_start(stage.s.fleet, "a", "tributary-analytics", NULL);
    fleet_wait_ready(stage.s.fleet, "a", READY_MS);
    for (int round = 0; round < 3; round++) {
        stage_put(&stage);
        place_sleep_ms((int64_t)random_below(&stage.random, 300));
        database_pause(database);
        stage_put(&stage);
        place_sleep_ms(5000); /* longer than the worker waits for an answer */
        database_resume(database);
    }
    ck_assert(fleet_running(stage.s.fleet, "a"));
    stage_judge(&stage);
    stage_done(&stage);
}
END_TEST

/* ---- Two members ---- */

/* Under one static name both believe that the partitions are theirs until the broker tells the
 * older one, which then has to go. */
START_TEST(two_members_of_one_name)
{
    static const char *const members[] = {"a", "b"};
    struct stage stage;

    stage_init(&stage, NULL);
    fleet_set(stage.s.fleet, "TRIBUTARY_KAFKA_INSTANCE_ID", "same");
    fleet_start(stage.s.fleet, "a", "tributary-analytics", NULL);
    fleet_wait_ready(stage.s.fleet, "a", READY_MS);
    fleet_start(stage.s.fleet, "b", "tributary-analytics", NULL);
    for (int round = 0; round < 6; round++) {
        stage_put(&stage);
        place_sleep_ms((int64_t)random_below(&stage.random, 1500));
        for (int m = 0; m < 2; m++)
            if (!fleet_running(stage.s.fleet, members[m]))
                fleet_restart(stage.s.fleet, members[m]);
    }
    fleet_kill(stage.s.fleet, "a");
    if (!fleet_running(stage.s.fleet, "b"))
        fleet_restart(stage.s.fleet, "b");
    stage_judge(&stage);
    stage_done(&stage);
}
END_TEST

/* An old owner that was stopped in its transaction ends nobody's work: its hold is ended, by the
 * session's own time-out or by who waits for it, and its COMMIT finds no transaction. */
static void stopped_owner(const char *lock_timeout)
{
    struct stage stage;

    stage_init(&stage, NULL);
    fleet_set(stage.s.fleet, "TRIBUTARY_POSTGRES_IDLE_IN_TRANSACTION_TIMEOUT", "1s");
    fleet_set(stage.s.fleet, "TRIBUTARY_POSTGRES_LOCK_TIMEOUT", lock_timeout);
    stage_start_proxied(&stage);
    proxy_arm(stage.proxy, PROXY_COMMIT, PROXY_HOLD, 1);
    stage_put(&stage);
    ck_assert(proxy_wait(stage.proxy, 1, DONE_MS));
    fleet_pause(stage.s.fleet, "a");
    fleet_start(stage.s.fleet, "b", "tributary-analytics", NULL);
    installation_settle(&stage.s, "analytics");
    proxy_release(stage.proxy);
    fleet_resume(stage.s.fleet, "a");
    stage_put(&stage);
    stage_judge(&stage);
    stage_done(&stage);
}

START_TEST(an_owner_that_stops_within_a_transaction)
{
    stopped_owner("500ms");
}
END_TEST

/* As the defaults are: who waits for the lock hears of the statement's time-out, not the lock's. */
START_TEST(an_owner_that_stops_while_both_time_outs_are_one)
{
    stopped_owner("1s");
}
END_TEST

SUITE_MAIN_TIMEOUT("sink commits", 180, a_commit_that_took_effect_but_is_not_answered,
                   a_commit_that_took_effect_and_the_connection_goes, a_commit_that_never_arrives,
                   a_commit_that_arrives_late, a_database_that_is_killed, a_database_that_freezes,
                   two_members_of_one_name, an_owner_that_stops_within_a_transaction,
                   an_owner_that_stops_while_both_time_outs_are_one);
