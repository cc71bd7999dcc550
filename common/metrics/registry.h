/* What a registry is made of, for the files of this folder. */
#ifndef TRIBUTARY_METRICS_REGISTRY_H
#define TRIBUTARY_METRICS_REGISTRY_H

#include "common/metrics/metrics.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>

/* Two series that two threads update must not share a line of the cache. */
enum { METRICS_LINE_BYTES = 64 };

/* The head of every series. */
struct metrics_series {
    char *labels; /* as written: topic="transactions",partition="3"; owned */
    size_t made;  /* makings that are not taken back */
};

struct metrics_counter {
    alignas(METRICS_LINE_BYTES) struct metrics_series series;
    _Atomic uint64_t value;
};

struct metrics_gauge {
    alignas(METRICS_LINE_BYTES) struct metrics_series series;
    _Atomic int64_t value;
};

/* Fractions are kept as their bits, for compare and exchange. */
struct metrics_real {
    alignas(METRICS_LINE_BYTES) struct metrics_series series;
    _Atomic uint64_t bits;
};

struct metrics_histogram {
    alignas(METRICS_LINE_BYTES) struct metrics_series series;
    const struct metrics_buckets *buckets;
    _Atomic uint64_t sum_bits;
    _Atomic uint64_t counts[]; /* one for each bound, and one above the last; not cumulative */
};

struct metrics_family {
    struct metrics *metrics;
    const struct metrics_spec *spec;
    size_t label_count;
    struct metrics_series **series; /* of the spec's type */
    size_t count;
    size_t capacity;
    struct metrics_family *next; /* by name */
};

struct metrics_collector {
    void (*collect)(void *context);
    void *context;
};

/* process.c */
struct metrics_process {
    struct metrics_real *cpu_seconds;
    struct metrics_real *start_seconds;
    struct metrics_gauge *resident_bytes;
    struct metrics_gauge *virtual_bytes;
    struct metrics_gauge *open_fds;
    struct metrics_gauge *max_fds;
    struct metrics_gauge *threads;
};

struct metrics {
    pthread_mutex_t mutex; /* guards families, their series, and collectors */
    struct metrics_family *families;
    struct metrics_collector *collectors;
    size_t collector_count;
    struct metrics_process process;
};

/* The MUSTs of a spec. */
void metrics_check_spec(const struct metrics_spec *spec, size_t label_count);

/* The labels of a series as they are written; the caller frees. */
char *metrics_render_labels(const struct metrics_family *family, const char *const *values);

double metrics_bits_to_real(uint64_t bits);

#endif
