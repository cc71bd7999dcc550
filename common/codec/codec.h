/* Events as the bytes of a Kafka record and back: Confluent's wire format (byte 0, schema id as
 * four bytes big-endian, Avro). The codec proper is made from schemas/ at build time. It knows what
 * bytes may look like; what an event may say is event_check_* (common/event). */
#ifndef TRIBUTARY_CODEC_CODEC_H
#define TRIBUTARY_CODEC_CODEC_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/event/classification.h"
#include "common/event/event.h"
#include "common/event/feedback.h"
#include "common/event/transaction.h"

#include <stdint.h>

/* Most that one decode takes from its arena, whatever the bytes. */
enum { CODEC_DECODE_ARENA_BYTES = 3 * 1024 };

/* Every code that a decoder may set in error->code, ending with NULL: reasons of dead letters and
 * labels of metrics. docs/events.md says what each means. */
extern const char *const codec_reasons[];

/* Appends one record's value. The event must have passed event_check_*. Sets buffer->overflow when
 * there may not be room: up to ten bytes more for each field than are written. */
void codec_encode_transaction(const struct transaction *event, struct buffer *out);
void codec_encode_feedback(const struct feedback *event, struct buffer *out);
void codec_encode_classification(const struct classification *event, struct buffer *out);

/* One record's value into a struct, which borrows from bytes and arena. STATUS_REJECT with a code
 * of codec_reasons when the bytes are no such event (an empty value included, as Kafka's
 * tombstones); STATUS_FATAL when the arena has no room. An older version of the schema is resolved.
 */
MUST_CHECK enum status codec_decode_transaction(struct slice bytes, struct arena *arena,
                                                struct transaction *ret, struct error *error);
MUST_CHECK enum status codec_decode_feedback(struct slice bytes, struct arena *arena,
                                             struct feedback *ret, struct error *error);
MUST_CHECK enum status codec_decode_classification(struct slice bytes, struct arena *arena,
                                                   struct classification *ret, struct error *error);

/* The schema that the kind is written with: its id, which never changes while the schema means the
 * same bytes, and its JSON, self-contained. */
uint32_t codec_schema_id(enum event_kind kind);
const char *codec_schema_json(enum event_kind kind);

/* The JSON of any schema that is known, older versions too; NULL for another id. For a registry's
 * read API. */
const char *codec_schema_json_of_id(uint32_t id);

#endif
