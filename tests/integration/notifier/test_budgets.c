/* Budgets: who crosses a limit is told once, by the exact sums of analytics. */
#include "tests/support/notifying/notifying.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define TOLD                                                                                       \
    "SELECT user_id, p->>'month', coalesce(p->>'category', '*'), p->>'currency', p->>'limit',"     \
    "  p->>'sum' FROM (SELECT user_key, (payload::jsonb)->'data' AS p FROM tributary.outbox"       \
    "  WHERE kind = 'budget.crossed') AS told JOIN tributary.users USING (user_key)"               \
    " ORDER BY 1, 2, 3, 4, 5"

/* The user and the category must be known: a batch was applied before. */
static void set_budget(const struct notifying *s, const char *user, const char *category,
                       const char *currency, long long limit_minor)
{
    char sql[512];

    snprintf(sql, sizeof sql,
             "INSERT INTO tributary.budgets SELECT user_key, coalesce((SELECT category_key FROM"
             "  tributary.categories WHERE category = '%s'), 0), '%s', %lld FROM tributary.users"
             " WHERE user_id = '%s'",
             category, currency, limit_minor, user);
    database_execute(s->uri, sql);
}

/* One batch: analytics has applied it when this returns. */
static void spend(struct notifying *s, const char *user, const char *category, int64_t minor)
{
    static int id;
    char text[32];
    struct transaction event;

    snprintf(text, sizeof text, "t%d", id++);
    event = notifying_transaction(user, text, minor);
    notifying_put(s, &event, category, 0.9F);
    feed_flush(s->feed);
    notifying_wait_books(s, "analytics");
}

static void assert_told(const struct notifying *s, const char *expected)
{
    char *told = database_text(s->uri, TOLD);

    ck_assert_str_eq(told, expected);
    free(told);
}

START_TEST(a_limit_is_crossed_once)
{
    struct notifying s;

    notifying_set_up(&s);
    notifying_start(&s, "a", "tributary-analytics");
    spend(&s, "u1", "food", 1000);
    spend(&s, "u1", "fun", 1000);
    spend(&s, "u2", "food", 5000);
    set_budget(&s, "u1", "food", "EUR", 3000);
    set_budget(&s, "u1", "", "EUR", 6000);
    set_budget(&s, "u1", "fun", "USD", 1);
    set_budget(&s, "u2", "food", "EUR", 5000); /* passed before it was set */
    spend(&s, "u1", "food", 1999);
    spend(&s, "u2", "food", 1);
    assert_told(&s, "");
    spend(&s, "u1", "food", 1);
    assert_told(&s, "u1|2026-01|food|EUR|30.00|30.00\n");
    spend(&s, "u1", "food", 500);
    spend(&s, "u1", "food", -2000); /* a refund */
    spend(&s, "u1", "food", 2500);  /* and over it again: told already */
    assert_told(&s, "u1|2026-01|food|EUR|30.00|30.00\n");
    spend(&s, "u1", "fun", 2000);
    assert_told(&s, "u1|2026-01|*|EUR|60.00|70.00\nu1|2026-01|food|EUR|30.00|30.00\n");
    ck_assert_int_eq(fleet_terminate(s.fleet, "a", 20000), 0);
    notifying_tear_down(&s);
}
END_TEST

static void correct(struct notifying *s, const char *user, const char *id, const char *about,
                    const char *category)
{
    struct feedback event = {.tenant = SLICE_LITERAL("acme"),
                             .id = slice_of(id),
                             .user = slice_of(user),
                             .transaction_id = slice_of(about),
                             .kind = FEEDBACK_KIND_CORRECTION,
                             .category = slice_of(category),
                             .occurred_at = NOTIFYING_OCCURRED,
                             .received_at = NOTIFYING_OCCURRED};

    feed_feedback(s->feed, &event);
    feed_flush(s->feed);
}

START_TEST(a_correction_crosses_too_and_months_are_apart)
{
    struct notifying s;
    struct transaction moved, later;

    notifying_set_up(&s);
    notifying_start(&s, "a", "tributary-analytics");
    spend(&s, "u1", "food", 900);
    spend(&s, "u1", "fun", 10);
    set_budget(&s, "u1", "fun", "EUR", 1000);
    set_budget(&s, "u1", "", "EUR", 2000);
    moved = notifying_transaction("u1", "moved", 1000);
    notifying_put(&s, &moved, "food", 0.9F);
    feed_flush(s.feed);
    notifying_wait_books(&s, "analytics");
    assert_told(&s, "");
    correct(&s, "u1", "f1", "moved", "fun"); /* the sum of all stays as it is */
    notifying_wait(&s, "SELECT count(*) FROM tributary.outbox", 1);
    assert_told(&s, "u1|2026-01|fun|EUR|10.00|10.10\n");
    later = notifying_transaction("u1", "later", 1990);
    later.occurred_at += INT64_C(40) * 86400 * 1000000;
    later.received_at = later.occurred_at;
    notifying_put(&s, &later, "fun", 0.9F);
    feed_flush(s.feed);
    notifying_wait_books(&s, "analytics");
    assert_told(&s, "u1|2026-01|fun|EUR|10.00|10.10\nu1|2026-02|fun|EUR|10.00|19.90\n");
    spend(&s, "u1", "food", 90);
    assert_told(&s, "u1|2026-01|*|EUR|20.00|20.00\nu1|2026-01|fun|EUR|10.00|10.10\n"
                    "u1|2026-02|fun|EUR|10.00|19.90\n");
    notifying_tear_down(&s);
}
END_TEST

SUITE_MAIN_TIMEOUT("budgets", 90, a_limit_is_crossed_once,
                   a_correction_crosses_too_and_months_are_apart);
