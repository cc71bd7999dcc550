/* Hot reads: the sums of a user's month, as one Redis hash, for whoever shows them.
 *
 *     <prefix>sums:<tenant>:<user>:2026-02     field "food|EUR" -> "-1234 7" (minor units, events)
 *
 * Fed after COMMIT, set only if newer, and gone after a while: Redis may be flushed at any time,
 * and the truth is month_sums. A hash is there with all sums of its month or not at all. */
#ifndef TRIBUTARY_ANALYTICS_HOT_H
#define TRIBUTARY_ANALYTICS_HOT_H

#include "common/base/arena.h"
#include "common/postgres/result.h"
#include "common/sink/sink.h"
#include "common/worker/batch.h"
#include "consumers/analytics/store.h"

#include <stddef.h>

struct hot_month;

struct hot {
    struct redis *redis;
    struct postgres *db;
    struct store *store;
    struct arena *arena;   /* what the transaction changed, until it is written */
    struct arena *scratch; /* months that are written whole */
    struct hot_month *months;
    size_t count;
    struct metrics_counter *failures;
};

/* store is borrowed. */
void hot_init(struct hot *hot, const struct sink_context *context, struct store *store);
void hot_done(struct hot *hot);

/* Copies what is to be written when the transaction commits. months: of store_add_sums. */
void hot_note(struct hot *hot, const struct batch *batch, const struct postgres_result *months);

/* A transaction that did not commit: nothing of it is written. */
void hot_forget(struct hot *hot);

/* Writes what was noted; a Redis that is away costs nothing but freshness. */
void hot_write(struct hot *hot);

#endif
