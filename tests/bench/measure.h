/* Work per CPU-second of this thread: each variant runs in turns with the others, so that a change
 * of the machine's speed meets all of them; median, least and most of the rounds. */
#ifndef TRIBUTARY_TESTS_BENCH_MEASURE_H
#define TRIBUTARY_TESTS_BENCH_MEASURE_H

#include <stddef.h>

struct measure_variant {
    const char *name;
    /* Some work; how many events it was. */
    size_t (*run)(void *context);
    void *context;
};

enum { MEASURE_ROUNDS = 9, MEASURE_VARIANTS_MAX = 16 };

/* Prints a line for each, with its ratio to the first. */
void measure_variants(const struct measure_variant *variants, size_t count, double seconds);

#endif
