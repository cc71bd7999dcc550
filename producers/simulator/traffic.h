/* A stream of made-up events: transactions of users with habits, refunds, some posted twice, some
 * late, and what the users say of them. The same plan always gives the same bytes. Pure: time in it
 * is its own. */
#ifndef TRIBUTARY_SIMULATOR_TRAFFIC_H
#define TRIBUTARY_SIMULATOR_TRAFFIC_H

#include "common/base/owned.h"
#include "producers/feeder/feeder_event.h"

enum { TRAFFIC_USERS_MAX = 10 * 1000 * 1000 };

struct traffic_plan {
    uint64_t seed;
    uint64_t events;  /* transactions, repeated ones too; 0: no end */
    uint32_t users;   /* 1 .. TRAFFIC_USERS_MAX */
    int64_t start_us; /* when the first one occurs; the last one within a year from it */
    bool corrections; /* users correct what they call otherwise than most, whatever was answered;
                         else somebody else does who knows the answers */
};

struct traffic;

/* Never NULL. */
struct traffic *traffic_new(const struct traffic_plan *plan);
void traffic_free(struct traffic *traffic);
OWNED_DEFINE(traffic);

/* False at the end. Borrowed until the next call. */
bool traffic_next(struct traffic *traffic, struct feeder_event *ret_event);

#endif
