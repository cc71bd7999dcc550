/* Seeded random numbers (xorshift64*): jitter, simulation, tests. Never for secrets. */
#ifndef TRIBUTARY_BASE_RANDOM_H
#define TRIBUTARY_BASE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

/* The same seed gives the same sequence, for ever. */
void random_init(struct random *random, uint64_t seed);

uint64_t random_next(struct random *random);

/* 0 .. bound-1; bound > 0. */
uint64_t random_below(struct random *random, uint64_t bound);

/* 0 <= x < 1. */
double random_unit(struct random *random);

/* Full jitter: uniform in 0 .. min(cap_ms, base_ms * 2^attempt), at least 1. attempt starts at 0.
 */
int64_t random_backoff_ms(struct random *random, int64_t base_ms, int64_t cap_ms, unsigned attempt);

#endif
