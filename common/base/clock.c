#include "common/base/clock.h"

#include <time.h>

static int64_t clock_read_us(clockid_t id)
{
    struct timespec time;

    clock_gettime(id, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

struct now clock_now(void)
{
    return (struct now){clock_wall_us(), clock_steady_us()};
}

int64_t clock_wall_us(void)
{
    return clock_read_us(CLOCK_REALTIME);
}

int64_t clock_steady_us(void)
{
    return clock_read_us(CLOCK_MONOTONIC);
}

int64_t clock_steady_ms(void)
{
    return clock_steady_us() / 1000;
}
