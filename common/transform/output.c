#include "common/transform/output.h"

#include "common/codec/codec.h"

static struct slice cut(struct slice bytes, size_t limit)
{
    return (struct slice){bytes.data, bytes.size < limit ? bytes.size : limit};
}

void output_marker(struct classification *ret_out)
{
    *ret_out = (struct classification){.outcome = OUTCOME_MARKER, .decided_by = DECIDER_NONE};
}

void output_rejected(struct classification *ret_out, struct reject *reject,
                     const struct record *record, const char *reason, const char *detail)
{
    *reject = (struct reject){
        .reason = slice_of(reason),
        .detail = cut(slice_of(detail), EVENT_REJECT_DETAIL_MAX),
        .key = cut(record->key, EVENT_REJECT_RAW_MAX),
        .value = cut(record->value, EVENT_REJECT_RAW_MAX),
    };
    *ret_out = (struct classification){
        .outcome = OUTCOME_REJECTED, .decided_by = DECIDER_NONE, .reject = reject};
}

struct slice output_key(const struct record *record)
{
    return record->key.size <= OUTPUT_KEY_MAX ? record->key : (struct slice){0};
}

bool output_encode(const struct classification *output, struct buffer *buffer)
{
    buffer_reset(buffer);
    codec_encode_classification(output, buffer);
    if (!buffer->overflow)
        return true;
    buffer_reset(buffer);
    return false;
}
