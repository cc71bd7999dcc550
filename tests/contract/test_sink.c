/* The contract of a sink, for the group that this is built with: its descriptor is whole, and
 * whatever batches are cut from its topics and whatever verdicts it gives, the books add up. No
 * server. */
#include "common/base/random.h"
#include "common/sink/plan.h"
#include "common/sink/sink.h"
#include "tests/support/suite/suite.h"

#include GROUP_HEADER

#include <string.h>

#define TEXT_OF(name)  #name
#define NAME_OF(macro) TEXT_OF(macro)

START_TEST(the_descriptor_is_whole)
{
    const struct sink *sink = &GROUP_SINK;

    ck_assert_str_eq(sink->name, NAME_OF(GROUP));
    ck_assert_uint_gt(sink->input_count, 0);
    ck_assert_uint_le(sink->input_count, 4);
    ck_assert_uint_gt(sink->state_size, 0);
    ck_assert_ptr_nonnull(sink->apply);
    ck_assert((sink->setting_count == 0) == (sink->settings_size == 0));
    /* One group lists what the classifier rejected, or it would be listed once a group. */
    ck_assert(sink->keeps_rejects == (strcmp(sink->name, "analytics") == 0));
}
END_TEST

START_TEST(every_topic_is_read_as_what_it_is)
{
    static const struct input known[] = {{"transactions", INPUT_TRANSACTIONS},
                                         {"feedback", INPUT_FEEDBACK},
                                         {"classifications", INPUT_CLASSIFICATIONS}};
    const struct sink *sink = &GROUP_SINK;

    for (size_t i = 0; i < sink->input_count; i++) {
        size_t match = 0;

        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
            match += strcmp(known[k].topic, sink->inputs[i].topic) == 0 &&
                     known[k].kind == sink->inputs[i].kind;
        ck_assert_msg(match == 1, "input %s", sink->inputs[i].topic);
        for (size_t other = 0; other < i; other++)
            ck_assert_str_ne(sink->inputs[i].topic, sink->inputs[other].topic);
    }
}
END_TEST

enum { RECORDS = 80, PARTITIONS = 3, INPUTS = 4 };

static const struct feedback some_feedback;
static const struct transaction some_transaction;
static const struct classification outputs[] = {
    {.outcome = OUTCOME_CLASSIFIED}, {.outcome = OUTCOME_REJECTED}, {.outcome = OUTCOME_MARKER}};

/* The next record of one partition of one input: events, gaps, garbage, re-runs, what is ahead. */
static struct record make_record(const struct input *input, struct random *random, int64_t *next,
                                 int64_t *source)
{
    struct record record = {.offset = *next + (int64_t)random_below(random, 2)};
    bool bad = random_below(random, 10) == 0;

    record.range = (struct go_back_range){.from = *next, .to = record.offset};
    *next = record.offset + 1;
    if (bad)
        record.reject_reason = "bad";
    if (input->kind == INPUT_CLASSIFICATIONS) {
        record.range.from =
            *source - (int64_t)random_below(random, 3) + (int64_t)random_below(random, 4) / 3;
        record.range.from = record.range.from < 0 ? 0 : record.range.from;
        record.range.to = record.range.from + (int64_t)random_below(random, 3);
        if (random_below(random, 8) > 0)
            record.classification = &outputs[random_below(random, 3)];
        else
            record.reject_reason = "bad_magic";
        if (record.range.to >= *source)
            *source = record.range.to + 1;
    } else if (!bad && random_below(random, 6) > 0) {
        record.feedback = input->kind == INPUT_FEEDBACK ? &some_feedback : NULL;
        record.transaction = input->kind == INPUT_TRANSACTIONS ? &some_transaction : NULL;
    }
    return record;
}

/* What the runtime adds for the group's verdicts. */
static void judge(const struct record *records, const enum fate *fates, size_t count,
                  size_t input_count, struct random *random, struct offset_change *changes)
{
    for (size_t i = 0; i < count; i++) {
        struct offset_change *change =
            &changes[(size_t)records[i].partition * input_count + (size_t)records[i].input];

        if (fates[i] != FATE_LIVE)
            continue;
        switch (random_below(random, 3)) {
        case 0:
            change->applied++;
            break;
        case 1:
            change->duplicate++;
            break;
        default:
            change->rejected++;
            break;
        }
    }
}

static void assert_books(const struct offset_row *row, const struct offset_change *change)
{
    int64_t moved = row->next_source != OFFSET_NO_SOURCE ? change->to_next_source - row->next_source
                                                         : change->to_next - row->next;

    ck_assert_int_eq(moved, change->applied + change->duplicate + change->rejected + change->gap);
}

START_TEST(the_books_hold_for_any_cuts_and_verdicts)
{
    const struct sink *sink = &GROUP_SINK;
    struct random random;
    uint64_t seed = suite_seed();

    random_init(&random, seed);
    for (int round = 0; round < 500; round++) {
        struct offset_row rows[PARTITIONS * INPUTS];
        struct offset_change changes[PARTITIONS * INPUTS];
        int64_t next[PARTITIONS * INPUTS] = {0}, source[PARTITIONS * INPUTS] = {0};
        struct record records[RECORDS];
        enum fate fates[RECORDS];
        size_t count = PARTITIONS * sink->input_count, done = 0;

        for (size_t i = 0; i < count; i++)
            rows[i] = (struct offset_row){.next_source = sink->inputs[i % sink->input_count].kind ==
                                                                 INPUT_CLASSIFICATIONS
                                                             ? 0
                                                             : OFFSET_NO_SOURCE};
        for (size_t i = 0; i < RECORDS; i++) {
            size_t row = (size_t)random_below(&random, count);

            records[i] = make_record(&sink->inputs[row % sink->input_count], &random, &next[row],
                                     &source[row]);
            records[i].input = (int32_t)(row % sink->input_count);
            records[i].partition = (int32_t)(row / sink->input_count);
        }
        plan_start(rows, changes, count);
        while (done < RECORDS) {
            size_t size = 1 + (size_t)random_below(&random, RECORDS - done);

            plan_records(sink->inputs, sink->input_count, records + done, size, changes, fates);
            judge(records + done, fates, size, sink->input_count, &random, changes);
            done += size;
        }
        for (size_t i = 0; i < count; i++)
            assert_books(&rows[i], &changes[i]);
    }
}
END_TEST

SUITE_MAIN("contract", the_descriptor_is_whole, every_topic_is_read_as_what_it_is,
           the_books_hold_for_any_cuts_and_verdicts);
