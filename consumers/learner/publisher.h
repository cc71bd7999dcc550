/* After COMMIT: tells the caches, then advances `published`. What could not be told stays above it,
 * and is told by the next try, or by whoever takes the partition, slice by slice: however long
 * Redis was away. */
#ifndef TRIBUTARY_LEARNER_PUBLISHER_H
#define TRIBUTARY_LEARNER_PUBLISHER_H

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/sink/sink.h"
#include "common/weights/redis_copy.h"
#include "consumers/learner/lessons.h"

enum {
    PUBLISHER_PARTITIONS = 1024,
    PUBLISHER_SLICE = 1000, /* changes that are told at once from the table */
};

struct publisher {
    struct postgres *db;
    struct redis *redis;
    struct arena *arena; /* what the transaction changed, until it is told */
    struct weights_copy *copies;
    size_t copy_count;
    struct partition_changes *changes;
    size_t change_count;
    bool owned[PUBLISHER_PARTITIONS];
    bool behind[PUBLISHER_PARTITIONS]; /* something above `published` is not told */
    int32_t turn;                      /* the partition that the next tick begins with */
    int64_t retry_at_ms;
    struct metrics_counter *failures;
};

void publisher_init(struct publisher *publisher, const struct sink_context *context);
void publisher_done(struct publisher *publisher);

/* Copies what is to be told when the transaction commits. */
void publisher_note(struct publisher *publisher, const struct lessons *lessons);

/* A transaction that did not commit. */
void publisher_forget(struct publisher *publisher);

/* Tells what was noted. */
void publisher_publish(struct publisher *publisher);

/* Tells the first slice above `published`, before the first record; ticks tell the others. RETRY:
 * Postgres is away; a Redis that is away is tried again later. */
enum status publisher_take(struct publisher *publisher, int32_t partition,
                           struct error *error) MUST_CHECK;

void publisher_tick(struct publisher *publisher, struct now now);
void publisher_revoke(struct publisher *publisher, int32_t partition);

#endif
