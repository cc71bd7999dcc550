/* What a consumer group is handed: records of its topics, decoded and checked, and what became of
 * each. Plain data; the worker fills it, the group reads it and answers with verdicts.
 *
 * Lifetime: everything a record points at lives until the batch is over (committed, dropped or
 * given back). A group stores no pointer of it. Records of one (input, partition) stand in offset
 * order; partitions are mixed. */
#ifndef TRIBUTARY_WORKER_BATCH_H
#define TRIBUTARY_WORKER_BATCH_H

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/slice.h"
#include "common/event/classification.h"
#include "common/event/feedback.h"
#include "common/event/transaction.h"
#include "common/worker/go_back.h"

#include <stddef.h>
#include <stdint.h>

/* What the records of a topic are. */
enum input_kind {
    INPUT_TRANSACTIONS,
    INPUT_FEEDBACK,
    INPUT_CLASSIFICATIONS, /* sequenced: read by the go-back rule, counted in source offsets */
};

/* One topic that a group reads. All inputs of a group have the same number of partitions. */
struct input {
    const char *topic; /* without the prefix */
    enum input_kind kind;
};

struct record {
    int32_t input; /* index in the group's inputs */
    int32_t partition;
    int64_t offset;      /* of the topic itself */
    int64_t appended_us; /* broker's append time */
    struct slice key;
    struct slice value; /* as it stands in the log */

    /* Source offsets that this record stands for: the record's own and empty ones before it. */
    struct go_back_range range;

    /* Exactly one is set, as the input's kind says; none for a gap or an undecodable record. */
    const struct transaction *transaction;
    const struct feedback *feedback;
    const struct classification *classification;

    /* Sinks only: surrogate keys of tenant, user and category, and keyed hashes of the ids. */
    int64_t user_key;
    int32_t tenant_key;
    int32_t category_key;     /* of the classification or the feedback; 0: none, or one that a
                                 user may not add (common/sink/categories.h) */
    int64_t id_hash;          /* of the transaction's or the feedback's own id */
    int64_t transaction_hash; /* of the transaction that it is or that the feedback is about */
    int64_t version;          /* of what this partition's users have: grows with every commit that
                                 changes it */

    /* Set where the record is bad: a reason code and a line about it; both live with the batch. */
    const char *reject_reason;
    const char *reject_detail;

    void *message; /* the worker's */
};

struct batch {
    struct record *records;
    size_t count;
    struct arena *arena; /* for what the group makes of this batch; given back after it */
    struct now now;      /* the group's clock */
};

enum verdict {
    VERDICT_NONE,      /* not answered: a programming error when the group returns STATUS_OK */
    VERDICT_APPLIED,   /* something new came of it */
    VERDICT_DUPLICATE, /* all that it would do was there already */
    VERDICT_REJECTED,  /* this record never can be applied: a dead letter */
};

/* One a record of the batch, same index. */
struct verdicts {
    enum verdict *items;
    const char **reasons; /* of rejected ones; a code of static storage */
};

static inline void verdict_set(struct verdicts *verdicts, size_t index, enum verdict verdict)
{
    verdicts->items[index] = verdict;
}

static inline void verdict_reject(struct verdicts *verdicts, size_t index, const char *reason)
{
    verdicts->items[index] = VERDICT_REJECTED;
    verdicts->reasons[index] = reason;
}

#endif
