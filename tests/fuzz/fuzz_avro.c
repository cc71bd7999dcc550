/* Kafka records into events: codec_decode_*. The first byte chooses the kind, and whether the wire
 * format's prefix is put before the rest or is part of it. What is taken must be taken again once
 * encoded; the checks and the writers run over it. */
#include "common/base/must.h"
#include "common/codec/codec.h"
#include "common/event/event_json.h"
#include "tests/fuzz/target.h"

enum { RECORD_MAX = 256 << 10 };

struct fuzz {
    struct buffer record;
    struct buffer again;
    struct buffer text;
    struct arena *arena;
    struct error error;
};

/* Bytes, not structs: a float may be no number, which is not equal to itself. */
static void check_again(struct fuzz *fuzz, enum status status, struct buffer *third)
{
    MUST(status == STATUS_OK);
    MUST(slice_equal(buffer_slice(&fuzz->again), buffer_slice(third)));
}

static void fuzz_transaction(struct fuzz *fuzz, struct buffer *third)
{
    struct transaction event;
    struct event_fault fault;
    enum status status;

    if (codec_decode_transaction(buffer_slice(&fuzz->record), fuzz->arena, &event, &fuzz->error) !=
        STATUS_OK)
        return;
    if (event_check_transaction(&event, &fault))
        event_json_write_transaction(&event, EVENT_JSON_WHOLE, &fuzz->text);
    codec_encode_transaction(&event, &fuzz->again);
    status =
        codec_decode_transaction(buffer_slice(&fuzz->again), fuzz->arena, &event, &fuzz->error);
    codec_encode_transaction(&event, third);
    check_again(fuzz, status, third);
}

static void fuzz_feedback(struct fuzz *fuzz, struct buffer *third)
{
    struct feedback event;
    struct event_fault fault;
    enum status status;

    if (codec_decode_feedback(buffer_slice(&fuzz->record), fuzz->arena, &event, &fuzz->error) !=
        STATUS_OK)
        return;
    if (event_check_feedback(&event, &fault))
        event_json_write_feedback(&event, EVENT_JSON_WHOLE, &fuzz->text);
    codec_encode_feedback(&event, &fuzz->again);
    status = codec_decode_feedback(buffer_slice(&fuzz->again), fuzz->arena, &event, &fuzz->error);
    codec_encode_feedback(&event, third);
    check_again(fuzz, status, third);
}

static void fuzz_classification(struct fuzz *fuzz, struct buffer *third)
{
    struct classification event;
    struct event_fault fault;
    enum status status;

    if (codec_decode_classification(buffer_slice(&fuzz->record), fuzz->arena, &event,
                                    &fuzz->error) != STATUS_OK)
        return;
    if (event_check_classification(&event, &fault))
        event_json_write_classification(&event, &fuzz->text);
    codec_encode_classification(&event, &fuzz->again);
    status =
        codec_decode_classification(buffer_slice(&fuzz->again), fuzz->arena, &event, &fuzz->error);
    codec_encode_classification(&event, third);
    check_again(fuzz, status, third);
}

static void put_prefix(struct buffer *out, uint32_t id)
{
    buffer_append_byte(out, 0);
    for (int shift = 24; shift >= 0; shift -= 8)
        buffer_append_byte(out, (uint8_t)(id >> shift));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const kinds[])(struct fuzz *, struct buffer *) = {
        [EVENT_TRANSACTION] = fuzz_transaction,
        [EVENT_FEEDBACK] = fuzz_feedback,
        [EVENT_CLASSIFICATION] = fuzz_classification,
    };
    struct fuzz fuzz = {.error = {.status = STATUS_OK}};
    struct buffer third;
    unsigned kind;

    if (size < 1 || size > RECORD_MAX / 2)
        return 0;
    kind = (data[0] & 0x7f) % EVENT_KIND_COUNT;
    fuzz.arena = arena_new(2 * CODEC_DECODE_ARENA_BYTES);
    buffer_init(&fuzz.record, RECORD_MAX);
    buffer_init(&fuzz.again, RECORD_MAX);
    buffer_init(&fuzz.text, 2 * RECORD_MAX);
    buffer_init(&third, RECORD_MAX);
    if ((data[0] & 0x80) == 0)
        put_prefix(&fuzz.record, codec_schema_id((enum event_kind)kind));
    buffer_append(&fuzz.record, data + 1, size - 1);
    kinds[kind](&fuzz, &third);
    MUST(fuzz.error.status == STATUS_OK || fuzz.error.status == STATUS_REJECT);
    buffer_done(&third);
    buffer_done(&fuzz.text);
    buffer_done(&fuzz.again);
    buffer_done(&fuzz.record);
    arena_free(fuzz.arena);
    return 0;
}
