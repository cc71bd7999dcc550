/* Classifier and learner together on real servers: what a user says is learnt once, and the next
 * answer knows of it within a second, whatever dies in between. */
#include "common/base/random.h"
#include "tests/support/proxy/proxy.h"
#include "tests/support/rig/rig.h"
#include "tests/support/suite/suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { DONE_MS = 60000, FRESH_MS = 1500 };

#define OCCURRED INT64_C(1767225600000000)
#define DAY      INT64_C(86400000000)

static struct transaction transaction_of(const char *user, const char *id, const char *merchant)
{
    return (struct transaction){.tenant = SLICE_LITERAL("acme"),
                                .id = slice_of(id),
                                .user = slice_of(user),
                                .account = SLICE_LITERAL("a1"),
                                .amount_minor = 1000,
                                .currency = SLICE_LITERAL("EUR"),
                                .merchant = slice_of(merchant),
                                .occurred_at = OCCURRED,
                                .received_at = OCCURRED + DAY};
}

static void post(struct rig *rig, const char *user, const char *id, const char *merchant)
{
    struct transaction event = transaction_of(user, id, merchant);

    feed_transaction(rig->feed, &event);
}

/* What a classifier would write for the transaction at that offset. */
static void answer(struct rig *rig, const char *user, const char *id, int64_t offset)
{
    struct transaction event = transaction_of(user, id, "Corner Shop");
    struct classification output = {.from = offset,
                                    .to = offset,
                                    .outcome = OUTCOME_CLASSIFIED,
                                    .transaction = &event,
                                    .category = SLICE_LITERAL("uncategorized"),
                                    .decided_by = DECIDER_NONE,
                                    .model_version = SLICE_LITERAL("test"),
                                    .classified_at = OCCURRED + DAY};

    feed_classification(rig->feed, rig_partition(user), &output);
}

static void say(struct rig *rig, const char *user, const char *id, const char *about,
                const char *category)
{
    struct feedback event = {.tenant = SLICE_LITERAL("acme"),
                             .id = slice_of(id),
                             .user = slice_of(user),
                             .transaction_id = slice_of(about),
                             .kind = FEEDBACK_KIND_CORRECTION,
                             .category = slice_of(category),
                             .occurred_at = OCCURRED,
                             .received_at = OCCURRED + DAY};

    feed_feedback(rig->feed, &event);
}

/* What the learner recorded as shown for that transaction: the classifier's answer. */
static void expect_answer(struct rig *rig, const char *id, const char *category)
{
    char sql[256];
    char *got;

    feed_flush(rig->feed);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM tributary.shown WHERE event_id = '%s'", id);
    rig_wait(rig, sql, 1, DONE_MS);
    snprintf(sql, sizeof sql, "SELECT category FROM tributary.shown WHERE event_id = '%s'", id);
    got = database_text(rig->uri, sql);
    got[strcspn(got, "\n")] = '\0';
    ck_assert_str_eq(got, category);
    free(got);
}

#define AUDITED "SELECT count(*) FROM tributary.weight_audit"

/* Every lesson whose two halves are there is learnt, once; numbers have no holes; states are there.
 */
static void assert_learnt(const struct rig *rig)
{
    static const char *const zeros[] = {
        "SELECT count(*) FROM tributary.lessons l JOIN tributary.shown s ON s.user_key = "
        "l.user_key AND"
        " s.id_hash = l.transaction_hash AND s.event_id = l.transaction_id WHERE NOT l.learnt",
        "SELECT (SELECT count(*) FROM tributary.lessons WHERE learnt) -"
        " (SELECT count(*) FROM tributary.weight_audit)",
        "SELECT coalesce(sum(last), 0) - (SELECT count(*) FROM tributary.weight_audit)"
        " FROM tributary.weight_counters",
        "SELECT count(*) FROM tributary.weights w WHERE number <> (SELECT max(number)"
        " FROM tributary.weight_audit a WHERE a.user_key = w.user_key)",
        "SELECT sum(abs(unaccounted)) FROM tributary.source_offsets WHERE consumer_group = "
        "'learner'",
        "SELECT (SELECT count(*) FROM tributary.shown) - sum(applied) FROM tributary.source_offsets"
        " WHERE consumer_group = 'learner' AND topic = 'classifications'",
        "SELECT (SELECT count(*) FROM tributary.lessons) - sum(applied) FROM "
        "tributary.source_offsets"
        " WHERE consumer_group = 'learner' AND topic = 'feedback'",
    };

    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++)
        ck_assert_msg(database_number(rig->uri, zeros[i]) == 0, "not 0: %s", zeros[i]);
}

START_TEST(a_correction_is_known_within_a_second)
{
    struct rig rig;

    rig_init(&rig, NULL);
    rig_start(&rig, "c", "classifier");
    rig_start(&rig, "l", "learner");
    post(&rig, "u1", "t1", "Corner Shop");
    expect_answer(&rig, "t1", "uncategorized");
    say(&rig, "u1", "f1", "t1", "food");
    feed_flush(rig.feed);
    rig_wait(&rig, AUDITED, 1, DONE_MS);
    rig_sleep(FRESH_MS);
    post(&rig, "u1", "t2", "Corner Shop");
    expect_answer(&rig, "t2", "food");
    say(&rig, "u1", "f2", "t2", "fun"); /* and again: a copy in memory must not outlive it */
    say(&rig, "u1", "f3", "t1", "fun");
    feed_flush(rig.feed);
    rig_wait(&rig, AUDITED, 3, DONE_MS);
    rig_sleep(FRESH_MS);
    post(&rig, "u1", "t3", "Corner Shop");
    expect_answer(&rig, "t3", "fun");
    assert_learnt(&rig);
    rig_done(&rig);
}
END_TEST

START_TEST(halves_meet_in_any_order_and_count_once)
{
    struct rig rig;

    rig_init(&rig, NULL);
    say(&rig, "u1", "f1", "t1", "food"); /* before its transaction */
    say(&rig, "u1", "f1", "t1", "food"); /* twice */
    say(&rig, "u1", "f1", "t2", "rent"); /* its id about another one: the first counts */
    say(&rig, "u1", "f2", "t9", "food"); /* of a transaction that never comes */
    feed_flush(rig.feed);
    rig_start(&rig, "l", "learner");
    rig_wait(&rig,
             "SELECT sum(position) FROM tributary.source_offsets WHERE consumer_group = 'learner'"
             " AND topic = 'feedback'",
             4, DONE_MS);
    ck_assert_int_eq(database_number(rig.uri, AUDITED), 0);
    rig_start(&rig, "c", "classifier");
    post(&rig, "u1", "t1", "Corner Shop");
    post(&rig, "u1", "t2", "Corner Shop");
    post(&rig, "u1", "t1", "Corner Shop");
    feed_flush(rig.feed);
    rig_wait(&rig,
             "SELECT sum(position) FROM tributary.source_offsets WHERE consumer_group = 'learner'"
             " AND topic = 'classifications'",
             3, DONE_MS);
    ck_assert_int_eq(database_number(rig.uri, AUDITED), 1);
    ck_assert_int_eq(
        database_number(rig.uri, "SELECT count(*) FROM tributary.lessons WHERE NOT learnt"), 1);
    assert_learnt(&rig);
    rig_done(&rig);
}
END_TEST

/* The learner dies between COMMIT and its word to Redis: Redis holds the old copy, and a classifier
 * that starts anew must see the lesson all the same, though no learner lives to tell of it. */
START_TEST(a_lesson_that_redis_was_not_told_of_is_seen)
{
    struct rig rig;
    OWNED(proxy) proxy = NULL;
    char address[64];

    rig_init(&rig, NULL);
    proxy = proxy_start(PROXY_RAW, redis_server_port(rig.redis));
    snprintf(address, sizeof address, "127.0.0.1:%d", proxy_port(proxy));
    fleet_set_for(rig.fleet, "l", "TRIBUTARY_REDIS_ADDRESS", address);
    rig_start(&rig, "c", "classifier");
    rig_start(&rig, "l", "learner");
    post(&rig, "u1", "t1", "Corner Shop");
    expect_answer(&rig, "t1", "uncategorized");
    say(&rig, "u1", "f1", "t1", "food");
    feed_flush(rig.feed);
    rig_wait(&rig, "SELECT sum(published) FROM tributary.weight_counters", 1, DONE_MS);
    proxy_freeze(proxy);
    say(&rig, "u1", "f2", "t1", "fun");
    say(&rig, "u1", "f3", "t1", "fun");
    feed_flush(rig.feed);
    rig_wait(&rig, "SELECT sum(last) FROM tributary.weight_counters", 3, DONE_MS);
    ck_assert_int_eq(
        database_number(rig.uri, "SELECT sum(published) FROM tributary.weight_counters"), 1);
    fleet_kill(rig.fleet, "l");
    fleet_kill(rig.fleet, "c");
    rig_start(&rig, "c2", "classifier");
    post(&rig, "u1", "t2", "Corner Shop");
    feed_flush(rig.feed);
    rig_sleep(FRESH_MS);
    proxy_pass(proxy);
    fleet_set_for(rig.fleet, "l2", "TRIBUTARY_REDIS_ADDRESS", redis_server_address(rig.redis));
    rig_start(&rig, "l2", "learner");
    expect_answer(&rig, "t2", "fun");
    /* Whoever takes the partition tells Redis what the dead one could not. */
    rig_wait(&rig, "SELECT sum(published) FROM tributary.weight_counters", 3, DONE_MS);
    assert_learnt(&rig);
    rig_done(&rig);
}
END_TEST

START_TEST(without_redis_postgres_serves)
{
    OWNED(redis_server) redis = redis_server_start(NULL);
    const struct rig_servers servers = {.redis = redis};
    struct rig rig;

    rig_init(&rig, &servers);
    rig_start(&rig, "c", "classifier");
    rig_start(&rig, "l", "learner");
    post(&rig, "u1", "t1", "Corner Shop");
    expect_answer(&rig, "t1", "uncategorized");
    redis_server_kill(redis);
    say(&rig, "u1", "f1", "t1", "food");
    feed_flush(rig.feed);
    rig_wait(&rig, AUDITED, 1, DONE_MS);
    rig_sleep(FRESH_MS);
    post(&rig, "u1", "t2", "Corner Shop");
    expect_answer(&rig, "t2", "food");
    redis_server_restart(redis);
    rig_wait(&rig, "SELECT sum(published) FROM tributary.weight_counters", 1, DONE_MS);
    redis_server_flush(redis);
    fleet_restart(rig.fleet, "c");
    fleet_wait_ready(rig.fleet, "c", RIG_READY_MS);
    post(&rig, "u1", "t3", "Corner Shop");
    expect_answer(&rig, "t3", "food");
    assert_learnt(&rig);
    rig.redis = NULL;
    rig_done(&rig);
}
END_TEST

enum { PARKED_MAX = 256 };

static void say_often(struct rig *rig, const char *about, int count)
{
    char id[48];

    for (int i = 0; i < count; i++) {
        snprintf(id, sizeof id, "%s-f%d", about, i);
        say(rig, "u1", id, about, i % 2 == 0 ? "food" : "fun");
    }
}

START_TEST(what_waits_for_one_transaction_is_bounded)
{
    struct rig rig;
    char *books;

    rig_init(&rig, NULL);
    say_often(&rig, "t1", PARKED_MAX + 44);
    say(&rig, "u1", "t1-f0", "t1", "food"); /* known, though there is no room for more */
    say(&rig, "u1", "t1-f299", "t1", "food");
    say(&rig, "u1", "f1", "t2", "food"); /* others have room of their own */
    feed_flush(rig.feed);
    fleet_set_for(rig.fleet, "l", "TRIBUTARY_WORKER_BATCH_RECORDS", "100");
    rig_start(&rig, "l", "learner");
    rig_wait(&rig,
             "SELECT sum(position) FROM tributary.source_offsets WHERE consumer_group = 'learner'"
             " AND topic = 'feedback'",
             PARKED_MAX + 44 + 3, DONE_MS);
    books = database_text(rig.uri, "SELECT sum(applied), sum(duplicate), sum(rejected) FROM"
                                   " tributary.source_offsets WHERE topic = 'feedback' AND"
                                   " consumer_group = 'learner'");
    ck_assert_str_eq(books, "257|1|45\n");
    free(books);
    ck_assert_int_eq(database_number(rig.uri, "SELECT count(*) FROM tributary.dead_letters WHERE"
                                              " reason = 'too_many_feedbacks'"),
                     45);
    rig_start(&rig, "c", "classifier");
    post(&rig, "u1", "t1", "Corner Shop");
    feed_flush(rig.feed);
    rig_wait(&rig, AUDITED, PARKED_MAX, DONE_MS);
    say_often(&rig, "t1", PARKED_MAX + 44); /* they do not wait: those that were refused are new */
    feed_flush(rig.feed);
    rig_wait(&rig, AUDITED, PARKED_MAX + 44, DONE_MS);
    assert_learnt(&rig);
    rig_done(&rig);
}
END_TEST

/* All transactions that much waits for come in one batch, which has no room for all of it. */
START_TEST(a_batch_with_too_many_lessons_is_learnt_in_parts)
{
    enum { TRANSACTIONS = 20 };
    struct rig rig;
    char id[16];

    rig_init(&rig, NULL);
    fleet_set(rig.fleet, "TRIBUTARY_WORKER_BATCH_RECORDS", "100");
    fleet_set(rig.fleet, "TRIBUTARY_WORKER_BATCH_BYTES", "65536");
    for (int i = 0; i < TRANSACTIONS; i++) {
        snprintf(id, sizeof id, "t%d", i);
        say_often(&rig, id, PARKED_MAX);
    }
    feed_flush(rig.feed);
    rig_start(&rig, "l", "learner");
    rig_wait(&rig, "SELECT count(*) FROM tributary.lessons", TRANSACTIONS * PARKED_MAX, DONE_MS);
    fleet_kill(rig.fleet, "l");
    for (int i = 0; i < TRANSACTIONS; i++) {
        snprintf(id, sizeof id, "t%d", i);
        answer(&rig, "u1", id, i);
    }
    feed_flush(rig.feed);
    fleet_restart(rig.fleet, "l");
    rig_wait(&rig, AUDITED, TRANSACTIONS * PARKED_MAX, DONE_MS);
    ck_assert(fleet_running(rig.fleet, "l"));
    assert_learnt(&rig);
    rig_done(&rig);
}
END_TEST

START_TEST(lessons_are_learnt_once_whatever_dies)
{
    static const char *const categories[] = {"food", "fun", "rent", "travel"};
    uint64_t seed = suite_seed();
    struct random random;
    struct rig rig;
    int64_t posted = 0, said = 0;

    random_init(&random, seed);
    rig_init(&rig, NULL);
    rig_start(&rig, "c", "classifier");
    rig_start(&rig, "l1", "learner");
    rig_start(&rig, "l2", "learner");
    for (int round = 0; round < 5; round++) {
        const char *victim = random_below(&random, 2) == 0 ? "l1" : "l2";

        for (int i = 0; i < 1500; i++) {
            char user[16], id[32], feedback[32], merchant[32];

            snprintf(user, sizeof user, "u%d", (int)random_below(&random, 50));
            snprintf(id, sizeof id, "t%d", (int)random_below(&random, 2000));
            snprintf(feedback, sizeof feedback, "f%d", (int)random_below(&random, 3000));
            snprintf(merchant, sizeof merchant, "Shop %c", (char)('a' + random_below(&random, 20)));
            post(&rig, user, id, merchant);
            posted++;
            if (random_below(&random, 3) == 0) {
                say(&rig, user, feedback, id, categories[random_below(&random, 4)]);
                said++;
            }
        }
        feed_flush(rig.feed);
        rig_sleep((int64_t)random_below(&random, 400));
        if (round == 2) {
            fleet_pause(rig.fleet, victim);
            rig_sleep(4000); /* twice its session */
            fleet_resume(rig.fleet, victim);
        } else {
            fleet_kill(rig.fleet, victim);
            fleet_restart(rig.fleet, victim);
            fleet_kill(rig.fleet, "c");
            fleet_restart(rig.fleet, "c");
        }
    }
    rig_wait(&rig,
             "SELECT sum(position) FROM tributary.source_offsets WHERE consumer_group = 'learner'"
             " AND topic = 'classifications'",
             posted, DONE_MS);
    rig_wait(&rig,
             "SELECT sum(position) FROM tributary.source_offsets WHERE consumer_group = 'learner'"
             " AND topic = 'feedback'",
             said, DONE_MS);
    ck_assert_int_gt(database_number(rig.uri, AUDITED), 100);
    assert_learnt(&rig);
    rig_done(&rig);
}
END_TEST

SUITE_MAIN_TIMEOUT("learning", 240, a_correction_is_known_within_a_second,
                   halves_meet_in_any_order_and_count_once,
                   a_lesson_that_redis_was_not_told_of_is_seen, without_redis_postgres_serves,
                   what_waits_for_one_transaction_is_bounded,
                   a_batch_with_too_many_lessons_is_learnt_in_parts,
                   lessons_are_learnt_once_whatever_dies);
