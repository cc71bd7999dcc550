/* The factor that scales what was measured on another day to this machine as it is now.
 *
 *     bench-floor [ROUNDS] */
#include "tests/bench/cpu.h"
#include "tests/bench/floor.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS_MAX = 32 };

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 5;
    OWNED(floor) ground = floor_start();
    double factors[ROUNDS_MAX], rates[ROUNDS_MAX];

    floor_measure(ground);
    for (int round = 0; round < rounds && round < ROUNDS_MAX; round++) {
        rates[round] = floor_measure(ground);
        factors[round] = rates[round] / FLOOR_THEN;
    }
    printf("floor %.0f requests per CPU-second; then %.0f: factor %.3f\n",
           cpu_median(rates, rounds), FLOOR_THEN, cpu_median(factors, rounds));
    printf("{\"bench\":\"floor\",\"requests_per_cpu_second\":%.0f,\"then\":%.0f,\"factor\":%.3f}\n",
           cpu_median(rates, rounds), FLOOR_THEN, cpu_median(factors, rounds));
    return EXIT_SUCCESS;
}
