/* How right the classifier was, and how fast. Pure. */
#ifndef TRIBUTARY_FEEDER_SCORES_H
#define TRIBUTARY_FEEDER_SCORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Times from 1 us to beyond an hour, each within 1/64 of its value. */
enum { FEEDER_LATENCY_BUCKETS = 64 * 28 };

struct feeder_latency {
    uint64_t counts[FEEDER_LATENCY_BUCKETS];
    uint64_t count;
};

void feeder_latency_add(struct feeder_latency *latency, int64_t us);

/* The time that so many per cent were not above, as the upper end of its bucket; 0 without any. */
int64_t feeder_latency_percentile(const struct feeder_latency *latency, double percent);

/* Of the events from the middle of the stream on: those before it are where it learns. */
struct feeder_scores {
    uint64_t from; /* index of the first that counts */
    uint64_t count;
    uint64_t global_right;         /* the opinion of the global engine alone */
    uint64_t users_right;          /* the answer, which knows the user */
    struct feeder_latency latency; /* of all */
};

void feeder_scores_add(struct feeder_scores *scores, uint64_t index, bool global_right,
                       bool users_right);

#endif
