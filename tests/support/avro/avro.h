/* avro-c as the oracle of common/codec: events through its generic values, which are slow and know
 * nothing of our code. Bytes here are Avro's, without the five of the wire format before them. */
#ifndef TRIBUTARY_TESTS_SUPPORT_AVRO_H
#define TRIBUTARY_TESTS_SUPPORT_AVRO_H

#include "common/base/buffer.h"
#include "common/event/event.h"

/* One schema with a value that is used again; the fast way to use avro-c. */
struct avro_oracle;

/* Never NULL; the schema as JSON must be one of ours. */
struct avro_oracle *avro_oracle_new(const char *schema_json);
void avro_oracle_free(struct avro_oracle *oracle);

/* Fills the value from a struct and appends its bytes. */
void avro_oracle_write_transaction(struct avro_oracle *oracle, const struct transaction *event,
                                   struct buffer *out);
void avro_oracle_write_feedback(struct avro_oracle *oracle, const struct feedback *event,
                                struct buffer *out);
void avro_oracle_write_classification(struct avro_oracle *oracle,
                                      const struct classification *event, struct buffer *out);

/* Reads bytes into a second value; false when avro-c refuses them or leaves some. */
bool avro_oracle_read(struct avro_oracle *oracle, struct slice bytes);

/* True when the value last read is the one last filled in. */
bool avro_oracle_agrees(struct avro_oracle *oracle);

#endif
