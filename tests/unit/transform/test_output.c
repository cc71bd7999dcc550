/* common/transform/output: what the runtime makes of records by itself passes the readers' checks
 * and says what it should. */
#include "common/codec/codec.h"
#include "common/transform/output.h"
#include "tests/support/suite/suite.h"

static struct classification read_back(const struct buffer *buffer, struct arena *arena)
{
    struct classification back;
    struct event_fault fault;
    struct error error = {0};

    ck_assert_int_eq(codec_decode_classification(buffer_slice(buffer), arena, &back, &error),
                     STATUS_OK);
    ck_assert_msg(event_check_classification(&back, &fault), "%s", fault.detail);
    return back;
}

static void stamp(struct classification *output)
{
    output->from = 3;
    output->to = 5;
    output->classified_at = 1700000000000000;
}

START_TEST(a_reject_carries_the_bytes_up_to_their_limits)
{
    static char bytes[3 * EVENT_REJECT_RAW_MAX];
    struct arena *arena = arena_new(CODEC_DECODE_ARENA_BYTES);
    struct record record = {.key = {bytes, EVENT_REJECT_RAW_MAX + 1},
                            .value = {bytes, sizeof bytes}};
    char detail[2 * EVENT_REJECT_DETAIL_MAX];
    struct classification output, back;
    struct reject reject;
    struct buffer buffer;

    memset(bytes, 0xfe, sizeof bytes);
    memset(detail, 'x', sizeof detail - 1);
    detail[sizeof detail - 1] = '\0';
    buffer_init(&buffer, OUTPUT_BYTES_MAX);
    output_rejected(&output, &reject, &record, "bad_bytes", detail);
    stamp(&output);
    ck_assert(output_encode(&output, &buffer));
    back = read_back(&buffer, arena);
    ck_assert_int_eq(back.outcome, OUTCOME_REJECTED);
    ck_assert_int_eq(back.from, 3);
    ck_assert_int_eq(back.to, 5);
    ck_assert(slice_equal(back.reject->reason, SLICE_LITERAL("bad_bytes")));
    ck_assert_uint_eq(back.reject->detail.size, EVENT_REJECT_DETAIL_MAX);
    ck_assert(slice_equal(back.reject->key, (struct slice){bytes, EVENT_REJECT_RAW_MAX}));
    ck_assert(slice_equal(back.reject->value, (struct slice){bytes, EVENT_REJECT_RAW_MAX}));
    ck_assert_ptr_null(output_key(&record).data);
    buffer_done(&buffer);
    arena_free(arena);
}
END_TEST

START_TEST(a_reject_of_nothing)
{
    struct arena *arena = arena_new(CODEC_DECODE_ARENA_BYTES);
    struct record record = {0};
    struct classification output, back;
    struct reject reject;
    struct buffer buffer;

    buffer_init(&buffer, OUTPUT_BYTES_MAX);
    output_rejected(&output, &reject, &record, "empty", "");
    stamp(&output);
    ck_assert(output_encode(&output, &buffer));
    back = read_back(&buffer, arena);
    ck_assert_uint_eq(back.reject->key.size, 0);
    ck_assert_uint_eq(back.reject->value.size, 0);
    ck_assert_ptr_null(output_key(&record).data);
    buffer_done(&buffer);
    arena_free(arena);
}
END_TEST

START_TEST(a_marker_holds_only_the_range)
{
    struct arena *arena = arena_new(CODEC_DECODE_ARENA_BYTES);
    struct classification output, back;
    struct buffer buffer;

    buffer_init(&buffer, OUTPUT_BYTES_MAX);
    output_marker(&output);
    stamp(&output);
    ck_assert(output_encode(&output, &buffer));
    back = read_back(&buffer, arena);
    ck_assert_int_eq(back.outcome, OUTCOME_MARKER);
    ck_assert_ptr_null(back.transaction);
    ck_assert_ptr_null(back.reject);
    ck_assert_int_eq(back.to, 5);
    buffer_done(&buffer);
    arena_free(arena);
}
END_TEST

START_TEST(what_has_no_room_leaves_the_buffer_usable)
{
    static char bytes[EVENT_REJECT_RAW_MAX];
    struct record record = {.value = {bytes, sizeof bytes}};
    struct classification output;
    struct reject reject;
    struct buffer buffer;

    buffer_init(&buffer, 1000);
    output_rejected(&output, &reject, &record, "bad_bytes", "");
    stamp(&output);
    ck_assert(!output_encode(&output, &buffer));
    ck_assert(!buffer.overflow);
    output_marker(&output);
    stamp(&output);
    ck_assert(output_encode(&output, &buffer));
    buffer_done(&buffer);
}
END_TEST

SUITE_MAIN("transform", a_reject_carries_the_bytes_up_to_their_limits, a_reject_of_nothing,
           a_marker_holds_only_the_range, what_has_no_room_leaves_the_buffer_usable);
