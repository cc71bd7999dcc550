/* A tenant that has used up its categories: a correction to one more is refused by everybody, and
 * purchases go on. */
#include "common/users/users.h"
#include "tests/support/rig/rig.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>

enum { DONE_MS = 60000, CAFES = 5812 /* of ISO 18245 */ };

#define OCCURRED INT64_C(1767225600000000)
#define DAY      INT64_C(86400000000)

static void post(struct rig *rig, const char *id, const char *merchant, int32_t mcc)
{
    struct transaction event = {.tenant = SLICE_LITERAL("acme"),
                                .id = slice_of(id),
                                .user = SLICE_LITERAL("u1"),
                                .account = SLICE_LITERAL("a1"),
                                .amount_minor = 1000,
                                .currency = SLICE_LITERAL("EUR"),
                                .merchant = slice_of(merchant),
                                .mcc = mcc,
                                .occurred_at = OCCURRED,
                                .received_at = OCCURRED + DAY};

    feed_transaction(rig->feed, &event);
    feed_flush(rig->feed);
}

static void say(struct rig *rig, const char *id, const char *about, const char *category)
{
    struct feedback event = {.tenant = SLICE_LITERAL("acme"),
                             .id = slice_of(id),
                             .user = SLICE_LITERAL("u1"),
                             .transaction_id = slice_of(about),
                             .kind = FEEDBACK_KIND_CORRECTION,
                             .category = slice_of(category),
                             .occurred_at = OCCURRED,
                             .received_at = OCCURRED + DAY};

    feed_feedback(rig->feed, &event);
}

static void wait_for_feedback(const struct rig *rig, int64_t count)
{
    rig_wait(rig,
             "SELECT min(sum) FROM (SELECT sum(position) FROM tributary.source_offsets"
             " WHERE topic = 'feedback' GROUP BY consumer_group) AS s",
             count, DONE_MS);
}

static void use_up(struct rig *rig)
{
    char id[16], about[16], category[16];

    for (int i = 0; i < USERS_MAX_CATEGORIES; i++) {
        snprintf(id, sizeof id, "f%d", i);
        snprintf(about, sizeof about, "x%d", i);
        snprintf(category, sizeof category, "c%d", i);
        say(rig, id, about, category);
    }
    feed_flush(rig->feed);
    wait_for_feedback(rig, USERS_MAX_CATEGORIES);
}

static void expect_text(const struct rig *rig, const char *sql, const char *expected)
{
    char *text = database_text(rig->uri, sql);

    ck_assert_str_eq(text, expected);
    free(text);
}

START_TEST(without_room_for_a_category_purchases_go_on)
{
    struct rig rig;

    rig_init(&rig, NULL);
    rig_start(&rig, "l", "learner");
    rig_start(&rig, "a", "analytics");
    use_up(&rig);
    rig_start(&rig, "c", "classifier");
    post(&rig, "t1", "Corner Shop", 0);
    rig_wait(&rig, "SELECT count(*) FROM tributary.shown", 1, DONE_MS);
    say(&rig, "last", "t1", "one more");
    feed_flush(rig.feed);
    wait_for_feedback(&rig, USERS_MAX_CATEGORIES + 1);
    rig_sleep(1500); /* a lesson would be known by then */
    post(&rig, "t2", "Corner Shop", 0);
    post(&rig, "t3", "Cafe", CAFES);
    rig_wait(&rig,
             "SELECT sum(position) FROM tributary.source_offsets WHERE consumer_group ="
             " 'analytics' AND topic = 'classifications'",
             3, DONE_MS);
    expect_text(&rig,
                "SELECT event_id, category FROM tributary.ledger JOIN tributary.categories"
                " USING (category_key) ORDER BY 1",
                "t1|uncategorized\nt2|uncategorized\nt3|FOOD_AND_DRINK\n");
    /* Both groups refuse what neither has room for. */
    expect_text(&rig,
                "SELECT consumer_group, topic, reason, count(*) FROM tributary.dead_letters"
                " GROUP BY 1, 2, 3 ORDER BY 1",
                "analytics|feedback|category_limit|18\nlearner|feedback|category_limit|18\n");
    rig_wait(&rig,
             "SELECT sum(position) FROM tributary.source_offsets WHERE topic = 'classifications'",
             6, DONE_MS);
    rig_verify(&rig);
    rig_done(&rig);
}
END_TEST

/* A classifier that knows a category by another way than feedback: no purchase is lost by it. */
START_TEST(an_answer_that_has_no_room_is_filed_as_uncategorized)
{
    struct transaction event = {.tenant = SLICE_LITERAL("acme"),
                                .id = SLICE_LITERAL("t1"),
                                .user = SLICE_LITERAL("u1"),
                                .account = SLICE_LITERAL("a1"),
                                .amount_minor = 1000,
                                .currency = SLICE_LITERAL("EUR"),
                                .occurred_at = OCCURRED,
                                .received_at = OCCURRED + DAY};
    struct classification output = {.outcome = OUTCOME_CLASSIFIED,
                                    .transaction = &event,
                                    .category = SLICE_LITERAL("one more"),
                                    .confidence = 0.5F,
                                    .decided_by = DECIDER_MODEL,
                                    .model_version = SLICE_LITERAL("test"),
                                    .classified_at = OCCURRED + DAY};
    struct rig rig;

    rig_init(&rig, NULL);
    database_execute(rig.uri,
                     "INSERT INTO tributary.tenants (tenant) VALUES ('acme');"
                     "INSERT INTO tributary.categories (tenant_key, category) SELECT tenant_key,"
                     " 'c' || n FROM tributary.tenants, generate_series(1, 256) AS n");
    rig_start(&rig, "a", "analytics");
    feed_classification(rig.feed, rig_partition("u1"), &output);
    feed_flush(rig.feed);
    rig_wait(&rig,
             "SELECT sum(position) FROM tributary.source_offsets WHERE consumer_group ="
             " 'analytics' AND topic = 'classifications'",
             1, DONE_MS);
    expect_text(&rig,
                "SELECT event_id, category FROM tributary.ledger JOIN tributary.categories"
                " USING (category_key)",
                "t1|uncategorized\n");
    rig_done(&rig);
}
END_TEST

SUITE_MAIN_TIMEOUT("categories", 120, without_room_for_a_category_purchases_go_on,
                   an_answer_that_has_no_room_is_filed_as_uncategorized);
