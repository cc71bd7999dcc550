/* common/transform/apply: batches to outputs, with a sender of the test's own, whose Kafka answers
 * when the test says so. */
#include "common/base/must.h"
#include "common/codec/codec.h"
#include "common/transform/life.h"
#include "common/transform/output.h"
#include "tests/support/suite/suite.h"

enum { PARTITIONS = 2, RECORDS = 32, WINDOW_BYTES = 1 << 20 };

/* In place of common/transform/sender.c. */
struct sender {
    struct window *window;
    size_t room;  /* pushes that are taken before it is full */
    size_t frees; /* further ones that a turn makes room for */
    int turns;
    struct error doubt;
};

const struct window *sender_window(const struct sender *sender)
{
    return sender->window;
}

const struct error *sender_doubt(const struct sender *sender)
{
    return &sender->doubt;
}

bool sender_push(struct sender *sender, int32_t partition, int64_t to, struct slice key,
                 struct slice value)
{
    if (sender->room == 0)
        return false;
    sender->room--;
    return window_push(sender->window, partition, to, key, value);
}

enum status sender_turn(struct sender *sender, int64_t wait_ms, struct error *error)
{
    (void)wait_ms;
    (void)error;
    sender->turns++;
    sender->room += sender->frees;
    return STATUS_OK;
}

/* The group: refuses what the test says, and notes what it saw. */
struct group {
    size_t prepared; /* records in the last prepare */
    int prepares;
    int maps;
    int64_t refuse_offset;
    enum status refuse_as;
    enum status prepare_as;
};

static enum status group_prepare(void *state, const struct batch *batch, struct error *error)
{
    struct group *group = state;

    group->prepares++;
    group->prepared = batch->count;
    for (size_t i = 0; i < batch->count; i++) {
        ck_assert_ptr_nonnull(batch->records[i].transaction);
        ck_assert_ptr_null(batch->records[i].reject_reason);
    }
    return group->prepare_as == STATUS_OK
               ? STATUS_OK
               : error_set(error, group->prepare_as, "prepare: as the test says");
}

static enum status group_map(void *state, const struct batch *batch, const struct record *in,
                             struct classification *ret_out, struct error *error)
{
    struct group *group = state;

    group->maps++;
    ck_assert(in >= batch->records && in < batch->records + batch->count);
    if (in->offset == group->refuse_offset)
        return error_set_code(error, group->refuse_as, "no_such_thing", "map: as the test says");
    *ret_out = (struct classification){.outcome = OUTCOME_CLASSIFIED,
                                       .transaction = in->transaction,
                                       .category = SLICE_LITERAL("groceries"),
                                       .confidence = 0.5F,
                                       .decided_by = DECIDER_RULE,
                                       .model_version = SLICE_LITERAL("test")};
    return STATUS_OK;
}

static const struct transform transform = {.name = "test",
                                           .output = "out",
                                           .input = {"in", INPUT_TRANSACTIONS},
                                           .prepare = group_prepare,
                                           .map = group_map};

struct fixture {
    struct transform_program program;
    struct sender sender;
    struct group group;
    struct transform_life life;
    struct record records[RECORDS];
    struct batch batch;
    struct metrics *metrics;
    struct arena *decoded;
};

static const struct transaction event = {.tenant = SLICE_LITERAL("t"),
                                         .id = SLICE_LITERAL("1"),
                                         .user = SLICE_LITERAL("u"),
                                         .amount_minor = 100,
                                         .currency = SLICE_LITERAL("EUR"),
                                         .occurred_at = 1700000000000000,
                                         .received_at = 1700000000000000};

static struct fixture *setup(void)
{
    struct fixture *fixture = must_alloc(sizeof *fixture);

    fixture->program.transform = &transform;
    fixture->sender = (struct sender){.window = window_new(WINDOW_BYTES, PARTITIONS), .room = 1000};
    fixture->group.refuse_offset = -1;
    fixture->metrics = metrics_new();
    fixture->decoded = arena_new(RECORDS * CODEC_DECODE_ARENA_BYTES);
    fixture->life = (struct transform_life){.program = &fixture->program,
                                            .sender = &fixture->sender,
                                            .scratch = arena_new(1 << 20),
                                            .selected = must_alloc(sizeof fixture->records),
                                            .state = &fixture->group};
    buffer_init(&fixture->life.encoded, OUTPUT_BYTES_MAX);
    transform_stats_init(&fixture->life.stats, fixture->metrics, "test", PARTITIONS);
    fixture->batch =
        (struct batch){.records = fixture->records, .now = {.wall_us = 1700000001000000}};
    return fixture;
}

static void teardown(struct fixture *fixture)
{
    transform_stats_done(&fixture->life.stats);
    buffer_done(&fixture->life.encoded);
    arena_free(fixture->life.scratch);
    arena_free(fixture->decoded);
    free(fixture->life.selected);
    window_free(fixture->sender.window);
    metrics_free(fixture->metrics);
    free(fixture);
}

/* A record that stands for from .. offset. */
static struct record *add(struct fixture *fixture, int32_t partition, int64_t from, int64_t offset)
{
    struct record *record = &fixture->records[fixture->batch.count++];

    *record = (struct record){.partition = partition,
                              .offset = offset,
                              .range = {from, offset},
                              .key = SLICE_LITERAL("t:u"),
                              .value = SLICE_LITERAL("raw bytes"),
                              .transaction = &event};
    return record;
}

static enum status apply(struct fixture *fixture)
{
    struct error error = {0};
    enum status status = transform_apply(&fixture->life, &fixture->batch, &error);

    ck_assert_int_eq(status, error.status);
    return status;
}

/* The next output that went out, decoded and checked. */
static struct classification next(struct fixture *fixture, struct window_output *ret_output)
{
    struct classification event_out;
    struct event_fault fault;
    struct error error = {0};

    ck_assert(window_unsent(fixture->sender.window, ret_output));
    window_sent(fixture->sender.window);
    ck_assert_int_eq(
        codec_decode_classification(ret_output->value, fixture->decoded, &event_out, &error),
        STATUS_OK);
    ck_assert_msg(event_check_classification(&event_out, &fault), "%s", fault.detail);
    ck_assert_int_eq(event_out.from, ret_output->range.from);
    ck_assert_int_eq(event_out.to, ret_output->range.to);
    ck_assert_int_eq(event_out.classified_at, 1700000001000000);
    return event_out;
}

static void expect(struct fixture *fixture, enum outcome outcome, int32_t partition, int64_t from,
                   int64_t to)
{
    struct window_output output;
    struct classification event_out = next(fixture, &output);

    ck_assert_int_eq(event_out.outcome, outcome);
    ck_assert_int_eq(output.partition, partition);
    ck_assert_int_eq(output.range.from, from);
    ck_assert_int_eq(output.range.to, to);
}

static void expect_end(struct fixture *fixture)
{
    struct window_output output;

    ck_assert(!window_unsent(fixture->sender.window, &output));
}

START_TEST(each_record_gives_one_output_and_covers_the_gap_before_it)
{
    struct fixture *fixture = setup();

    window_take(fixture->sender.window, 0, 5);
    window_take(fixture->sender.window, 1, 0);
    add(fixture, 0, 5, 5);
    add(fixture, 1, 0, 2);
    add(fixture, 0, 6, 9);
    ck_assert_int_eq(apply(fixture), STATUS_OK);
    expect(fixture, OUTCOME_CLASSIFIED, 0, 5, 5);
    expect(fixture, OUTCOME_CLASSIFIED, 1, 0, 2);
    expect(fixture, OUTCOME_CLASSIFIED, 0, 6, 9);
    expect_end(fixture);
    ck_assert_uint_eq(fixture->group.prepared, 3);
    ck_assert_uint_eq(metrics_counter_value(fixture->life.stats.outputs[OUTCOME_CLASSIFIED]), 3);
    teardown(fixture);
}
END_TEST

START_TEST(rejects_and_gaps_never_reach_the_group)
{
    struct fixture *fixture = setup();
    struct window_output output;
    struct classification rejected;
    struct record *record;

    window_take(fixture->sender.window, 0, 0);
    add(fixture, 0, 0, 0);
    record = add(fixture, 0, 1, 1);
    record->transaction = NULL;
    record->reject_reason = "bad_magic";
    record->reject_detail = "not ours";
    record = add(fixture, 0, 2, 4);
    record->transaction = NULL;
    record->key = (struct slice){0};
    record->value = (struct slice){0};
    add(fixture, 0, 5, 5);
    ck_assert_int_eq(apply(fixture), STATUS_OK);
    ck_assert_uint_eq(fixture->group.prepared, 2);
    ck_assert_int_eq(fixture->group.maps, 2);
    expect(fixture, OUTCOME_CLASSIFIED, 0, 0, 0);
    rejected = next(fixture, &output);
    ck_assert_int_eq(rejected.outcome, OUTCOME_REJECTED);
    ck_assert(slice_equal(rejected.reject->reason, SLICE_LITERAL("bad_magic")));
    ck_assert(slice_equal(rejected.reject->detail, SLICE_LITERAL("not ours")));
    ck_assert(slice_equal(rejected.reject->key, SLICE_LITERAL("t:u")));
    ck_assert(slice_equal(rejected.reject->value, SLICE_LITERAL("raw bytes")));
    ck_assert(slice_equal(output.key, SLICE_LITERAL("t:u")));
    expect(fixture, OUTCOME_MARKER, 0, 2, 4);
    expect(fixture, OUTCOME_CLASSIFIED, 0, 5, 5);
    expect_end(fixture);
    teardown(fixture);
}
END_TEST

START_TEST(what_the_group_rejects_is_an_output_too)
{
    struct fixture *fixture = setup();
    struct window_output output;
    struct classification rejected;

    window_take(fixture->sender.window, 0, 0);
    add(fixture, 0, 0, 0);
    add(fixture, 0, 1, 1);
    fixture->group.refuse_offset = 0;
    fixture->group.refuse_as = STATUS_REJECT;
    ck_assert_int_eq(apply(fixture), STATUS_OK);
    rejected = next(fixture, &output);
    ck_assert_int_eq(rejected.outcome, OUTCOME_REJECTED);
    ck_assert(slice_equal(rejected.reject->reason, SLICE_LITERAL("no_such_thing")));
    expect(fixture, OUTCOME_CLASSIFIED, 0, 1, 1);
    teardown(fixture);
}
END_TEST

START_TEST(a_retry_goes_on_where_it_stopped)
{
    struct fixture *fixture = setup();

    window_take(fixture->sender.window, 0, 0);
    for (int64_t offset = 0; offset < 6; offset++)
        add(fixture, 0, offset, offset);
    fixture->group.refuse_offset = 3;
    fixture->group.refuse_as = STATUS_RETRY;
    ck_assert_int_eq(apply(fixture), STATUS_RETRY);
    ck_assert_int_eq(window_covered(fixture->sender.window, 0), 3);
    fixture->group.refuse_offset = -1;
    ck_assert_int_eq(apply(fixture), STATUS_OK);
    ck_assert_uint_eq(fixture->group.prepared, 3);
    ck_assert_int_eq(apply(fixture), STATUS_OK);
    ck_assert_int_eq(fixture->group.prepares, 2);
    for (int64_t offset = 0; offset < 6; offset++)
        expect(fixture, OUTCOME_CLASSIFIED, 0, offset, offset);
    expect_end(fixture);
    fixture->group.prepare_as = STATUS_RETRY;
    add(fixture, 0, 6, 6);
    ck_assert_int_eq(apply(fixture), STATUS_RETRY);
    expect_end(fixture);
    teardown(fixture);
}
END_TEST

START_TEST(a_full_window_waits_and_then_gives_the_batch_back)
{
    struct fixture *fixture = setup();

    window_take(fixture->sender.window, 0, 0);
    for (int64_t offset = 0; offset < 6; offset++)
        add(fixture, 0, offset, offset);
    fixture->sender.room = 2;
    fixture->sender.frees = 1;
    ck_assert_int_eq(apply(fixture), STATUS_OK);
    ck_assert_int_eq(fixture->sender.turns, 4);
    fixture->batch.count = 0;
    for (int64_t offset = 6; offset < 10; offset++)
        add(fixture, 0, offset, offset);
    fixture->sender.room = 3;
    fixture->sender.frees = 0;
    ck_assert_int_eq(apply(fixture), STATUS_RETRY);
    ck_assert_int_eq(window_covered(fixture->sender.window, 0), 9);
    fixture->sender.room = 1;
    ck_assert_int_eq(apply(fixture), STATUS_OK);
    for (int64_t offset = 0; offset < 10; offset++)
        expect(fixture, OUTCOME_CLASSIFIED, 0, offset, offset);
    expect_end(fixture);
    teardown(fixture);
}
END_TEST

START_TEST(offsets_that_were_not_read_are_never_covered)
{
    struct fixture *fixture = setup();

    window_take(fixture->sender.window, 0, 0);
    add(fixture, 0, 0, 0);
    add(fixture, 0, 2, 2);
    ck_assert_int_eq(apply(fixture), STATUS_LOST);
    ck_assert_int_eq(window_covered(fixture->sender.window, 0), 1);
    /* A partition that is not ours any more is passed over. */
    fixture->batch.count = 0;
    add(fixture, 1, 0, 0);
    ck_assert_int_eq(apply(fixture), STATUS_OK);
    ck_assert_int_eq(fixture->group.maps, 1);
    teardown(fixture);
}
END_TEST

SUITE_MAIN("transform", each_record_gives_one_output_and_covers_the_gap_before_it,
           rejects_and_gaps_never_reach_the_group, what_the_group_rejects_is_an_output_too,
           a_retry_goes_on_where_it_stopped, a_full_window_waits_and_then_gives_the_batch_back,
           offsets_that_were_not_read_are_never_covered);
