#include "common/base/random.h"

void random_init(struct random *random, uint64_t seed)
{
    /* One splitmix64 step spreads small seeds; xorshift must not start at 0. */
    seed += UINT64_C(0x9e3779b97f4a7c15);
    seed = (seed ^ seed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    seed = (seed ^ seed >> 27) * UINT64_C(0x94d049bb133111eb);
    seed ^= seed >> 31;
    random->state = seed != 0 ? seed : 1;
}

uint64_t random_next(struct random *random)
{
    uint64_t x = random->state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    random->state = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t random_below(struct random *random, uint64_t bound)
{
    return (uint64_t)(((unsigned __int128)random_next(random) * bound) >> 64);
}

double random_unit(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1.0p-53;
}

int64_t random_backoff_ms(struct random *random, int64_t base_ms, int64_t cap_ms, unsigned attempt)
{
    int64_t ceiling = base_ms;

    while (attempt-- > 0 && ceiling < cap_ms)
        ceiling *= 2;
    if (ceiling > cap_ms)
        ceiling = cap_ms;
    return 1 + (int64_t)random_below(random, (uint64_t)ceiling);
}
