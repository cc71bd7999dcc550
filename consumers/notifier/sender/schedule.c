#include "consumers/notifier/sender/schedule.h"

#include "common/base/must.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static const int64_t steps_ms[SCHEDULE_ATTEMPTS - 1] = {
    5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR,  5 * HOUR,
    10 * HOUR,  14 * HOUR,  20 * HOUR,   24 * HOUR,
};

int64_t schedule_delay_ms(struct random *random, int attempts, double scale, int64_t retry_after_s)
{
    int64_t least_ms = retry_after_s < 24 * HOUR / SECOND ? retry_after_s * SECOND : 24 * HOUR;
    int64_t step_ms, delay_ms;

    MUST(attempts > 0);
    if (attempts >= SCHEDULE_ATTEMPTS)
        return SCHEDULE_GIVEN_UP;
    step_ms = (int64_t)((double)steps_ms[attempts - 1] * scale);
    delay_ms = 1 + (int64_t)random_below(random, (uint64_t)(step_ms > 0 ? step_ms : 1));
    return delay_ms > least_ms ? delay_ms : least_ms;
}
