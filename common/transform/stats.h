/* What a transform exports beside what every worker does (common/worker/stats.h). The threads of a
 * process share the series. docs/metrics.md lists the names, which are API. */
#ifndef TRIBUTARY_TRANSFORM_STATS_H
#define TRIBUTARY_TRANSFORM_STATS_H

#include "common/event/classification.h"
#include "common/metrics/metrics.h"

#include <stdint.h>

struct transform_stats {
    const char *group;
    struct metrics_counter *incarnations;
    struct metrics_gauge *retained; /* bytes, of all threads */
    int64_t retained_bytes;         /* this thread's part of it */
    struct metrics_histogram *delivery;
    struct metrics_counter *outputs[OUTCOME_COUNT];
    struct metrics_family *committed_family;
    struct metrics_gauge **committed; /* by partition; NULL: not ours */
    int32_t partitions;
};

/* group is borrowed for the life of the stats. */
void transform_stats_init(struct transform_stats *stats, struct metrics *metrics, const char *group,
                          int32_t partitions);
void transform_stats_done(struct transform_stats *stats);

void transform_stats_retained(struct transform_stats *stats, int64_t bytes);

/* The series of a partition, while it is ours. Both are idempotent. */
void transform_stats_committed(struct transform_stats *stats, int32_t partition, int64_t offset);
void transform_stats_remove(struct transform_stats *stats, int32_t partition);

#endif
