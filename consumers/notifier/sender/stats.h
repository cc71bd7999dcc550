/* What a sender exports. */
#ifndef TRIBUTARY_SENDER_STATS_H
#define TRIBUTARY_SENDER_STATS_H

#include "common/metrics/metrics.h"
#include "consumers/notifier/channels/channel.h"

#include <stddef.h>

/* What became of an attempt. LOST: its lease was over, so another sender's word counts. */
enum sender_outcome {
    SENDER_SENT,
    SENDER_FAILED, /* comes again */
    SENDER_DEAD,
    SENDER_DEFERRED,
    SENDER_LOST,
    SENDER_OUTCOMES,
};

struct sender_stats {
    struct metrics_counter *attempts[CHANNELS][SENDER_OUTCOMES];
    struct metrics_histogram *latency[CHANNELS];
    struct metrics_histogram *elapsed[CHANNELS];
    struct metrics_gauge *under_way;
    struct metrics_gauge *breakers_open;
    struct metrics_real *oldest_due;
};

void sender_stats_init(struct sender_stats *stats, struct metrics *metrics);

#endif
