/* How many connections the process's descriptors (RLIMIT_NOFILE) are enough for. Clients that take
 * the last one would keep the producer from connecting to Kafka again. */
#ifndef TRIBUTARY_PRODUCERS_GATEWAY_DESCRIPTORS_H
#define TRIBUTARY_PRODUCERS_GATEWAY_DESCRIPTORS_H

#include <stdint.h>

/* Raises the soft limit to the hard one; the limit that holds then. */
int64_t descriptors_raise(void);

/* Connections a thread, at most `wanted` and at least 1, of that limit. Pure. */
int64_t descriptors_connections(int64_t limit, int64_t threads, int64_t wanted);

#endif
