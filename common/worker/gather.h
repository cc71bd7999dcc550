/* The batch in the making: takes records up to a count, bytes or age, decodes each on the way in,
 * and gives everything back at once. Knows no Kafka: messages are handles with a release function.
 */
#ifndef TRIBUTARY_WORKER_GATHER_H
#define TRIBUTARY_WORKER_GATHER_H

#include "common/worker/batch.h"

#include <stdbool.h>

struct gather_limits {
    size_t records;
    size_t bytes;    /* of keys and values */
    int64_t wait_us; /* how long the first record may wait for company */
};

struct gather {
    struct batch batch;
    size_t added; /* since the arena was empty: dropped ones still hold memory */
    size_t bytes;
    int64_t first_us; /* steady time of the oldest record */
    struct gather_limits limits;
    void (*release)(void *message);
};

/* Keeps an arena of its own for what the records decode to. */
void gather_init(struct gather *gather, const struct gather_limits *limits,
                 void (*release)(void *message));
void gather_done(struct gather *gather);

/* A place for the next record, zeroed; it must not be full. bytes: of its key and value. */
struct record *gather_add(struct gather *gather, size_t bytes, int64_t now_us);

/* No room for another record. */
bool gather_full(const struct gather *gather);

/* Worth applying now: full, or the oldest record has waited long enough. */
bool gather_due(const struct gather *gather, int64_t now_us);

/* Releases the messages and forgets the records. */
void gather_reset(struct gather *gather);

/* Forgets the records of one partition, keeping the order of the rest. */
void gather_drop_partition(struct gather *gather, int32_t partition);

#endif
