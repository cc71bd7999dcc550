/* A transform: Kafka -> Kafka, each input one output, in order, on the same partition number. The
 * runtime keeps order, ranges, acknowledgements and commits (common/worker/go_back.h); a group only
 * says what one record becomes.
 *
 *     int main(int argc, char **argv) { return transform_main(&classifier, argc, argv); }
 *
 * All calls for one state come from one thread; a process has several, each with its own state. */
#ifndef TRIBUTARY_TRANSFORM_TRANSFORM_H
#define TRIBUTARY_TRANSFORM_TRANSFORM_H

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/metrics/metrics.h"
#include "common/postgres/postgres.h"
#include "common/redis/redis.h"
#include "common/worker/batch.h"

#include <stddef.h>
#include <stdint.h>

struct transform_context {
    const char *name;
    const void *settings;
    struct postgres
        *db; /* for look-ups, with short deadlines; away is not a failure of the group */
    struct redis *redis;
    struct metrics *metrics;
    int thread;
};

struct transform {
    const char *name;   /* Kafka's group id */
    const char *output; /* topic, without the prefix */
    struct input input;
    const struct setting *settings;
    size_t setting_count;
    size_t settings_size;
    size_t state_size;

    enum status (*open)(void *state, const struct transform_context *context, struct error *error);

    /* The partition is ours from here on: its users will come. May be NULL. */
    void (*taken)(void *state, int32_t partition);

    /* Looks up what the batch will need: one round trip, not one a record. A store that is away is
     * the group's to get along without; RETRY only where going on would be wrong. */
    enum status (*prepare)(void *state, const struct batch *batch, struct error *error);

    /* Pure: what one record becomes. Fills all but from, to and classified_at, which the runtime
     * sets. Memory from batch->arena. Never sees a rejected record. */
    enum status (*map)(void *state, const struct batch *batch, const struct record *in,
                       struct classification *ret_out, struct error *error);

    /* About every 100 ms, between batches. May be NULL. */
    void (*tick)(void *state, struct now now);
    void (*revoked)(void *state, int32_t partition); /* may be NULL */
    void (*close)(void *state);                      /* also after a failed open; may be NULL */
};

int transform_main(const struct transform *transform, int argc, char **argv);

#endif
