/* What the library itself has to say: log lines and statistics. Called on the thread that uses the
 * consumer, producer or admin client it belongs to, from within its calls, mostly the poll. Any
 * member may be NULL. */
#ifndef TRIBUTARY_KAFKA_OBSERVER_H
#define TRIBUTARY_KAFKA_OBSERVER_H

#include "common/base/slice.h"

struct kafka_observer {
    /* level as in syslog: 0 emergency .. 3 error, 4 warning, 6 info, 7 debug. facility is the
     * library's own word ("FAIL", "REBALANCE"). Text is borrowed for the call, one line. */
    void (*log)(void *opaque, int level, const char *facility, const char *text);

    /* librdkafka's statistics as JSON, every stats_interval_ms (its STATISTICS.md). Borrowed. */
    void (*stats)(void *opaque, struct slice json);

    void *opaque;
};

#endif
