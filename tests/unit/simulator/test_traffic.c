/* producers/simulator: the stream is what it promises, and the same each time. */
#include "common/base/hash.h"
#include "common/base/timestamp.h"
#include "common/event/event_json.h"
#include "producers/simulator/person.h"
#include "producers/simulator/traffic.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define START INT64_C(1735689600000000) /* 2025-01-01 */
#define DAY   INT64_C(86400000000)

static struct traffic_plan plan_of(uint64_t seed, uint64_t events)
{
    return (struct traffic_plan){
        .seed = seed, .events = events, .users = 100, .start_us = START, .corrections = true};
}

/* FNV-1a of all that would be posted, of one kind or (EVENT_CLASSIFICATION) both. */
static uint64_t fingerprint(const struct traffic_plan *plan, enum event_kind kind)
{
    OWNED(traffic) traffic = traffic_new(plan);
    uint64_t hash = HASH_FNV_SEED;
    struct feeder_event event;
    struct buffer line;

    buffer_init(&line, 1 << 16);
    while (traffic_next(traffic, &event)) {
        buffer_reset(&line);
        if (kind != EVENT_CLASSIFICATION && kind != event.kind)
            continue;
        if (event.kind == EVENT_FEEDBACK)
            event_json_write_feedback(&event.feedback, EVENT_JSON_POSTED, &line);
        else
            event_json_write_transaction(&event.transaction, EVENT_JSON_POSTED, &line);
        hash = hash_fnv1a(hash, buffer_slice(&line));
        hash = hash_fnv1a(hash, event.label);
    }
    buffer_done(&line);
    return hash;
}

START_TEST(the_same_seed_gives_the_same_bytes)
{
    struct traffic_plan a = plan_of(7, 5000), b = plan_of(8, 5000);

    ck_assert_uint_eq(fingerprint(&a, EVENT_CLASSIFICATION), fingerprint(&a, EVENT_CLASSIFICATION));
    ck_assert_uint_ne(fingerprint(&a, EVENT_CLASSIFICATION), fingerprint(&b, EVENT_CLASSIFICATION));
}
END_TEST

/* Whoever corrects, the transactions are these. */
START_TEST(corrections_do_not_change_the_transactions)
{
    struct traffic_plan with = plan_of(7, 5000), without = with;

    without.corrections = false;
    ck_assert_uint_eq(fingerprint(&with, EVENT_TRANSACTION),
                      fingerprint(&without, EVENT_TRANSACTION));
    ck_assert_uint_ne(fingerprint(&with, EVENT_FEEDBACK), fingerprint(&without, EVENT_FEEDBACK));
}
END_TEST

/* What a stream holds. */
struct sums {
    uint64_t transactions, again, refunds, late, salaries;
    uint64_t feedback[FEEDBACK_KIND_COUNT];
    uint64_t own; /* labels that are not the usual ones */
    int64_t first_us, last_us;
};

static void add_transaction(struct sums *sums, const struct feeder_event *event)
{
    const struct transaction *transaction = &event->transaction;
    struct transaction whole = *transaction;
    struct event_fault fault;

    whole.tenant = SLICE_LITERAL("acme");
    whole.received_at = START + 400 * DAY;
    ck_assert(event_check_transaction(&whole, &fault));
    ck_assert_uint_gt(event->label.size, 0);
    sums->transactions++;
    sums->again += event->again;
    sums->salaries += slice_equal(event->label, SLICE_LITERAL("salary"));
    sums->refunds += transaction->amount_minor < 0;
    sums->late += transaction->occurred_at < sums->last_us - DAY / 2;
    if (transaction->occurred_at > sums->last_us)
        sums->last_us = transaction->occurred_at;
}

static struct sums sums_of(const struct traffic_plan *plan)
{
    OWNED(traffic) traffic = traffic_new(plan);
    struct sums sums = {.first_us = START};
    struct feeder_event event;

    while (traffic_next(traffic, &event)) {
        if (event.kind == EVENT_FEEDBACK)
            sums.feedback[event.feedback.kind]++;
        else
            add_transaction(&sums, &event);
    }
    return sums;
}

START_TEST(there_is_some_of_everything)
{
    enum { EVENTS = 20000 };
    struct traffic_plan plan = plan_of(suite_seed(), EVENTS);
    struct sums sums = sums_of(&plan);

    ck_assert_uint_eq(sums.transactions, EVENTS);
    ck_assert_uint_gt(sums.again, EVENTS / 200);
    ck_assert_uint_lt(sums.again, EVENTS / 50);
    ck_assert_uint_gt(sums.refunds, EVENTS / 100);
    ck_assert_uint_gt(sums.late, EVENTS / 100);
    ck_assert_uint_gt(sums.salaries, 100);
    ck_assert_uint_gt(sums.feedback[FEEDBACK_KIND_CORRECTION], EVENTS / 100);
    ck_assert_uint_gt(sums.feedback[FEEDBACK_KIND_CONFIRMATION], EVENTS / 200);
    ck_assert_uint_gt(sums.feedback[FEEDBACK_KIND_RATING], EVENTS / 200);
    ck_assert_int_lt(sums.last_us, START + 366 * DAY);
    plan.corrections = false;
    ck_assert_uint_eq(sums_of(&plan).feedback[FEEDBACK_KIND_CORRECTION], 0);
}
END_TEST

/* Ids are unique but for what is sent again, which is the same to the last byte. */
START_TEST(what_comes_again_is_the_same)
{
    enum { EVENTS = 5000, BYTES = 512 };
    struct traffic_plan plan = plan_of(suite_seed(), EVENTS);
    OWNED(traffic) traffic = traffic_new(&plan);
    char(*lines)[BYTES] = calloc(EVENTS, BYTES);
    struct feeder_event event;
    struct buffer line;

    buffer_init(&line, BYTES);
    while (traffic_next(traffic, &event)) {
        unsigned long number;
        char id[64];

        if (event.kind == EVENT_FEEDBACK)
            continue;
        snprintf(id, sizeof id, "%.*s", SLICE_FORMAT(event.transaction.id));
        number = strtoul(strchr(id, '-') + 1, NULL, 10);
        ck_assert_uint_lt(number, EVENTS);
        buffer_reset(&line);
        event_json_write_transaction(&event.transaction, EVENT_JSON_POSTED, &line);
        buffer_append_byte(&line, '\0');
        ck_assert(!line.overflow);
        ck_assert_int_eq(lines[number][0] != '\0', event.again);
        if (event.again)
            ck_assert_str_eq(lines[number], line.data);
        memcpy(lines[number], line.data, line.size);
    }
    buffer_done(&line);
    free(lines);
}
END_TEST

/* A few merchants take most, and each user has opinions that stay. */
START_TEST(merchants_and_opinions_are_as_in_life)
{
    enum { DRAWS = 20000 };
    struct random random;
    uint64_t first = 0, other = 0;

    random_init(&random, suite_seed());
    for (int i = 0; i < DRAWS; i++)
        first += world_pick(&random, WORLD_GROCERIES).rank == 0;
    ck_assert_uint_gt(first, DRAWS / 6);
    ck_assert_uint_lt(first, DRAWS / 3);
    for (uint32_t i = 0; i < 2000; i++) {
        struct person person = person_of(1, i);
        const char *name = person_category(&person, person.grocers[0]);

        ck_assert_str_eq(name, person_category(&person, person.grocers[0]));
        other += strcmp(name, world_categories[WORLD_GROCERIES].name) != 0;
    }
    ck_assert_uint_gt(other, 200);
    ck_assert_uint_lt(other, 400);
}
END_TEST

START_TEST(a_salary_comes_once_a_month)
{
    enum { DAYS = 180 };
    struct person person = person_of(3, 5);
    struct person_past past = {0};
    struct random random;
    int salaries[7] = {0}, rents = 0, weeks = 0;

    random_init(&random, 1);
    for (int i = 0; i < DAYS * 4; i++) {
        int64_t at_us = START + i * DAY / 4;
        struct person_purchase purchase = person_next(&person, &past, at_us, &random);

        if (purchase.merchant.category == WORLD_SALARY) {
            ck_assert_int_lt(purchase.amount, 0);
            salaries[timestamp_month(at_us) % 12]++;
        }
        rents += purchase.merchant.category == WORLD_RENT;
        weeks += purchase.merchant.category == WORLD_GROCERIES;
    }
    for (int month = 1; month < 5; month++)
        ck_assert_int_eq(salaries[month], 1);
    ck_assert_int_ge(rents, 5);
    ck_assert_int_le(rents, 6);
    ck_assert_int_ge(weeks, DAYS / 7 - 1);
}
END_TEST

SUITE_MAIN("simulator", the_same_seed_gives_the_same_bytes,
           corrections_do_not_change_the_transactions, there_is_some_of_everything,
           what_comes_again_is_the_same, merchants_and_opinions_are_as_in_life,
           a_salary_comes_once_a_month);
