/* Posts requests to a gateway, each once and in order, over keep-alive connections: at a steady
 * rate, whatever the answers take, or each when a connection is free. One thread. */
#ifndef TRIBUTARY_TESTS_BENCH_POSTER_H
#define TRIBUTARY_TESTS_BENCH_POSTER_H

#include "common/base/slice.h"

#include <stddef.h>
#include <stdint.h>

struct poster {
    int port;
    int connections;
    const struct slice *requests; /* whole, with their heads */
    size_t count;
    int64_t per_second;   /* 0: as fast as they are answered */
    int64_t *due_us;      /* filled, wall time: when each had to go; NULL: not asked */
    int64_t *answered_us; /* filled: when its 202 had come; NULL: not asked */
};

/* Another answer than 202 ends the program. */
void poster_run(const struct poster *poster);

#endif
