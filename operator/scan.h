/* Reads stretches of a topic's partitions, outside any group: for verify, and for the time of the
 * oldest unread record. */
#ifndef TRIBUTARY_OPERATOR_SCAN_H
#define TRIBUTARY_OPERATOR_SCAN_H

#include "common/base/status.h"
#include "common/kafka/consumer.h"
#include "common/kafka/settings.h"
#include "operator/progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Offsets from <= o < to of the partition. The scan moves `from`; at the end it is `to`. */
struct scan_range {
    int64_t from;
    int64_t to;
    bool lost; /* the log began to be deleted below what was still to be read */
};

struct scan {
    const struct kafka_settings *kafka;
    const char *topic;
    struct scan_range *ranges; /* by partition; empty ones are passed over */
    size_t count;
    struct progress *progress; /* in offsets; NULL: none */
    /* Each record, in offset order within a partition. A failure ends the scan. */
    enum status (*record)(void *opaque, const struct kafka_record *record, struct error *error);
    void *opaque;
};

/* Until all ranges are read. `to` must not lie beyond the end of the log. RETRY when the cluster
 * does not answer for half a minute. */
enum status scan_run(const struct scan *scan, struct error *error) MUST_CHECK;

#endif
