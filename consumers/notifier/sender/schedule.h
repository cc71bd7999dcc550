/* When a failed delivery is tried again: the steps of Standard Webhooks 1.0.0, each with full
 * jitter, so that what failed together does not come back together. Pure. */
#ifndef TRIBUTARY_SENDER_SCHEDULE_H
#define TRIBUTARY_SENDER_SCHEDULE_H

#include "common/base/random.h"

#include <stdint.h>

enum {
    SCHEDULE_ATTEMPTS = 10, /* the first one and nine more: at most 75 hours of waits */
    SCHEDULE_GIVEN_UP = -1,
};

/* Milliseconds until the next attempt after `attempts` have failed (1 or more), or
 * SCHEDULE_GIVEN_UP. scale shortens the steps, for tests. What the endpoint asked for
 * (Retry-After; 0: nothing) is the least, up to a day. */
int64_t schedule_delay_ms(struct random *random, int attempts, double scale, int64_t retry_after_s);

#endif
