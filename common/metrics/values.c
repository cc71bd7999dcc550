/* Updates: relaxed, for nothing is ordered by a metric. */
#include "common/metrics/registry.h"

#include <math.h>
#include <string.h>

static const double latency_bounds[] = {.001, .0025, .005, .01, .025, .05, .1,
                                        .25,  .5,    1,    2.5, 5,    10};
static const double count_bounds[] = {1,   2,    4,    8,    16,   32,    64,    128,  256,
                                      512, 1024, 2048, 4096, 8192, 16384, 32768, 65536};
static const double byte_bounds[] = {64,     256,     1024,    4096,     16384,   65536,
                                     262144, 1048576, 4194304, 16777216, 67108864};

#define BUCKETS(bounds)                                                                            \
    {                                                                                              \
        bounds, sizeof(bounds) / sizeof(bounds)[0]                                                 \
    }

const struct metrics_buckets metrics_latency_buckets = BUCKETS(latency_bounds);
const struct metrics_buckets metrics_count_buckets = BUCKETS(count_bounds);
const struct metrics_buckets metrics_byte_buckets = BUCKETS(byte_bounds);

double metrics_bits_to_real(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t real_to_bits(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void add_real(_Atomic uint64_t *place, double difference)
{
    uint64_t old = atomic_load_explicit(place, memory_order_relaxed);
    uint64_t new;

    do
        new = real_to_bits(metrics_bits_to_real(old) + difference);
    while (!atomic_compare_exchange_weak_explicit(place, &old, new, memory_order_relaxed,
                                                  memory_order_relaxed));
}

void metrics_counter_add(struct metrics_counter *counter, uint64_t count)
{
    atomic_fetch_add_explicit(&counter->value, count, memory_order_relaxed);
}

uint64_t metrics_counter_value(const struct metrics_counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

void metrics_gauge_set(struct metrics_gauge *gauge, int64_t value)
{
    atomic_store_explicit(&gauge->value, value, memory_order_relaxed);
}

void metrics_gauge_add(struct metrics_gauge *gauge, int64_t difference)
{
    atomic_fetch_add_explicit(&gauge->value, difference, memory_order_relaxed);
}

int64_t metrics_gauge_value(const struct metrics_gauge *gauge)
{
    return atomic_load_explicit(&gauge->value, memory_order_relaxed);
}

void metrics_real_set(struct metrics_real *real, double value)
{
    atomic_store_explicit(&real->bits, real_to_bits(value), memory_order_relaxed);
}

void metrics_real_add(struct metrics_real *real, double difference)
{
    add_real(&real->bits, difference);
}

double metrics_real_value(const struct metrics_real *real)
{
    return metrics_bits_to_real(atomic_load_explicit(&real->bits, memory_order_relaxed));
}

void metrics_histogram_observe(struct metrics_histogram *histogram, double value)
{
    const struct metrics_buckets *buckets = histogram->buckets;
    size_t at = 0;

    if (isnan(value))
        return;
    while (at < buckets->count && value > buckets->bounds[at])
        at++;
    atomic_fetch_add_explicit(&histogram->counts[at], 1, memory_order_relaxed);
    add_real(&histogram->sum_bits, value);
}
