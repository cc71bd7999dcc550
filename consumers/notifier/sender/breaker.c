#include "consumers/notifier/sender/breaker.h"

enum { PAUSE_MS = 5000, PAUSE_DOUBLINGS = 6 }; /* up to 320 s */

static int64_t pause_ms(const struct breaker *breaker, struct random *random, double scale)
{
    unsigned doublings = breaker->openings < PAUSE_DOUBLINGS ? breaker->openings : PAUSE_DOUBLINGS;
    int64_t half = (int64_t)((double)((int64_t)PAUSE_MS << doublings) * scale / 2);

    return half + (int64_t)random_below(random, (uint64_t)half + 1);
}

void breaker_failed(struct breaker *breaker, struct random *random, int64_t now_ms, double scale)
{
    breaker->failures++;
    if (breaker->failures < BREAKER_FAILURES)
        return;
    /* Those that were under way when it opened say nothing new. */
    if (breaker->open && now_ms < breaker->probe_at_ms)
        return;
    breaker->probe_at_ms = now_ms + pause_ms(breaker, random, scale);
    breaker->open = true;
    breaker->openings++;
}

void breaker_delivered(struct breaker *breaker)
{
    *breaker = (struct breaker){.failures = 0};
}

size_t breaker_slots(const struct breaker *breaker, int64_t now_ms, size_t under_way, size_t most)
{
    if (breaker->open)
        return now_ms >= breaker->probe_at_ms && under_way == 0 ? 1 : 0;
    return under_way < most ? most - under_way : 0;
}

bool breaker_is_new(const struct breaker *breaker)
{
    return breaker->failures == 0 && !breaker->open;
}
