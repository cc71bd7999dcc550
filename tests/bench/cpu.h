/* What a process has used so far, for benchmarks of whole processes. */
#ifndef TRIBUTARY_TESTS_BENCH_CPU_H
#define TRIBUTARY_TESTS_BENCH_CPU_H

#include <sys/types.h>

/* User + system seconds of all its threads; 0 when it is gone. */
double cpu_seconds(pid_t pid);

/* The most memory that was resident, MiB; 0 when it is gone. */
double cpu_peak_mib(pid_t pid);

/* Steady time. */
double cpu_now(void);

/* The middle one of count values; sorts them. */
double cpu_median(double *values, int count);

#endif
