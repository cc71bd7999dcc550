/* What a classifier knows of its users: each user's weights from memory, Redis or Postgres, fresh
 * within a second of a lesson, and available while stores are away.
 *
 * Freshness: the learner gives every change the next number of its partition, and `published` says
 * up to which one Redis has been told. weights_sync reads the changelog of each partition from
 * `published` on, again and again: a user named there has a floor, and copies below the floor, in
 * memory or Redis, are not used but Postgres is read. So a lost or late refresh costs one sync. A
 * partition's cursor must start at `published`: at the end, a change that the learner has not told
 * Redis of would be missed for ever. Where too much is new to be read at once (the learner is far
 * ahead of Redis, or we were away), nobody's copy in Redis counts until `published` has come up.
 *
 * With Postgres away what memory and Redis have is used, however old, and staleness grows (a
 * metric). With both away users are classified without weights. Neither is waited for longer than a
 * short deadline, and then not asked for a second. One thread. */
#ifndef TRIBUTARY_WEIGHTS_WEIGHTS_H
#define TRIBUTARY_WEIGHTS_WEIGHTS_H

#include "common/base/clock.h"
#include "common/base/owned.h"
#include "common/base/slice.h"
#include "common/engine/user.h"
#include "common/metrics/metrics.h"
#include "common/postgres/postgres.h"
#include "common/redis/redis.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weights;

struct weights_options {
    struct postgres *db; /* borrowed; no transaction may be open on it */
    struct redis *redis; /* borrowed */
    struct metrics *metrics;
    size_t cache_bytes;  /* of users in memory */
    int64_t deadline_ms; /* for one look-up of a batch in one store */
};

struct weights *weights_new(const struct weights_options *options);
void weights_free(struct weights *weights);
OWNED_DEFINE(weights);

/* The partition's users will come. Nothing of before counts. */
void weights_take(struct weights *weights, int32_t partition);
void weights_revoke(struct weights *weights, int32_t partition);

/* One user of a batch. */
struct weights_query {
    struct slice tenant;
    struct slice user;
    int32_t partition;
    const struct engine_user
        *ret_user; /* NULL: none, or not to be had; valid until the next call */
};

/* Finds all of them, which must be different users: memory, one pipelined round trip to Redis, one
 * statement to Postgres. */
void weights_find(struct weights *weights, struct weights_query *queries, size_t count,
                  struct now now);

/* Reads the changelog when it is due (every 500 ms). */
void weights_sync(struct weights *weights, struct now now);

#endif
