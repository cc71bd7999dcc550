#include "tests/bench/measure.h"

#include "common/base/must.h"

#include <time.h>

static double cpu_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Events per CPU-second of one turn. */
static double turn(const struct measure_variant *variant, double seconds)
{
    double start = cpu_now(), end;
    size_t events = 0;

    do {
        events += variant->run(variant->context);
        end = cpu_now();
    } while (end - start < seconds);
    return (double)events / (end - start);
}

static int compare(const void *a, const void *b)
{
    const double *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

void measure_variants(const struct measure_variant *variants, size_t count, double seconds)
{
    double rates[MEASURE_VARIANTS_MAX][MEASURE_ROUNDS];

    MUST(count <= MEASURE_VARIANTS_MAX);
    for (size_t i = 0; i < count; i++)
        turn(&variants[i], seconds / 4);
    for (size_t round = 0; round < MEASURE_ROUNDS; round++)
        for (size_t i = 0; i < count; i++)
            rates[i][round] = turn(&variants[i], seconds);
    for (size_t i = 0; i < count; i++)
        qsort(rates[i], MEASURE_ROUNDS, sizeof rates[i][0], compare);
    for (size_t i = 0; i < count; i++)
        printf("%-40s %8.3f M/cpu-s (%.3f-%.3f)  %.2f\n", variants[i].name,
               rates[i][MEASURE_ROUNDS / 2] / 1e6, rates[i][0] / 1e6,
               rates[i][MEASURE_ROUNDS - 1] / 1e6,
               rates[i][MEASURE_ROUNDS / 2] / rates[0][MEASURE_ROUNDS / 2]);
}
