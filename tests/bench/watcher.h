/* A reader of classifications, as a standard client would be: no group, from the beginning, all
 * partitions; notes when each transaction's answer could be read. A thread of its own. */
#ifndef TRIBUTARY_TESTS_BENCH_WATCHER_H
#define TRIBUTARY_TESTS_BENCH_WATCHER_H

#include "common/base/owned.h"

#include <stddef.h>
#include <stdint.h>

struct watcher;

/* For `count` events numbered from `first` on (traffic_number); those before are passed over. */
struct watcher *watcher_start(const char *brokers, const char *prefix, int32_t partitions,
                              int64_t first, size_t count);

/* Wall time at which each was first read, 0 where it was not; all of them are waited for, up to
 * timeout_ms. Stops reading. Owned by the watcher. */
const int64_t *watcher_finish(struct watcher *watcher, int64_t timeout_ms);

void watcher_free(struct watcher *watcher);
OWNED_DEFINE(watcher);

#endif
