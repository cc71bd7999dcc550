/* What every consumer exports of itself. docs/metrics.md lists the names, which are API. */
#ifndef TRIBUTARY_WORKER_STATS_H
#define TRIBUTARY_WORKER_STATS_H

#include "common/metrics/metrics.h"
#include "common/worker/batch.h"

#include <stdbool.h>
#include <stdint.h>

/* The families of one group; the same for all its threads. */
struct stats {
    const char *group;
    struct metrics_family *lag_records;
    struct metrics_family *lag_seconds;
    struct metrics_family *halted;
    struct metrics_counter *batches;
    struct metrics_counter *rebalances;
    struct metrics_counter *failures[5]; /* by enum status */
    struct metrics_counter *commit_failures;
    struct metrics_gauge *partitions;
    struct metrics_histogram *batch_records;
    struct metrics_histogram *batch_seconds;
    struct metrics_counter *records[4]; /* by input */
};

void stats_init(struct stats *stats, struct metrics *metrics, const char *group,
                const struct input *inputs, size_t input_count);

/* The series of one partition of one input, while it is ours. */
struct stats_lag {
    struct metrics_gauge *records;
    struct metrics_real *seconds;
    struct metrics_gauge *halted;
};
void stats_lag_add(struct stats *stats, const char *topic, int32_t partition,
                   struct stats_lag *ret_lag);
void stats_lag_remove(struct stats *stats, const char *topic, int32_t partition,
                      struct stats_lag *lag);

#endif
