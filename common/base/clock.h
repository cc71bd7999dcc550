/* Time. Pure logic takes a struct now as a parameter and never reads a clock.
 * Wall time is microseconds since 1970-01-01 UTC; steady time only ever grows and has no epoch. */
#ifndef TRIBUTARY_BASE_CLOCK_H
#define TRIBUTARY_BASE_CLOCK_H

#include <stdint.h>

struct now {
    int64_t wall_us;
    int64_t steady_us;
};

struct now clock_now(void);
int64_t clock_wall_us(void);
int64_t clock_steady_us(void);
int64_t clock_steady_ms(void);

#endif
