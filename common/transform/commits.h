/* The consumed offsets that a transform commits: only behind outputs that are acknowledged in
 * order, now and then without waiting, and once more with waiting before partitions are given up. A
 * commit that fails or comes late costs a re-run, never more. */
#ifndef TRIBUTARY_TRANSFORM_COMMITS_H
#define TRIBUTARY_TRANSFORM_COMMITS_H

#include "common/kafka/consumer.h"
#include "common/transform/stats.h"
#include "common/transform/window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct commits {
    int64_t *asked; /* by partition: the last offset that a commit was asked for */
    struct kafka_position *positions;
    int32_t partitions;
    int64_t interval_ms;
    int64_t next_at_ms;
    int64_t all_at_ms; /* when to commit again what has not changed, in case it failed */
};

void commits_init(struct commits *commits, int32_t partitions, int64_t interval_ms);
void commits_done(struct commits *commits);

/* The partition is ours, and that is what its group has committed. */
void commits_take(struct commits *commits, int32_t partition, int64_t committed);

/* Fills commits->positions with what may be committed and was not asked for yet, or all of it; how
 * many. Pure. */
size_t commits_collect(struct commits *commits, const struct window *window, bool all);

/* When it is time: asks for what is new. */
void commits_turn(struct commits *commits, const struct window *window,
                  struct kafka_consumer *consumer, struct transform_stats *stats, int64_t now_ms);

/* Commits what is new and waits for the answer, up to timeout_ms. */
void commits_settle(struct commits *commits, const struct window *window,
                    struct kafka_consumer *consumer, int64_t timeout_ms);

#endif
