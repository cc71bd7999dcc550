/* common/sink/plan: where offsets move and what the books gain, for every kind of record. */
#include "common/base/random.h"
#include "common/sink/plan.h"
#include "tests/support/suite/suite.h"

static const struct input inputs[] = {
    {"classifications", INPUT_CLASSIFICATIONS},
    {"feedback", INPUT_FEEDBACK},
};

enum { OUTPUTS, FEEDBACK };

static const struct feedback some_feedback;
static const struct classification classified = {.outcome = OUTCOME_CLASSIFIED};
static const struct classification rejected = {.outcome = OUTCOME_REJECTED};
static const struct classification marker = {.outcome = OUTCOME_MARKER};

static struct record output(int64_t offset, int64_t from, int64_t to,
                            const struct classification *what)
{
    return (struct record){
        .input = OUTPUTS, .offset = offset, .range = {from, to}, .classification = what};
}

static struct record direct(int64_t from, int64_t to, bool event)
{
    return (struct record){.input = FEEDBACK,
                           .offset = to,
                           .range = {from, to},
                           .feedback = event ? &some_feedback : NULL};
}

/* position - base = applied + duplicate + rejected + gap, counting live records as applied. */
static void assert_books(const struct offset_row *row, const struct offset_change *change,
                         int64_t live)
{
    bool sequenced = row->next_source != OFFSET_NO_SOURCE;
    int64_t moved =
        sequenced ? change->to_next_source - row->next_source : change->to_next - row->next;

    ck_assert_int_eq(moved, live + change->rejected + change->gap);
}

START_TEST(direct_topics_count_their_own_offsets)
{
    struct offset_row rows[] = {{0, 0, 1, 0}, {10, OFFSET_NO_SOURCE, 1, 0}};
    struct record records[] = {direct(10, 10, true), direct(11, 13, true), direct(14, 15, false),
                               direct(16, 16, true)};
    struct offset_change changes[2];
    enum fate fates[4];

    records[3].feedback = NULL;
    records[3].reject_reason = "bad_avro";
    plan_start(rows, changes, 2);
    plan_records(inputs, 2, records, 4, changes, fates);
    ck_assert_int_eq(fates[0], FATE_LIVE);
    ck_assert_int_eq(fates[1], FATE_LIVE);
    ck_assert_int_eq(fates[2], FATE_PASSED);
    ck_assert_int_eq(fates[3], FATE_REJECTED);
    ck_assert_int_eq(changes[FEEDBACK].gap, 2 + 2);
    ck_assert_int_eq(changes[FEEDBACK].rejected, 1);
    ck_assert_int_eq(changes[FEEDBACK].to_next, 17);
    ck_assert(!changes[OUTPUTS].touched);
    assert_books(&rows[FEEDBACK], &changes[FEEDBACK], 2);
}
END_TEST

START_TEST(outputs_count_source_offsets)
{
    struct offset_row rows[] = {{100, 5, 1, 0}, {0, OFFSET_NO_SOURCE, 1, 0}};
    struct record records[] = {
        output(100, 3, 4, &classified), /* a re-run */
        output(101, 5, 6, &classified), /* covers one empty offset */
        output(102, 8, 8, &classified), /* ahead: 7 is missing */
        output(103, 6, 7, &classified), /* from below next_source: still the first to cover 7 */
        output(104, 8, 8, &rejected),   output(105, 9, 11, &marker),
        output(106, 9, 9, &classified), /* the same offset again */
    };
    enum fate expected[] = {FATE_PASSED,   FATE_LIVE,   FATE_PASSED, FATE_LIVE,
                            FATE_REJECTED, FATE_PASSED, FATE_PASSED};
    struct offset_change changes[2];
    enum fate fates[7];

    plan_start(rows, changes, 2);
    plan_records(inputs, 2, records, 7, changes, fates);
    for (size_t i = 0; i < 7; i++)
        ck_assert_msg(fates[i] == expected[i], "record %zu", i);
    ck_assert_int_eq(changes[OUTPUTS].to_next, 107);
    ck_assert_int_eq(changes[OUTPUTS].to_next_source, 12);
    ck_assert_int_eq(changes[OUTPUTS].gap, 1 + 3);
    ck_assert_int_eq(changes[OUTPUTS].rejected, 1);
    ck_assert_int_eq(changes[OUTPUTS].reruns, 2);
    ck_assert_int_eq(changes[OUTPUTS].ahead, 1);
    assert_books(&rows[OUTPUTS], &changes[OUTPUTS], 2);
}
END_TEST

START_TEST(garbage_among_the_outputs_is_outside_the_books)
{
    struct offset_row rows[] = {{0, 0, 1, 0}, {0, OFFSET_NO_SOURCE, 1, 0}};
    struct record record = output(0, 0, 0, NULL);
    struct offset_change changes[2];
    enum fate fate;

    record.reject_reason = "bad_magic";
    plan_start(rows, changes, 2);
    plan_records(inputs, 2, &record, 1, changes, &fate);
    ck_assert_int_eq(fate, FATE_STRAY);
    ck_assert_int_eq(changes[OUTPUTS].to_next, 1);
    ck_assert_int_eq(changes[OUTPUTS].to_next_source, 0);
    assert_books(&rows[OUTPUTS], &changes[OUTPUTS], 0);
}
END_TEST

START_TEST(an_output_with_a_bad_event_is_rejected_in_its_place)
{
    struct offset_row rows[] = {{0, 7, 1, 0}, {0, OFFSET_NO_SOURCE, 1, 0}};
    struct record record = output(0, 7, 7, &classified);
    struct offset_change changes[2];
    enum fate fate;

    record.reject_reason = "wrong_key";
    plan_start(rows, changes, 2);
    plan_records(inputs, 2, &record, 1, changes, &fate);
    ck_assert_int_eq(fate, FATE_REJECTED);
    ck_assert_int_eq(changes[OUTPUTS].to_next_source, 8);
    assert_books(&rows[OUTPUTS], &changes[OUTPUTS], 0);
}
END_TEST

/* Any cut of a batch into parts leads to the same rows and books, as halving a batch relies on. */
START_TEST(any_cut_comes_to_the_same)
{
    enum { COUNT = 60 };
    static const struct classification *const kinds[] = {&classified, &rejected, &marker};
    struct random random;

    random_init(&random, 11);
    for (int round = 0; round < 2000; round++) {
        struct offset_row rows[2] = {{0, 0, 1, 0}, {0, OFFSET_NO_SOURCE, 1, 0}};
        struct offset_change whole[2], parts[2];
        struct record records[COUNT];
        enum fate one[COUNT], many[COUNT];
        int64_t at = 0;
        size_t cut = (size_t)random_below(&random, COUNT + 1);

        for (int i = 0; i < COUNT; i++) {
            int64_t from = at > 3 ? at - (int64_t)random_below(&random, 4) : at;
            int64_t to = from + (int64_t)random_below(&random, 3);

            records[i] = output(i, from, to, kinds[random_below(&random, 3)]);
            at = to + 1 + (int64_t)random_below(&random, 8) / 7;
        }
        plan_start(rows, whole, 2);
        plan_records(inputs, 2, records, COUNT, whole, one);
        plan_start(rows, parts, 2);
        plan_records(inputs, 2, records, cut, parts, many);
        /* The second part may see the first again, as after a retry: it must not count twice. */
        plan_records(inputs, 2, records, cut, parts, (enum fate[COUNT]){0});
        plan_records(inputs, 2, records + cut, COUNT - cut, parts, many + cut);
        ck_assert_mem_eq(one, many, sizeof one);
        ck_assert_mem_eq(whole, parts, sizeof whole);
    }
}
END_TEST

SUITE_MAIN("sink/plan", direct_topics_count_their_own_offsets, outputs_count_source_offsets,
           garbage_among_the_outputs_is_outside_the_books,
           an_output_with_a_bad_event_is_rejected_in_its_place, any_cut_comes_to_the_same);
