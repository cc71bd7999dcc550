/* From the bytes of a record to an event that may be trusted: decoded, checked, and under the key
 * and in the partition that its user has. What fails gets a reason instead. */
#ifndef TRIBUTARY_WORKER_DECODE_H
#define TRIBUTARY_WORKER_DECODE_H

#include "common/codec/codec.h"
#include "common/worker/batch.h"

/* Most that one record takes from the arena, whatever its bytes: the event, or a reject's reason
 * and line with what was decoded before. */
enum { DECODE_ARENA_BYTES = CODEC_DECODE_ARENA_BYTES + 768 };

/* The reasons of its own, ending with NULL; the others are codec_reasons and event_reasons. */
extern const char *const decode_reasons[];

/* Fills the event or the reject of a record whose key, value, offset and range.from are set, and
 * range.to; for classifications the range comes from the event. Memory from arena, which
 * must have DECODE_ARENA_BYTES left; the event borrows from the value. partitions: of every topic.
 */
void decode_record(const struct input *input, int32_t partitions, struct arena *arena,
                   struct record *record);

#endif
