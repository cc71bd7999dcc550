/* Metrics in the Prometheus text format 0.0.4: counters, gauges and histograms with classic
 * buckets, in families with labels. A registry is an object; there are no globals. Knows no HTTP.
 *
 * Updates are relaxed atomics and may come from any thread while another one writes a scrape. A
 * scrape may see one update and not a later one, but a histogram's +Inf bucket always equals its
 * _count. Registering, making and removing series take a mutex: do it at set-up, or when a
 * partition is assigned and revoked, never per event.
 *
 * Names, labels and their combination are programming: a bad one is a MUST. Label values come from
 * a bounded set (partition, topic, reason), never from input. */
#ifndef TRIBUTARY_METRICS_METRICS_H
#define TRIBUTARY_METRICS_METRICS_H

#include "common/base/buffer.h"
#include "common/base/owned.h"

#include <stdint.h>

struct metrics;

/* A name with its help, type and labels; makes the series. Lives as long as the registry. */
struct metrics_family;

enum metrics_type {
    METRICS_COUNTER,      /* whole numbers; the name ends in _total */
    METRICS_GAUGE,        /* whole numbers */
    METRICS_REAL,         /* a gauge of fractions: seconds, ratios */
    METRICS_REAL_COUNTER, /* a counter of fractions, as of seconds spent; ends in _total */
    METRICS_HISTOGRAM,    /* of fractions, with `buckets` */
};

/* Upper bounds (inclusive), ascending, without +Inf. */
struct metrics_buckets {
    const double *bounds;
    size_t count;
};

enum {
    METRICS_LABELS_MAX = 6,
    METRICS_BUCKETS_MAX = 32,
    METRICS_SERIES_MAX = 65536, /* of one family */
};

/* Seconds: .001 .0025 .005 .01 .025 .05 .1 .25 .5 1 2.5 5 10 */
extern const struct metrics_buckets metrics_latency_buckets;
/* Counts of records: 1 2 4 … 65536 */
extern const struct metrics_buckets metrics_count_buckets;
/* Bytes: 64 256 1024 … 64 MiB */
extern const struct metrics_buckets metrics_byte_buckets;

/* All pointers are borrowed for the life of the registry: literals, a static const table. */
struct metrics_spec {
    const char *name; /* [a-z][a-z0-9_]*, unit and _total at the end */
    enum metrics_type type;
    const char *help;
    const char *labels[METRICS_LABELS_MAX]; /* names; the first NULL ends them */
    const struct metrics_buckets *buckets;  /* histograms only */
};

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);
OWNED_DEFINE(metrics);

/* The family. A name that is known already gives the same family, so that several threads can set
 * themselves up from one table; it must have the same spec. */
struct metrics_family *metrics_register(struct metrics *metrics, const struct metrics_spec *spec);

/* One series each: typed handles to update. values has one text for every label of the family, in
 * their order (copied; NULL for a family without labels). The same values give the same series,
 * counted: each making needs one removal until it vanishes, with its value. Handles are valid until
 * their removal or the registry's end. */
struct metrics_counter;
struct metrics_gauge;
struct metrics_real;
struct metrics_histogram;

struct metrics_counter *metrics_counter(struct metrics_family *family, const char *const *values);
struct metrics_gauge *metrics_gauge(struct metrics_family *family, const char *const *values);
/* Of METRICS_REAL and METRICS_REAL_COUNTER. */
struct metrics_real *metrics_real(struct metrics_family *family, const char *const *values);
struct metrics_histogram *metrics_histogram(struct metrics_family *family,
                                            const char *const *values);

/* Takes one making back; the last one removes the series from the next scrape on. */
void metrics_remove(struct metrics_family *family, const char *const *values);

void metrics_counter_add(struct metrics_counter *counter, uint64_t count);
uint64_t metrics_counter_value(const struct metrics_counter *counter);

void metrics_gauge_set(struct metrics_gauge *gauge, int64_t value);
void metrics_gauge_add(struct metrics_gauge *gauge, int64_t difference);
int64_t metrics_gauge_value(const struct metrics_gauge *gauge);

void metrics_real_set(struct metrics_real *real, double value);
void metrics_real_add(struct metrics_real *real, double difference);
double metrics_real_value(const struct metrics_real *real);

/* NaN is not counted. */
void metrics_histogram_observe(struct metrics_histogram *histogram, double value);

/* Called at the begin of every metrics_write, on its thread, without the mutex: for values that
 * are true only at that moment (an age, a queue's length). context is borrowed for the life of the
 * registry. */
void metrics_add_collector(struct metrics *metrics, void (*collect)(void *context), void *context);

/* tributary_build_info{version,component} 1, and the standard process_* metrics, which are read
 * from /proc at every write. */
void metrics_add_process(struct metrics *metrics, const char *component, const char *version);

/* The scrape. The buffer's overflow flag tells when it was too small. */
void metrics_write(struct metrics *metrics, struct buffer *out);
#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* A Markdown table of all families: name, type, labels, help. */
void metrics_write_markdown(struct metrics *metrics, struct buffer *out);

#endif
