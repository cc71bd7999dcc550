/* What the servers around a benchmark have used: printed apart, for the work is theirs. */
#ifndef TRIBUTARY_TESTS_BENCH_SERVERS_CPU_H
#define TRIBUTARY_TESTS_BENCH_SERVERS_CPU_H

#include <stdint.h>

struct servers_cpu {
    double broker;
    double redis;
    double wal_writer;
    double load; /* this process */
};

/* CPU seconds so far, of the servers started by this process or by its parent (with_servers). */
struct servers_cpu servers_cpu_now(void);

/* Since `before`, in microseconds an event. */
struct servers_cpu servers_cpu_since(const struct servers_cpu *before, int64_t events);
void servers_cpu_print(const struct servers_cpu *since);

#endif
