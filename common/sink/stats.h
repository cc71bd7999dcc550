/* What a sink exports beside what every worker does (common/worker/stats.h): its books. */
#ifndef TRIBUTARY_SINK_STATS_H
#define TRIBUTARY_SINK_STATS_H

#include "common/metrics/metrics.h"
#include "common/sink/letters.h"
#include "common/sink/offsets.h"

struct sink_stats {
    const char *group;
    struct metrics *metrics;
    struct metrics_family *unaccounted;
    struct metrics_family *letters;
    struct metrics_histogram *age_seconds;
    struct metrics_counter *results[4][6]; /* by input and what became of it */
    struct metrics_gauge **gauges;         /* of unaccounted; by offsets_index */
};

void sink_stats_init(struct sink_stats *stats, struct metrics *metrics,
                     const struct offsets *offsets);
void sink_stats_done(struct sink_stats *stats, const struct offsets *offsets);

/* The series of a partition, while it is ours. Both are idempotent. */
void sink_stats_add(struct sink_stats *stats, const struct offsets *offsets, int32_t partition);
void sink_stats_remove(struct sink_stats *stats, const struct offsets *offsets, int32_t partition);

/* After COMMIT. */
void sink_stats_changed(struct sink_stats *stats, const struct offsets *offsets,
                        const struct offset_change *changes);
void sink_stats_letter(struct sink_stats *stats, const struct letter_label *label);

#endif
