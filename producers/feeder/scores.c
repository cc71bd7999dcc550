#include "producers/feeder/scores.h"

enum { FINE = 64 }; /* buckets to a doubling */

/* Below 64 exact; then the highest bit and the six behind it. */
static size_t bucket_of(uint64_t us)
{
    unsigned shift;
    size_t bucket;

    if (us < FINE)
        return (size_t)us;
    shift = (unsigned)(63 - __builtin_clzll(us)) - 6;
    bucket = (size_t)(shift + 1) * FINE + (size_t)((us >> shift) - FINE);
    return bucket < FEEDER_LATENCY_BUCKETS ? bucket : FEEDER_LATENCY_BUCKETS - 1;
}

static int64_t bucket_end(size_t bucket)
{
    unsigned shift;

    if (bucket < FINE)
        return (int64_t)bucket;
    shift = (unsigned)(bucket / FINE) - 1;
    return (int64_t)(((uint64_t)(bucket % FINE) + FINE + 1) << shift) - 1;
}

void feeder_latency_add(struct feeder_latency *latency, int64_t us)
{
    latency->counts[bucket_of(us < 0 ? 0 : (uint64_t)us)]++;
    latency->count++;
}

int64_t feeder_latency_percentile(const struct feeder_latency *latency, double percent)
{
    double wanted = (double)latency->count * percent / 100;
    uint64_t below = 0;

    if (latency->count == 0)
        return 0;
    for (size_t i = 0; i < FEEDER_LATENCY_BUCKETS; i++) {
        below += latency->counts[i];
        if (below > 0 && (double)below >= wanted)
            return bucket_end(i);
    }
    return bucket_end(FEEDER_LATENCY_BUCKETS - 1);
}

void feeder_scores_add(struct feeder_scores *scores, uint64_t index, bool global_right,
                       bool users_right)
{
    if (index < scores->from)
        return;
    scores->count++;
    scores->global_right += global_right;
    scores->users_right += users_right;
}
