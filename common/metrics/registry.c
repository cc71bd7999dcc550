#include "common/metrics/registry.h"

#include "common/base/must.h"

#include <string.h>

struct metrics *metrics_new(void)
{
    struct metrics *metrics = must_alloc(sizeof *metrics);

    pthread_mutex_init(&metrics->mutex, NULL);
    return metrics;
}

static void series_free(struct metrics_series *series)
{
    free(series->labels);
    free(series);
}

void metrics_free(struct metrics *metrics)
{
    struct metrics_family *family;

    if (metrics == NULL)
        return;
    while ((family = metrics->families) != NULL) {
        metrics->families = family->next;
        for (size_t i = 0; i < family->count; i++)
            series_free(family->series[i]);
        free(family->series);
        free(family);
    }
    free(metrics->collectors);
    pthread_mutex_destroy(&metrics->mutex);
    free(metrics);
}

static bool same_spec(const struct metrics_spec *a, const struct metrics_spec *b)
{
    if (a->type != b->type || a->buckets != b->buckets || strcmp(a->help, b->help) != 0)
        return false;
    for (size_t i = 0; i < METRICS_LABELS_MAX; i++) {
        if ((a->labels[i] == NULL) != (b->labels[i] == NULL))
            return false;
        if (a->labels[i] != NULL && strcmp(a->labels[i], b->labels[i]) != 0)
            return false;
    }
    return true;
}

static struct metrics_family *family_new(struct metrics *metrics, const struct metrics_spec *spec)
{
    struct metrics_family *family = must_alloc(sizeof *family);

    family->metrics = metrics;
    family->spec = spec;
    while (family->label_count < METRICS_LABELS_MAX && spec->labels[family->label_count] != NULL)
        family->label_count++;
    metrics_check_spec(spec, family->label_count);
    return family;
}

struct metrics_family *metrics_register(struct metrics *metrics, const struct metrics_spec *spec)
{
    struct metrics_family **place = &metrics->families, *family;

    pthread_mutex_lock(&metrics->mutex);
    while (*place != NULL && strcmp((*place)->spec->name, spec->name) < 0)
        place = &(*place)->next;
    family = *place;
    if (family != NULL && strcmp(family->spec->name, spec->name) == 0) {
        MUST(same_spec(family->spec, spec));
    } else {
        family = family_new(metrics, spec);
        family->next = *place;
        *place = family;
    }
    pthread_mutex_unlock(&metrics->mutex);
    return family;
}

static size_t series_bytes(const struct metrics_spec *spec)
{
    size_t bytes = spec->type == METRICS_HISTOGRAM
                       ? sizeof(struct metrics_histogram) +
                             (spec->buckets->count + 1) * sizeof(_Atomic uint64_t)
                       : sizeof(struct metrics_counter);

    return (bytes + METRICS_LINE_BYTES - 1) / METRICS_LINE_BYTES * METRICS_LINE_BYTES;
}

_Static_assert(sizeof(struct metrics_counter) == sizeof(struct metrics_gauge), "one size");
_Static_assert(sizeof(struct metrics_counter) == sizeof(struct metrics_real), "one size");

/* Takes labels. */
static struct metrics_series *series_new(struct metrics_family *family, char *labels)
{
    size_t bytes = series_bytes(family->spec);
    struct metrics_series *series = aligned_alloc(METRICS_LINE_BYTES, bytes);

    MUST(series != NULL && family->count < METRICS_SERIES_MAX);
    memset(series, 0, bytes);
    series->labels = labels;
    if (family->spec->type == METRICS_HISTOGRAM)
        ((struct metrics_histogram *)(void *)series)->buckets = family->spec->buckets;
    if (family->count == family->capacity) {
        family->capacity = family->capacity == 0 ? 4 : family->capacity * 2;
        family->series = must_realloc(family->series, family->capacity * sizeof *family->series);
    }
    family->series[family->count++] = series;
    return series;
}

/* The place of the series with these labels; count when there is none. */
static size_t series_find(const struct metrics_family *family, const char *labels)
{
    size_t i = 0;

    while (i < family->count && strcmp(family->series[i]->labels, labels) != 0)
        i++;
    return i;
}

static void *series_make(struct metrics_family *family, const char *const *values)
{
    char *labels = metrics_render_labels(family, values);
    struct metrics_series *series;
    size_t at;

    pthread_mutex_lock(&family->metrics->mutex);
    at = series_find(family, labels);
    if (at < family->count) {
        free(labels);
        series = family->series[at];
    } else {
        series = series_new(family, labels);
    }
    series->made++;
    pthread_mutex_unlock(&family->metrics->mutex);
    return series;
}

void metrics_remove(struct metrics_family *family, const char *const *values)
{
    char *labels = metrics_render_labels(family, values);
    struct metrics_series *series;
    size_t at;

    pthread_mutex_lock(&family->metrics->mutex);
    at = series_find(family, labels);
    MUST(at < family->count);
    series = family->series[at];
    if (--series->made == 0) {
        memmove(family->series + at, family->series + at + 1,
                (family->count - at - 1) * sizeof *family->series);
        family->count--;
        series_free(series);
    }
    pthread_mutex_unlock(&family->metrics->mutex);
    free(labels);
}

struct metrics_counter *metrics_counter(struct metrics_family *family, const char *const *values)
{
    MUST(family->spec->type == METRICS_COUNTER);
    return series_make(family, values);
}

struct metrics_gauge *metrics_gauge(struct metrics_family *family, const char *const *values)
{
    MUST(family->spec->type == METRICS_GAUGE);
    return series_make(family, values);
}

struct metrics_real *metrics_real(struct metrics_family *family, const char *const *values)
{
    MUST(family->spec->type == METRICS_REAL || family->spec->type == METRICS_REAL_COUNTER);
    return series_make(family, values);
}

struct metrics_histogram *metrics_histogram(struct metrics_family *family,
                                            const char *const *values)
{
    MUST(family->spec->type == METRICS_HISTOGRAM);
    return series_make(family, values);
}

void metrics_add_collector(struct metrics *metrics, void (*collect)(void *context), void *context)
{
    size_t count;

    pthread_mutex_lock(&metrics->mutex);
    count = metrics->collector_count + 1;
    metrics->collectors = must_realloc(metrics->collectors, count * sizeof *metrics->collectors);
    metrics->collectors[count - 1] = (struct metrics_collector){collect, context};
    metrics->collector_count = count;
    pthread_mutex_unlock(&metrics->mutex);
}
