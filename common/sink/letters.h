/* Dead letters: records that never can be applied, as rows, in the transaction that counts them. */
#ifndef TRIBUTARY_SINK_LETTERS_H
#define TRIBUTARY_SINK_LETTERS_H

#include "common/base/status.h"
#include "common/postgres/array.h"
#include "common/postgres/tx.h"
#include "common/worker/batch.h"

enum { LETTERS_COLUMNS = 10, LETTERS_RAW_BYTES = 64 * 1024 };

/* The name under which the outputs that a classifier itself rejected are listed, and the topic that
 * sequenced records count in. */
#define LETTERS_CLASSIFIER "classifier"
#define LETTERS_SOURCE     "transactions"

/* What the metrics say of one: a group and a reason of a bounded set; borrowed. */
struct letter_label {
    const char *group;
    const char *reason;
};

struct letters {
    struct postgres_array columns[LETTERS_COLUMNS];
    struct letter_label *labels; /* owned; one a letter */
    size_t count, capacity;
};

void letters_init(struct letters *letters);
void letters_done(struct letters *letters);
void letters_reset(struct letters *letters);

/* In source coordinates: (group, topic, partition, offset) says whose record it is and which one.
 */
struct letter {
    const char *group;
    const char *topic;
    int32_t partition;
    int64_t offset;
    struct slice reason;
    const char *reason_label; /* letters_label of the reason, where that is not our own */
    struct slice detail;
    struct slice key;
    struct slice value; /* cut at LETTERS_RAW_BYTES */
    int64_t appended_us;
};
void letters_add(struct letters *letters, const struct letter *letter);

/* A reason that came with a record, as a label: itself where workers have it, else "other". */
const char *letters_label(struct slice reason);

/* Queues the insert of all that was added; one that is there already is left alone. Does nothing
 * without any. */
enum status letters_post(struct letters *letters, struct postgres_tx *tx,
                         struct error *error) MUST_CHECK;

#endif
