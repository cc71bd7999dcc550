/* common/transform/window: the rules one by one, then long random lives against a model that keeps
 * every output in a plain array. */
#include "common/base/must.h"
#include "common/base/random.h"
#include "common/transform/window.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>

enum { LIMIT = 8192, PARTITIONS = 4 };

static void push(struct window *window, int32_t partition, int64_t to)
{
    ck_assert(window_push(window, partition, to, SLICE_LITERAL("key"), SLICE_LITERAL("value")));
}

/* Sends all that is unsent; the sequence of the last. */
static uint64_t send_all(struct window *window)
{
    struct window_output output = {0};

    while (window_unsent(window, &output))
        window_sent(window);
    return output.sequence;
}

START_TEST(ranges_are_contiguous_and_acknowledged_in_order)
{
    OWNED(window) window = window_new(LIMIT, PARTITIONS);
    struct window_output output;

    window_take(window, 2, 10);
    push(window, 2, 10);
    push(window, 2, 13);
    ck_assert_int_eq(window_covered(window, 2), 14);
    ck_assert_int_eq(window_committable(window, 2), 10);
    ck_assert(window_unsent(window, &output));
    ck_assert_int_eq(output.range.from, 10);
    ck_assert_int_eq(output.range.to, 10);
    window_sent(window);
    ck_assert(window_unsent(window, &output));
    ck_assert_int_eq(output.range.from, 11);
    ck_assert_int_eq(output.range.to, 13);
    ck_assert_int_eq(output.partition, 2);
    ck_assert(slice_equal(output.key, SLICE_LITERAL("key")));
    ck_assert(slice_equal(output.value, SLICE_LITERAL("value")));
    window_sent(window);
    ck_assert(!window_unsent(window, &output));
    ck_assert_int_eq(window_report(window, 1, 2, 1, true, 70), WINDOW_TAKEN);
    ck_assert_int_eq(window_committable(window, 2), 11);
    ck_assert_int_eq(window_report(window, 1, 2, 2, true, 71), WINDOW_TAKEN);
    ck_assert_int_eq(window_committable(window, 2), 14);
    ck_assert_uint_eq(window_count(window), 0);
    ck_assert_uint_eq(window_bytes(window), 0);
}
END_TEST

struct bad_report {
    const char *what;
    uint64_t sequence;
    bool delivered;
    int64_t offset;
};

START_TEST(doubt_ends_the_incarnation)
{
    static const struct bad_report bad[] = {
        {"failed", 2, false, -1},         {"failed, with an offset", 2, false, 90},
        {"no offset", 2, true, -1},       {"the last offset again", 2, true, 70},
        {"an offset below", 2, true, 3},  {"an earlier one has no report", 3, true, 90},
        {"one that is not", 9, true, 90},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        OWNED(window) window = window_new(LIMIT, PARTITIONS);
        struct window_output output;

        window_take(window, 0, 0);
        window_take(window, 1, 5);
        push(window, 0, 0);
        push(window, 0, 1);
        push(window, 0, 2);
        push(window, 1, 5);
        send_all(window);
        ck_assert_int_eq(window_report(window, 1, 0, 1, true, 70), WINDOW_TAKEN);
        ck_assert_msg(window_report(window, 1, 0, bad[i].sequence, bad[i].delivered,
                                    bad[i].offset) == WINDOW_BROKEN,
                      "%s", bad[i].what);
        /* Nothing of it counts from now on, of any partition. */
        ck_assert_int_eq(window_report(window, 1, 0, 2, true, 95), WINDOW_STALE);
        ck_assert_int_eq(window_report(window, 1, 1, 4, true, 70), WINDOW_STALE);
        ck_assert_int_eq(window_committable(window, 0), 1);
        ck_assert_int_eq(window_committable(window, 1), 5);
        /* All that is not acknowledged is sent again, from the first; offsets start anew. */
        window_restart(window);
        ck_assert_uint_eq(window_incarnation(window), 2);
        ck_assert_int_eq(window_report(window, 1, 0, 2, true, 99), WINDOW_STALE);
        ck_assert(window_unsent(window, &output));
        ck_assert_uint_eq(output.sequence, 2);
        ck_assert_uint_eq(send_all(window), 4);
        ck_assert_int_eq(window_report(window, 2, 0, 2, true, 60), WINDOW_TAKEN);
        ck_assert_int_eq(window_report(window, 2, 1, 4, true, 0), WINDOW_TAKEN);
        ck_assert_int_eq(window_report(window, 2, 0, 3, true, 61), WINDOW_TAKEN);
        ck_assert_int_eq(window_committable(window, 0), 3);
        ck_assert_uint_eq(window_count(window), 0);
    }
}
END_TEST

START_TEST(a_dropped_partition_is_forgotten)
{
    OWNED(window) window = window_new(LIMIT, PARTITIONS);
    struct window_output output;

    window_take(window, 0, 0);
    window_take(window, 1, 0);
    push(window, 0, 0);
    push(window, 1, 0);
    push(window, 0, 1);
    send_all(window);
    ck_assert_uint_eq(window_drop(window, 0), 2);
    ck_assert(!window_holds(window, 0));
    ck_assert_uint_eq(window_count(window), 1);
    ck_assert_int_eq(window_report(window, 1, 0, 1, true, 5), WINDOW_STALE);
    /* Taken again: what is late of the first time is not mistaken for the second. */
    window_take(window, 0, 0);
    push(window, 0, 0);
    ck_assert_int_eq(window_report(window, 1, 0, 3, true, 6), WINDOW_STALE);
    ck_assert_int_eq(window_committable(window, 0), 0);
    ck_assert_int_eq(window_report(window, 1, 1, 2, true, 4), WINDOW_TAKEN);
    window_restart(window);
    ck_assert(window_unsent(window, &output));
    ck_assert_uint_eq(output.sequence, 4);
    ck_assert_uint_eq(window_drop(window, 3), 0);
}
END_TEST

START_TEST(the_limit_holds)
{
    OWNED(window) window = window_new(LIMIT, PARTITIONS);
    static char bytes[LIMIT];
    size_t pushed = 0;
    uint64_t sequence;

    window_take(window, 0, 0);
    ck_assert(!window_push(window, 0, 0, (struct slice){0}, (struct slice){bytes, LIMIT}));
    ck_assert_uint_eq(window_bytes(window), 0);
    while (window_push(window, 0, (int64_t)pushed, (struct slice){0}, (struct slice){bytes, 1000}))
        pushed++;
    ck_assert_uint_ge(pushed, 7);
    ck_assert_uint_le(window_bytes(window), LIMIT);
    ck_assert_int_eq(window_covered(window, 0), (int64_t)pushed);
    sequence = send_all(window);
    ck_assert_uint_eq(sequence, pushed);
    /* Room comes from the oldest. */
    ck_assert_int_eq(window_report(window, 1, 0, 1, true, 0), WINDOW_TAKEN);
    ck_assert_int_eq(window_report(window, 1, 0, 2, true, 1), WINDOW_TAKEN);
    ck_assert(
        window_push(window, 0, (int64_t)pushed, (struct slice){0}, (struct slice){bytes, 1000}));
    /* Half of the limit always fits once all is acknowledged, wherever the ring stands. */
    for (uint64_t s = 3; s <= sequence + 1; s++)
        ck_assert_int_eq(window_report(window, 1, 0, s, true, (int64_t)s), WINDOW_TAKEN);
    ck_assert_uint_eq(window_bytes(window), 0);
    ck_assert(
        window_push(window, 0, 100, (struct slice){0}, (struct slice){bytes, LIMIT / 2 - 64}));
}
END_TEST

START_TEST(no_key_is_not_an_empty_key)
{
    OWNED(window) window = window_new(LIMIT, PARTITIONS);
    struct window_output output;

    window_take(window, 0, 0);
    ck_assert(window_push(window, 0, 0, (struct slice){0}, SLICE_LITERAL("x")));
    ck_assert(window_push(window, 0, 1, SLICE_LITERAL(""), SLICE_LITERAL("")));
    ck_assert(window_unsent(window, &output));
    ck_assert_ptr_null(output.key.data);
    ck_assert(slice_equal(output.value, SLICE_LITERAL("x")));
    window_sent(window);
    ck_assert(window_unsent(window, &output));
    ck_assert_ptr_nonnull(output.key.data);
    ck_assert_uint_eq(output.key.size, 0);
    ck_assert_uint_eq(output.value.size, 0);
}
END_TEST

/* The model: all outputs there ever were. */
struct plain_output {
    int32_t partition;
    struct go_back_range range;
    size_t size;
    bool live, sent;
    int64_t offset; /* in the log, when sent; the model's own idea of it */
};

struct plain_lane {
    bool held;
    int64_t covered, committable, last_offset;
};

enum { PLAIN_OUTPUTS = 20000 };

struct plain {
    struct window *window;
    struct random random;
    struct plain_output *outputs; /* index = sequence - 1 */
    size_t count, oldest;
    struct plain_lane lanes[PARTITIONS];
    uint64_t incarnation;
    bool broken;
    int64_t log_end;
    size_t verdicts[3];
};

/* The bytes of an output follow from its number. */
static void fill(char *bytes, size_t size, size_t number)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(number * 31 + i);
}

static size_t plain_key_size(size_t number)
{
    return number % 5 == 0 ? 0 : number % 40;
}

static void plain_take(struct plain *plain, int32_t partition)
{
    struct plain_lane *lane = &plain->lanes[partition];
    int64_t start = (int64_t)random_below(&plain->random, 1000);
    size_t dropped = 0;

    for (size_t i = plain->oldest; i < plain->count; i++) {
        struct plain_output *output = &plain->outputs[i];

        dropped += output->live && output->partition == partition;
        output->live = output->live && output->partition != partition;
    }
    if (random_below(&plain->random, 2) == 0) {
        ck_assert_uint_eq(window_drop(plain->window, partition), dropped);
        lane->held = false;
    } else {
        window_take(plain->window, partition, start);
        *lane = (struct plain_lane){true, start, start, -1};
    }
}

static void plain_push(struct plain *plain, int32_t partition)
{
    struct plain_lane *lane = &plain->lanes[partition];
    struct plain_output output = {.partition = partition, .live = true};
    char key[64], value[2048];
    size_t key_size = plain_key_size(plain->count);
    size_t before = window_bytes(plain->window);

    if (!lane->held || plain->count == PLAIN_OUTPUTS)
        return;
    output.range.from = lane->covered;
    output.range.to = lane->covered + (int64_t)random_below(&plain->random, 3);
    output.size = (size_t)random_below(&plain->random, sizeof value);
    fill(key, key_size, plain->count + 7);
    fill(value, output.size, plain->count);
    if (!window_push(plain->window, partition, output.range.to,
                     (struct slice){key_size == 0 ? NULL : key, key_size},
                     (struct slice){value, output.size})) {
        ck_assert_uint_gt(before + 2 * (output.size + key_size + 128), LIMIT);
        return;
    }
    plain->outputs[plain->count++] = output;
    lane->covered = output.range.to + 1;
}

static void plain_check_output(const struct plain *plain, const struct window_output *got)
{
    const struct plain_output *want = &plain->outputs[got->sequence - 1];
    char bytes[2048];

    ck_assert_int_eq(got->partition, want->partition);
    ck_assert_int_eq(got->range.from, want->range.from);
    ck_assert_int_eq(got->range.to, want->range.to);
    ck_assert_uint_eq(got->value.size, want->size);
    fill(bytes, want->size, got->sequence - 1);
    ck_assert_mem_eq(got->value.data, bytes, want->size);
    ck_assert_uint_eq(got->key.size, plain_key_size(got->sequence - 1));
    fill(bytes, got->key.size, got->sequence + 6);
    if (got->key.size > 0)
        ck_assert_mem_eq(got->key.data, bytes, got->key.size);
}

/* Sends the next; the log takes it at once, or it overtakes, or it is lost. */
static void plain_send(struct plain *plain)
{
    struct window_output output;
    size_t next = plain->oldest;

    while (next < plain->count && (!plain->outputs[next].live || plain->outputs[next].sent))
        next++;
    ck_assert_int_eq(window_unsent(plain->window, &output), next < plain->count);
    if (next == plain->count)
        return;
    ck_assert_uint_eq(output.sequence, next + 1);
    plain_check_output(plain, &output);
    window_sent(plain->window);
    plain->outputs[next].sent = true;
    plain->outputs[next].offset = plain->log_end++;
    if (random_below(&plain->random, 100) == 0)
        plain->outputs[next].offset -= (int64_t)random_below(&plain->random, 50);
}

static enum window_verdict plain_verdict(const struct plain *plain, size_t index, bool delivered,
                                         int64_t offset, uint64_t incarnation)
{
    const struct plain_output *output = &plain->outputs[index];
    const struct plain_lane *lane = &plain->lanes[output->partition];

    if (incarnation != plain->incarnation || plain->broken || !output->live)
        return WINDOW_STALE;
    for (size_t i = plain->oldest; i < index; i++)
        if (plain->outputs[i].live && plain->outputs[i].partition == output->partition)
            return WINDOW_BROKEN;
    return delivered && offset >= 0 && offset > lane->last_offset ? WINDOW_TAKEN : WINDOW_BROKEN;
}

/* A report, mostly of the oldest, mostly as it should be. */
static void plain_report(struct plain *plain)
{
    size_t span = plain->count - plain->oldest;
    size_t index = plain->oldest;
    uint64_t incarnation = plain->incarnation - (random_below(&plain->random, 50) == 0);
    bool delivered = random_below(&plain->random, 60) != 0;
    enum window_verdict want;
    struct plain_output *output;

    if (span > 0 && random_below(&plain->random, 20) == 0)
        index += (size_t)random_below(&plain->random, span);
    output = &plain->outputs[index];
    if (index == plain->count || (output->live && !output->sent))
        return;
    want = plain_verdict(plain, index, delivered, output->offset, incarnation);
    ck_assert_int_eq(window_report(plain->window, incarnation, output->partition, index + 1,
                                   delivered, output->offset),
                     want);
    plain->verdicts[want]++;
    if (want == WINDOW_BROKEN)
        plain->broken = true;
    if (want != WINDOW_TAKEN)
        return;
    output->live = false;
    plain->lanes[output->partition].last_offset = output->offset;
    plain->lanes[output->partition].committable = output->range.to + 1;
}

static void plain_restart(struct plain *plain)
{
    window_restart(plain->window);
    plain->incarnation++;
    plain->broken = false;
    for (size_t i = plain->oldest; i < plain->count; i++)
        plain->outputs[i].sent = false;
    for (int32_t p = 0; p < PARTITIONS; p++)
        plain->lanes[p].last_offset = -1;
}

static void plain_compare(struct plain *plain)
{
    size_t live = 0;

    while (plain->oldest < plain->count && !plain->outputs[plain->oldest].live)
        plain->oldest++;
    for (size_t i = plain->oldest; i < plain->count; i++)
        live += plain->outputs[i].live;
    ck_assert_uint_eq(window_count(plain->window), live);
    ck_assert_uint_le(window_bytes(plain->window), LIMIT);
    if (live == 0)
        ck_assert_uint_eq(window_bytes(plain->window), 0);
    ck_assert_uint_eq(window_incarnation(plain->window), plain->incarnation);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        ck_assert_int_eq(window_holds(plain->window, p), plain->lanes[p].held);
        if (!plain->lanes[p].held)
            continue;
        ck_assert_int_eq(window_covered(plain->window, p), plain->lanes[p].covered);
        ck_assert_int_eq(window_committable(plain->window, p), plain->lanes[p].committable);
    }
}

static void plain_step(struct plain *plain)
{
    uint64_t chance = random_below(&plain->random, 1000);
    int32_t partition = (int32_t)random_below(&plain->random, PARTITIONS);

    if (chance < 10)
        plain_take(plain, partition);
    else if (chance < 350)
        plain_push(plain, partition);
    else if (chance < 680)
        plain_send(plain);
    else if (chance < 980 || !plain->broken)
        plain_report(plain);
    else
        plain_restart(plain);
}

START_TEST(random_lives_match_the_model)
{
    struct plain plain = {.window = window_new(LIMIT, PARTITIONS), .incarnation = 1};

    random_init(&plain.random, suite_seed());
    plain.outputs = must_alloc(PLAIN_OUTPUTS * sizeof *plain.outputs);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        window_take(plain.window, p, 0);
        plain.lanes[p] = (struct plain_lane){true, 0, 0, -1};
    }
    for (int i = 0; i < 15000; i++) {
        plain_step(&plain);
        plain_compare(&plain);
    }
    printf("outputs %zu, taken %zu, stale %zu, broken %zu, incarnations %llu\n", plain.count,
           plain.verdicts[WINDOW_TAKEN], plain.verdicts[WINDOW_STALE],
           plain.verdicts[WINDOW_BROKEN], (unsigned long long)plain.incarnation);
    ck_assert_uint_gt(plain.count, 500);
    ck_assert_uint_gt(plain.verdicts[WINDOW_TAKEN], 300);
    ck_assert_uint_gt(plain.verdicts[WINDOW_STALE], 5);
    ck_assert_uint_gt(plain.verdicts[WINDOW_BROKEN], 5);
    window_free(plain.window);
    free(plain.outputs);
}
END_TEST

SUITE_MAIN("transform", ranges_are_contiguous_and_acknowledged_in_order, doubt_ends_the_incarnation,
           a_dropped_partition_is_forgotten, the_limit_holds, no_key_is_not_an_empty_key,
           random_lives_match_the_model);
