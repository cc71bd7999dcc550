#include "deploy/local/parent/parent_restarts.h"

enum { MINUTE_MS = 60000, BASE_MS = 200, CAP_MS = 10000 };

void parent_restarts_init(struct parent_restarts *restarts, uint64_t seed)
{
    *restarts = (struct parent_restarts){0};
    random_init(&restarts->random, seed);
}

void parent_restarts_started(struct parent_restarts *restarts, int64_t now_ms)
{
    restarts->started_ms = now_ms;
}

void parent_restarts_again(struct parent_restarts *restarts, int64_t now_ms)
{
    restarts->last_ms[restarts->count++ % PARENT_RESTARTS_A_MINUTE] = now_ms;
    restarts->started_ms = now_ms;
}

int64_t parent_restarts_next_ms(struct parent_restarts *restarts, int64_t now_ms)
{
    int64_t next_ms;
    int64_t free_ms; /* when the oldest of the last ten is a minute old */

    if (now_ms - restarts->started_ms >= MINUTE_MS)
        restarts->attempt = 0;
    next_ms = now_ms + random_backoff_ms(&restarts->random, BASE_MS, CAP_MS, restarts->attempt++);
    if (restarts->count < PARENT_RESTARTS_A_MINUTE)
        return next_ms;
    free_ms = restarts->last_ms[restarts->count % PARENT_RESTARTS_A_MINUTE] + MINUTE_MS;
    return next_ms > free_ms ? next_ms : free_ms;
}
