/* One lane of the poster: a request under way, or waiting to be repeated, and the next one being
 * filled. Part of the poster. */
#ifndef TRIBUTARY_FEEDER_LANE_H
#define TRIBUTARY_FEEDER_LANE_H

#include "producers/feeder/batch.h"

struct loop_timer;
struct feeder_poster;

struct feeder_lane {
    struct feeder_poster *poster;
    enum event_kind kind;
    struct feeder_batch batches[2];
    int filling; /* the one that takes events; the other is under way when busy */
    bool busy;
    unsigned attempt; /* of the one under way, from 0 */
    struct loop_timer *timer;
};

static inline struct feeder_batch *feeder_lane_filling(struct feeder_lane *lane)
{
    return &lane->batches[lane->filling];
}

static inline struct feeder_batch *feeder_lane_sent(struct feeder_lane *lane)
{
    return &lane->batches[1 - lane->filling];
}

#endif
