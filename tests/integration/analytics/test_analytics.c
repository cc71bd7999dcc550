/* The analytics group as a process on real servers: each event's effect once, whatever its records
 * look like, and whatever is done to the process. */
#include "common/base/random.h"
#include "tests/support/process/place.h"
#include "tests/support/rig/rig.h"
#include "tests/support/suite/suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { PARTITIONS = RIG_PARTITIONS, DONE_MS = 60000, USERS = 40 };

#define OCCURRED INT64_C(1767225600000000) /* 2026-01-01 */
#define DAY      INT64_C(86400000000)

struct setting_up {
    struct rig rig;
    struct fleet *fleet;
    struct feed *feed;
    const char *uri;
    int64_t next_source[PARTITIONS]; /* of the outputs made so far */
};

static void set_up(struct setting_up *s)
{
    *s = (struct setting_up){.uri = NULL};
    rig_init(&s->rig, NULL);
    s->fleet = s->rig.fleet;
    s->feed = s->rig.feed;
    s->uri = s->rig.uri;
}

static void tear_down(struct setting_up *s)
{
    rig_done(&s->rig);
}

static void start(struct setting_up *s, const char *member)
{
    rig_start(&s->rig, member, "analytics");
}

static struct transaction transaction_of(const char *user, const char *id, int64_t minor)
{
    return (struct transaction){.tenant = SLICE_LITERAL("acme"),
                                .id = slice_of(id),
                                .user = slice_of(user),
                                .account = SLICE_LITERAL("a1"),
                                .amount_minor = minor,
                                .currency = SLICE_LITERAL("EUR"),
                                .description = SLICE_LITERAL("CARD 1234"),
                                .merchant = SLICE_LITERAL("Corner Shop"),
                                .mcc = 5411,
                                .occurred_at = OCCURRED,
                                .received_at = OCCURRED + DAY};
}

/* An output that covers [from, to]; a marker without an event. */
static void put(struct setting_up *s, int32_t partition, int64_t from, int64_t to,
                const struct transaction *event, const char *category)
{
    struct classification output = {.from = from,
                                    .to = to,
                                    .outcome = event != NULL ? OUTCOME_CLASSIFIED : OUTCOME_MARKER,
                                    .transaction = event,
                                    .category = slice_of(category),
                                    .confidence = event != NULL ? 0.5F : 0,
                                    .decided_by = event != NULL ? DECIDER_MODEL : DECIDER_NONE,
                                    .model_version =
                                        event != NULL ? SLICE_LITERAL("test") : SLICE_LITERAL(""),
                                    .classified_at = OCCURRED + DAY};

    feed_classification(s->feed, partition, &output);
}

/* The next output of the event's partition, as a classifier would write it. */
static void put_next(struct setting_up *s, const struct transaction *event, const char *category)
{
    char user[EVENT_ID_MAX + 1];
    int32_t partition;

    snprintf(user, sizeof user, "%.*s", SLICE_FORMAT(event->user));
    partition = rig_partition(user);
    put(s, partition, s->next_source[partition], s->next_source[partition], event, category);
    s->next_source[partition]++;
}

static void correct(struct setting_up *s, const char *user, const char *id, const char *about,
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

    feed_feedback(s->feed, &event);
}

static void wait_for(const struct setting_up *s, const char *sql, int64_t expected)
{
    rig_wait(&s->rig, sql, expected, DONE_MS);
}

/* The books add up and the sums are what the ledger gives. */
static void assert_books(const struct setting_up *s)
{
    static const char *const zeros[] = {
        "SELECT sum(abs(unaccounted)) FROM tributary.source_offsets WHERE consumer_group = "
        "'analytics'",
        "SELECT count(*) FROM (SELECT user_key, (occurred_at AT TIME ZONE 'UTC')::date AS day,"
        "  category_key, currency, sum(amount_minor) AS sum, count(*) AS events"
        "  FROM tributary.ledger GROUP BY 1, 2, 3, 4) AS l"
        " FULL JOIN (SELECT * FROM tributary.day_sums WHERE sum_minor <> 0 OR events <> 0) AS d"
        "  USING (user_key, day, category_key, currency)"
        " WHERE l.sum IS DISTINCT FROM d.sum_minor OR l.events IS DISTINCT FROM d.events",
        "SELECT count(*) FROM (SELECT user_key, date_trunc('month', occurred_at AT TIME ZONE "
        "'UTC')::date"
        "  AS month, category_key, currency, sum(amount_minor) AS sum, count(*) AS events"
        "  FROM tributary.ledger GROUP BY 1, 2, 3, 4) AS l"
        " FULL JOIN (SELECT * FROM tributary.month_sums WHERE sum_minor <> 0 OR events <> 0) AS d"
        "  USING (user_key, month, category_key, currency)"
        " WHERE l.sum IS DISTINCT FROM d.sum_minor OR l.events IS DISTINCT FROM d.events",
        "SELECT count(*) FROM (SELECT tenant_key, date_trunc('hour', occurred_at) AS hour,"
        "  category_key, currency, sum(amount_minor) AS sum, count(*) AS events"
        "  FROM tributary.ledger JOIN tributary.users USING (user_key) GROUP BY 1, 2, 3, 4) AS l"
        " FULL JOIN (SELECT * FROM tributary.tenant_hour_sums WHERE sum_minor <> 0 OR events <> 0) "
        "AS d"
        "  USING (tenant_key, hour, category_key, currency)"
        " WHERE l.sum IS DISTINCT FROM d.sum_minor OR l.events IS DISTINCT FROM d.events",
        "SELECT (SELECT count(*) FROM tributary.ledger) - sum(applied) FROM "
        "tributary.source_offsets"
        " WHERE consumer_group = 'analytics' AND topic = 'classifications'",
        "SELECT (SELECT count(*) FROM tributary.corrections) - sum(applied)"
        " FROM tributary.source_offsets WHERE consumer_group = 'analytics' AND topic = 'feedback'",
    };

    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++)
        ck_assert_msg(database_number(s->uri, zeros[i]) == 0, "not 0: %s", zeros[i]);
}

static int64_t book(const struct setting_up *s, const char *column, const char *topic)
{
    char sql[256];

    snprintf(sql, sizeof sql,
             "SELECT sum(%s) FROM tributary.source_offsets WHERE consumer_group = 'analytics' AND"
             " topic = '%s'",
             column, topic);
    return database_number(s->uri, sql);
}

#define POSITIONS                                                                                  \
    "SELECT sum(position) FROM tributary.source_offsets WHERE consumer_group = 'analytics' AND "   \
    "topic = "

START_TEST(every_kind_of_record_has_its_effect_once)
{
    struct setting_up s;
    struct transaction t1 = transaction_of("u1", "t1", 1000), t2 = transaction_of("u1", "t2", -250),
                       same_elsewhere = transaction_of("u2", "t1", 77);
    int32_t p;
    char *sums;

    set_up(&s);
    p = rig_partition("u1");
    correct(&s, "u1", "f0", "t2", "travel"); /* before its transaction */
    put_next(&s, &t1, "food");
    put(&s, p, 0, 0, &t1, "other"); /* a re-run: another answer for the same offset */
    put(&s, p, 1, 3, &t2, "food");  /* offsets 1 and 2 held nothing */
    put(&s, p, 9, 9, &t2, "food");  /* ahead of its turn */
    put(&s, p, 4, 4, &t1, "food");  /* the upstream posted t1 twice */
    put(&s, p, 5, 6, NULL, "");     /* a marker */
    s.next_source[p] = 7;
    put_next(&s, &same_elsewhere, "food"); /* the same id under another user */
    feed_flush(s.feed);
    start(&s, "a");
    wait_for(&s, "SELECT count(*) FROM tributary.ledger", 3);
    correct(&s, "u1", "f1", "t1", "fun");
    correct(&s, "u1", "f1", "t1", "fun"); /* posted twice */
    correct(&s, "u1", "f2", "t1", "rent");
    correct(&s, "u1", "f2", "t2", "food"); /* the id of another one: the first counts */
    feed_flush(s.feed);
    wait_for(&s, POSITIONS "'feedback'", 5);
    wait_for(&s, POSITIONS "'classifications'", 8);
    assert_books(&s);
    ck_assert_int_eq(book(&s, "applied", "classifications"), 3);
    ck_assert_int_eq(book(&s, "duplicate", "classifications"), 1);
    ck_assert_int_eq(book(&s, "gap", "classifications"), 4);
    ck_assert_int_eq(book(&s, "applied", "feedback"), 3);
    ck_assert_int_eq(book(&s, "duplicate", "feedback"), 2);
    sums =
        database_text(s.uri, "SELECT user_id, category, sum_minor, events FROM tributary.month_sums"
                             " JOIN tributary.users USING (user_key)"
                             " JOIN tributary.categories USING (category_key)"
                             " WHERE events <> 0 ORDER BY 1, 2");
    ck_assert_str_eq(sums, "u1|rent|1000|1\nu1|travel|-250|1\nu2|food|77|1\n");
    free(sums);
    ck_assert_int_eq(fleet_terminate(s.fleet, "a", 20000), 0);
    tear_down(&s);
}
END_TEST

START_TEST(month_sums_are_read_hot)
{
    struct setting_up s;
    struct transaction event = transaction_of("u1", "t1", 1000);
    char key[128], *value = NULL;

    set_up(&s);
    start(&s, "a");
    put_next(&s, &event, "food");
    feed_flush(s.feed);
    wait_for(&s, "SELECT count(*) FROM tributary.ledger", 1);
    snprintf(key, sizeof key, "%ssums:acme:u1:2026-01", s.rig.prefix);
    for (int i = 0; i < 100 && (value == NULL || strcmp(value, "1000 1") != 0); i++) {
        free(value);
        value =
            redis_server_command(s.rig.redis, (const char *const[]){"HGET", key, "food|EUR", NULL});
        rig_sleep(20);
    }
    ck_assert_str_eq(value, "1000 1");
    free(value);
    tear_down(&s);
}
END_TEST

START_TEST(bad_records_are_dead_letters_and_block_nothing)
{
    struct setting_up s;
    struct transaction good = transaction_of("u1", "t1", 1000),
                       huge = transaction_of("u1", "t2", 1);
    struct classification rejected = {.from = 1,
                                      .to = 1,
                                      .outcome = OUTCOME_REJECTED,
                                      .decided_by = DECIDER_NONE,
                                      .reject =
                                          &(struct reject){.reason = SLICE_LITERAL("bad_avro"),
                                                           .detail = SLICE_LITERAL("why"),
                                                           .key = SLICE_LITERAL("k"),
                                                           .value = SLICE_LITERAL("raw")},
                                      .classified_at = OCCURRED + DAY};
    int32_t p;
    char *letters;

    set_up(&s);
    p = rig_partition("u1");
    feed_raw(s.feed, FEED_CLASSIFICATIONS, p, SLICE_LITERAL("x"), SLICE_LITERAL("garbage"));
    feed_raw(s.feed, FEED_FEEDBACK, p, SLICE_LITERAL("x"), SLICE_LITERAL(""));
    put(&s, p, 0, 0, &good, "food");
    feed_classification(s.feed, p, &rejected);
    huge.amount_minor = INT64_MAX;
    put(&s, p, 2, 2, &huge, "food");
    feed_classification(s.feed, (p + 1) % PARTITIONS,
                        &(struct classification){.from = 0,
                                                 .to = 0,
                                                 .outcome = OUTCOME_CLASSIFIED,
                                                 .transaction = &good,
                                                 .category = SLICE_LITERAL("food"),
                                                 .model_version = SLICE_LITERAL("m"),
                                                 .classified_at = OCCURRED + DAY});
    feed_flush(s.feed);
    start(&s, "a");
    wait_for(&s, POSITIONS "'classifications'", 4);
    wait_for(&s, POSITIONS "'feedback'", 1);
    assert_books(&s);
    ck_assert_int_eq(book(&s, "applied", "classifications"), 1);
    ck_assert_int_eq(book(&s, "rejected", "classifications"), 3);
    ck_assert_int_eq(book(&s, "rejected", "feedback"), 1);
    letters = database_text(s.uri, "SELECT consumer_group, topic, record_offset, length(value) > 0"
                                   " FROM tributary.dead_letters ORDER BY 1, 2, 3, 4");
    ck_assert_str_eq(letters, "analytics|classifications|0|t\n"
                              "analytics|feedback|0|f\n"
                              "analytics|transactions|0|t\n"
                              "analytics|transactions|2|t\n"
                              "classifier|transactions|1|t\n");
    free(letters);
    tear_down(&s);
}
END_TEST

static void wait_for_letters(struct setting_up *s, const char *label, double count)
{
    ck_assert_msg(EVENTUALLY(DONE_MS, fleet_metric(s->fleet, "a", "tributary_dead_letters_total",
                                                   label) == count),
                  "letters with %s: not %g", label, count);
}

/* Whoever rejects: the worker, the group, or the classifier before it. A reason that the classifier
 * does not have makes no series. */
START_TEST(every_dead_letter_is_counted)
{
    struct setting_up s;
    struct transaction event = transaction_of("u1", "t1", 1000);
    struct classification rejected = {
        .outcome = OUTCOME_REJECTED, .decided_by = DECIDER_NONE, .classified_at = OCCURRED + DAY};
    int32_t p = rig_partition("u1");

    set_up(&s);
    start(&s, "a");
    put_next(&s, &event, "food");
    feed_flush(s.feed);
    wait_for(&s, "SELECT count(*) FROM tributary.ledger", 1);
    /* As if another id had the same hash. */
    database_execute(s.uri, "UPDATE tributary.ledger SET event_id = 'x'");
    put_next(&s, &event, "food");
    for (int i = 0; i < 2; i++) {
        struct reject reject = {.reason =
                                    i == 0 ? SLICE_LITERAL("bad_magic") : SLICE_LITERAL("unheard")};

        rejected.reject = &reject;
        rejected.from = rejected.to = s.next_source[p]++;
        feed_classification(s.feed, p, &rejected);
    }
    feed_raw(s.feed, FEED_FEEDBACK, p, SLICE_LITERAL("x"), SLICE_LITERAL(""));
    feed_flush(s.feed);
    wait_for(&s, "SELECT count(*) FROM tributary.dead_letters", 4);
    wait_for_letters(&s, "group=\"analytics\",reason=\"id_collision\"", 1);
    wait_for_letters(&s, "group=\"classifier\",reason=\"bad_magic\"", 1);
    wait_for_letters(&s, "group=\"classifier\",reason=\"other\"", 1);
    wait_for_letters(&s, "group=\"analytics\",reason=\"empty\"", 1);
    wait_for_letters(&s, NULL, 4);
    tear_down(&s);
}
END_TEST

START_TEST(a_missing_row_halts_until_init_makes_it)
{
    struct setting_up s;
    struct transaction event = transaction_of("u1", "t1", 1000);

    set_up(&s);
    database_execute(s.uri, "DELETE FROM tributary.source_offsets WHERE topic = 'feedback'");
    start(&s, "a");
    put_next(&s, &event, "food");
    feed_flush(s.feed);
    for (int i = 0; i < 200; i++) { /* not a number until there is a series */
        if (fleet_metric(s.fleet, "a", "tributary_partition_halted", NULL) >= 8)
            break;
        rig_sleep(50);
    }
    ck_assert_double_eq(fleet_metric(s.fleet, "a", "tributary_partition_halted", NULL), 8);
    ck_assert_int_eq(database_number(s.uri, "SELECT count(*) FROM tributary.ledger"), 0);
    ck_assert_int_eq(
        fleet_run(s.fleet, "tributary", (const char *const[]){"init", NULL}, 60000, NULL), 0);
    wait_for(&s, "SELECT count(*) FROM tributary.ledger", 1);
    tear_down(&s);
}
END_TEST

/* Events of many users with repeated ids, re-runs and corrections. */
static void put_traffic(struct setting_up *s, struct random *random, int count, int round)
{
    static const char *const categories[] = {"food", "fun", "rent", "travel"};

    for (int i = 0; i < count; i++) {
        char user[16], id[32], feedback[32];
        struct transaction event;
        int32_t partition;

        snprintf(user, sizeof user, "u%d", (int)random_below(random, USERS));
        snprintf(id, sizeof id, "t%d-%d", round, (int)random_below(random, (uint64_t)count));
        event = transaction_of(user, id, (int64_t)random_below(random, 100000) - 20000);
        event.occurred_at = OCCURRED - DAY * (int64_t)random_below(random, 90);
        partition = rig_partition(user);
        put_next(s, &event, categories[random_below(random, 4)]);
        if (random_below(random, 20) == 0) /* a re-run of the last ones by a zombie */
            for (int64_t at = s->next_source[partition] - 1;
                 at >= 0 && at > s->next_source[partition] - 4; at--)
                put(s, partition, at, at, &event, "fun");
        if (random_below(random, 4) == 0) {
            snprintf(feedback, sizeof feedback, "f%d-%d", round,
                     (int)random_below(random, (uint64_t)count));
            correct(s, user, feedback, id, categories[random_below(random, 4)]);
        }
    }
    feed_flush(s->feed);
}

static int64_t sources(const struct setting_up *s)
{
    int64_t sum = 0;

    for (int p = 0; p < PARTITIONS; p++)
        sum += s->next_source[p];
    return sum;
}

/* Killed at random moments, paused beyond its session beside another one, and the database with it.
 */
START_TEST(effects_are_once_whatever_dies)
{
    struct setting_up s;
    struct random random;
    uint64_t seed = (uint64_t)time(NULL);

    printf("seed %" PRIu64 "\n", seed);
    random_init(&random, seed);
    set_up(&s);
    start(&s, "a");
    start(&s, "b");
    for (int round = 0; round < 6; round++) {
        const char *victim = random_below(&random, 2) == 0 ? "a" : "b";

        put_traffic(&s, &random, 3000, round);
        rig_sleep((int64_t)random_below(&random, 400));
        if (round == 3) {
            fleet_pause(s.fleet, victim);
            rig_sleep(4000); /* twice its session: the other one takes over */
            put_traffic(&s, &random, 1000, 100);
            fleet_resume(s.fleet, victim);
        } else {
            fleet_kill(s.fleet, victim);
            fleet_restart(s.fleet, victim);
        }
    }
    wait_for(&s, POSITIONS "'classifications'", sources(&s));
    rig_sleep(500);
    assert_books(&s);
    ck_assert_int_gt(book(&s, "duplicate", "classifications"), 0);
    ck_assert_int_eq(fleet_terminate(s.fleet, "a", 20000), 0);
    ck_assert_int_eq(fleet_terminate(s.fleet, "b", 20000), 0);
    tear_down(&s);
}
END_TEST

SUITE_MAIN_TIMEOUT("analytics", 240, every_kind_of_record_has_its_effect_once,
                   month_sums_are_read_hot, bad_records_are_dead_letters_and_block_nothing,
                   every_dead_letter_is_counted, a_missing_row_halts_until_init_makes_it,
                   effects_are_once_whatever_dies);
