/* How often one event may be told: LOG_BURST lines in a window of one second. Pure; the caller
 * holds the lock and the clock. */
#ifndef TRIBUTARY_LOG_LIMIT_H
#define TRIBUTARY_LOG_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOG_LIMIT_SLOTS = 128, LOG_LIMIT_PROBES = 8 };

struct log_limit_slot {
    const char *event; /* borrowed: event names are literals */
    int64_t window_ms; /* when the window began */
    unsigned written;  /* in the window */
    uint64_t suppressed;
};

struct log_limit {
    struct log_limit_slot slots[LOG_LIMIT_SLOTS];
};

/* True: write it, and say that ret_suppressed lines before it were not. */
bool log_limit_pass(struct log_limit *limit, const char *event, int64_t now_ms,
                    uint64_t *ret_suppressed);

#endif
