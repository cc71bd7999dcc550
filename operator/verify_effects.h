/* Looks up what became of records: an effect table each of the groups, or the dead letters. In
 * batches, so memory is bounded whatever the log's size; each by itself, behind the snapshot: what
 * is looked up of an effect or a letter never changes, so what was there then is there now. */
#ifndef TRIBUTARY_OPERATOR_VERIFY_EFFECTS_H
#define TRIBUTARY_OPERATOR_VERIFY_EFFECTS_H

#include "common/kafka/consumer.h"
#include "operator/verify.h"

struct effects;

/* For the records of one source topic. Differences go to result. */
enum status effects_new(struct verify *verify, const char *source, struct report_result *result,
                        struct effects **ret_effects, struct error *error) MUST_CHECK;
void effects_free(struct effects *effects);

/* row's group has passed this record, so it must have left a trace. A group without a table of
 * effects is passed over. */
enum status effects_expect(struct effects *effects, const struct standing_row *row,
                           const struct kafka_record *record, struct error *error) MUST_CHECK;

/* Looks up what is still gathered. */
enum status effects_finish(struct effects *effects, struct error *error) MUST_CHECK;

#endif
