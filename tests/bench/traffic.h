/* Transactions as an upstream sends them: ids that say nothing, users, merchants and categories at
 * random, booked one after the other. Pure. */
#ifndef TRIBUTARY_TESTS_BENCH_TRAFFIC_H
#define TRIBUTARY_TESTS_BENCH_TRAFFIC_H

#include "common/base/buffer.h"
#include "common/base/random.h"
#include "common/event/event.h"

#include <stddef.h>
#include <stdint.h>

struct traffic {
    struct random random;
    int64_t count; /* of all that will come */
    int64_t number;
    int32_t users;
    int32_t days; /* that they are booked over: 1 unless changed */
    int32_t user; /* of the last one */
    char texts[4][64];
};

/* The same seed gives the same events. They are booked in order, evenly over a day. */
void traffic_init(struct traffic *traffic, int64_t count, int32_t users);

/* The next one; valid until the one after it. */
struct transaction traffic_next(struct traffic *traffic);

/* A category for the last one. Valid until the next one. */
struct slice traffic_category(struct traffic *traffic);

/* The number of the event with this id, from 0. */
int64_t traffic_number(struct slice id);

/* A whole request to a gateway at its default paths with the next `events` transactions: one as
 * JSON, or several as NDJSON. Owned by the caller. */
struct slice traffic_request(struct traffic *traffic, size_t events);

#endif
