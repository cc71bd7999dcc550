/* What one thread of a transform holds. Private to this folder. */
#ifndef TRIBUTARY_TRANSFORM_LIFE_H
#define TRIBUTARY_TRANSFORM_LIFE_H

#include "common/transform/commits.h"
#include "common/transform/sender.h"
#include "common/transform/settings.h"
#include "common/transform/transform.h"
#include "common/worker/worker.h"

/* What all threads of a program share: settings, filled before they start. */
struct transform_program {
    const struct transform *transform;
    struct transform_settings settings;
    struct postgres_settings postgres;
    struct redis_settings redis;
    void *group_settings;
};

struct transform_life {
    const struct transform_program *program;
    const struct worker_thread *thread;
    struct postgres *db;
    struct redis *redis;
    struct sender *sender;
    struct commits commits;
    struct transform_stats stats;
    struct arena *scratch;   /* of one try of a batch: what the group makes of it */
    struct record *selected; /* records to map, when they are not all of the batch */
    struct buffer encoded;   /* one output */
    bool *taken;             /* by partition */
    void *state;             /* the group's */
    bool state_opened;
    int64_t tick_at_ms;
};

/* Makes an output of every record that is not covered yet; each is retained, and sent as soon as
 * that can be. What was covered before a RETRY is not made again. */
enum status transform_apply(struct transform_life *life, const struct batch *batch,
                            struct error *error);

/* Where the group has committed to: the offset to start from. REJECT: none, or outside the log. */
enum status transform_find_start(const struct transform_life *life, int32_t partition,
                                 int64_t *ret_next, struct error *error);

#endif
