/* The sums of a month in Redis: all of them or none, whatever Redis forgets. */
#include "tests/support/rig/rig.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define OCCURRED INT64_C(1767225600000000) /* 2026-01-01 */
#define DAY      INT64_C(86400000000)

/* The output for a purchase of user u1 at that source offset. */
static void put(struct rig *rig, int64_t offset, const char *category, int64_t occurred_us)
{
    char id[16];
    struct transaction event = {.tenant = SLICE_LITERAL("acme"),
                                .user = SLICE_LITERAL("u1"),
                                .account = SLICE_LITERAL("a1"),
                                .amount_minor = 1000,
                                .currency = SLICE_LITERAL("EUR"),
                                .occurred_at = occurred_us,
                                .received_at = OCCURRED + 50 * DAY};
    struct classification output = {.from = offset,
                                    .to = offset,
                                    .outcome = OUTCOME_CLASSIFIED,
                                    .transaction = &event,
                                    .category = slice_of(category),
                                    .confidence = 0.5F,
                                    .decided_by = DECIDER_MODEL,
                                    .model_version = SLICE_LITERAL("test"),
                                    .classified_at = OCCURRED + 50 * DAY};

    snprintf(id, sizeof id, "t%d", (int)offset);
    event.id = slice_of(id);
    feed_classification(rig->feed, rig_partition("u1"), &output);
    feed_flush(rig->feed);
}

static char *ask(const struct rig *rig, const char *command, const char *field)
{
    char key[128];

    snprintf(key, sizeof key, "%ssums:acme:u1:2026-01", rig->prefix);
    return redis_server_command(rig->redis, (const char *const[]){command, key, field, NULL});
}

/* Waits until u1's January has this sum. */
static void expect(const struct rig *rig, const char *field, const char *expected)
{
    char *value = ask(rig, "HGET", field);

    for (int i = 0; i < 250 && strcmp(value, expected) != 0; i++) {
        free(value);
        rig_sleep(20);
        value = ask(rig, "HGET", field);
    }
    ck_assert_str_eq(value, expected);
    free(value);
}

/* What Redis forgot comes back whole, with the first change of any of a month's sums. */
START_TEST(a_month_that_redis_lost_is_written_whole)
{
    struct rig rig;
    char *count;

    rig_init(&rig, NULL);
    rig_start(&rig, "a", "analytics");
    put(&rig, 0, "food", OCCURRED);
    put(&rig, 1, "fun", OCCURRED);
    put(&rig, 2, "rent", OCCURRED + 40 * DAY); /* another month of the same user */
    expect(&rig, "food|EUR", "1000 1");
    expect(&rig, "fun|EUR", "1000 1");
    free(ask(&rig, "DEL", NULL));
    put(&rig, 3, "food", OCCURRED);
    expect(&rig, "food|EUR", "2000 2");
    expect(&rig, "fun|EUR", "1000 1");
    count = ask(&rig, "HLEN", NULL);
    ck_assert_str_eq(count, "3"); /* the version is the third */
    free(count);
    rig_done(&rig);
}
END_TEST

/* As after `offsets recover`, when the outputs' log is shorter than it was: `next` goes back, and
 * what then comes is newer than what Redis has all the same. */
START_TEST(sums_grow_though_the_log_is_read_again)
{
    struct rig rig;

    rig_init(&rig, NULL);
    rig_start(&rig, "a", "analytics");
    put(&rig, 1, "food", OCCURRED); /* ahead of its turn, until the log is read again */
    put(&rig, 0, "fun", OCCURRED);
    expect(&rig, "fun|EUR", "1000 1");
    fleet_kill(rig.fleet, "a");
    database_execute(rig.uri, "UPDATE tributary.source_offsets SET next = 0 WHERE consumer_group ="
                              " 'analytics' AND topic = 'classifications'");
    fleet_set_for(rig.fleet, "b", "TRIBUTARY_WORKER_BATCH_RECORDS", "1");
    rig_start(&rig, "b", "analytics");
    expect(&rig, "food|EUR", "1000 1");
    expect(&rig, "fun|EUR", "1000 1");
    rig_done(&rig);
}
END_TEST

SUITE_MAIN_TIMEOUT("hot sums", 60, a_month_that_redis_lost_is_written_whole,
                   sums_grow_though_the_log_is_read_again);
