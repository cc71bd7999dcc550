/* Load for a gateway: keep-alive connections that each send the next request when the last one is
 * answered. One thread. */
#ifndef TRIBUTARY_TESTS_BENCH_GATEWAY_LOAD_H
#define TRIBUTARY_TESTS_BENCH_GATEWAY_LOAD_H

#include "common/base/slice.h"

#include <stdint.h>

struct load {
    int port;
    int connections;
    const struct slice *requests; /* whole, with their heads; sent in turns */
    size_t request_count;
    int64_t duration_ms;
};

struct load_outcome {
    uint64_t answers; /* all of them 202: another one ends the program */
    int64_t duration_us;
    int64_t p50_us, p99_us;
};

struct load_outcome load_run(const struct load *load);

#endif
