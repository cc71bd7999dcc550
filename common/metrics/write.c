/* The exposition: https://prometheus.io/docs/instrumenting/exposition_formats, text 0.0.4. */
#include "common/base/must.h"
#include "common/base/real.h"
#include "common/metrics/registry.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
    LABEL_VALUE_BYTES = 256, /* what is longer is cut */
    LABELS_BYTES = METRICS_LABELS_MAX * (2 * LABEL_VALUE_BYTES + 128),
};

static void write_escaped(const char *text, bool quotes, size_t most, struct buffer *out)
{
    for (size_t i = 0; text[i] != '\0' && i < most; i++)
        if (text[i] == '\n')
            buffer_append_text(out, "\\n");
        else if (text[i] == '\\' || (quotes && text[i] == '"'))
            buffer_format(out, "\\%c", text[i]);
        else
            buffer_append_byte(out, (uint8_t)text[i]);
}

char *metrics_render_labels(const struct metrics_family *family, const char *const *values)
{
    struct buffer out;

    MUST(values != NULL || family->label_count == 0);
    buffer_init(&out, LABELS_BYTES);
    for (size_t i = 0; i < family->label_count; i++) {
        MUST(values[i] != NULL);
        buffer_format(&out, "%s%s=\"", i > 0 ? "," : "", family->spec->labels[i]);
        write_escaped(values[i], true, LABEL_VALUE_BYTES, &out);
        buffer_append_byte(&out, '"');
    }
    buffer_append_byte(&out, '\0');
    MUST(!out.overflow);
    return out.data;
}

static const char *type_name(enum metrics_type type)
{
    static const char *const names[] = {
        [METRICS_COUNTER] = "counter",     [METRICS_GAUGE] = "gauge",
        [METRICS_REAL] = "gauge",          [METRICS_REAL_COUNTER] = "counter",
        [METRICS_HISTOGRAM] = "histogram",
    };

    return names[type];
}

static void write_real(double value, struct buffer *out)
{
    char text[REAL_TEXT_SIZE];

    if (isnan(value))
        buffer_append_text(out, "NaN");
    else if (isinf(value))
        buffer_append_text(out, value > 0 ? "+Inf" : "-Inf");
    else {
        real_format(value, text);
        buffer_append_text(out, text);
    }
}

static void write_name(const char *name, const char *suffix, const char *labels, struct buffer *out)
{
    buffer_append_text(out, name);
    buffer_append_text(out, suffix);
    if (labels[0] != '\0')
        buffer_format(out, "{%s}", labels);
    buffer_append_byte(out, ' ');
}

static void write_bucket(const char *name, const char *labels, double bound, uint64_t count,
                         struct buffer *out)
{
    buffer_format(out, "%s_bucket{%s%sle=\"", name, labels, labels[0] == '\0' ? "" : ",");
    write_real(bound, out);
    buffer_format(out, "\"} %" PRIu64 "\n", count);
}

/* _count is the sum of the same reads as the buckets, so the two agree whatever happens. */
static void write_histogram(const char *name, const struct metrics_histogram *histogram,
                            struct buffer *out)
{
    const struct metrics_buckets *buckets = histogram->buckets;
    const char *labels = histogram->series.labels;
    uint64_t count = 0;

    for (size_t i = 0; i <= buckets->count; i++) {
        count += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
        write_bucket(name, labels, i < buckets->count ? buckets->bounds[i] : INFINITY, count, out);
    }
    write_name(name, "_sum", labels, out);
    write_real(
        metrics_bits_to_real(atomic_load_explicit(&histogram->sum_bits, memory_order_relaxed)),
        out);
    buffer_append_byte(out, '\n');
    write_name(name, "_count", labels, out);
    buffer_format(out, "%" PRIu64 "\n", count);
}

static void write_series(const struct metrics_spec *spec, const struct metrics_series *series,
                         struct buffer *out)
{
    const void *typed = series;

    if (spec->type == METRICS_HISTOGRAM) {
        write_histogram(spec->name, typed, out);
        return;
    }
    write_name(spec->name, "", series->labels, out);
    if (spec->type == METRICS_COUNTER)
        buffer_format(out, "%" PRIu64, metrics_counter_value(typed));
    else if (spec->type == METRICS_GAUGE)
        buffer_format(out, "%" PRId64, metrics_gauge_value(typed));
    else
        write_real(metrics_real_value(typed), out);
    buffer_append_byte(out, '\n');
}

static void write_family(const struct metrics_family *family, struct buffer *out)
{
    const struct metrics_spec *spec = family->spec;

    if (family->count == 0)
        return;
    buffer_format(out, "# HELP %s ", spec->name);
    write_escaped(spec->help, false, SIZE_MAX, out);
    buffer_format(out, "\n# TYPE %s %s\n", spec->name, type_name(spec->type));
    for (size_t i = 0; i < family->count; i++)
        write_series(spec, family->series[i], out);
}

/* Collectors may make series, so they run without the mutex. None is ever taken away. */
static void collect(struct metrics *metrics)
{
    struct metrics_collector collector = {0};
    size_t count = 1;

    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&metrics->mutex);
        count = metrics->collector_count;
        if (i < count)
            collector = metrics->collectors[i];
        pthread_mutex_unlock(&metrics->mutex);
        if (i < count)
            collector.collect(collector.context);
    }
}

void metrics_write(struct metrics *metrics, struct buffer *out)
{
    collect(metrics);
    pthread_mutex_lock(&metrics->mutex);
    for (const struct metrics_family *f = metrics->families; f != NULL; f = f->next)
        write_family(f, out);
    pthread_mutex_unlock(&metrics->mutex);
}

static void write_row(const struct metrics_family *family, struct buffer *out)
{
    buffer_format(out, "| `%s` | %s | ", family->spec->name, type_name(family->spec->type));
    for (size_t i = 0; i < family->label_count; i++)
        buffer_format(out, "%s`%s`", i > 0 ? ", " : "", family->spec->labels[i]);
    buffer_append_text(out, " | ");
    for (const char *c = family->spec->help; *c != '\0'; c++)
        if (*c == '|')
            buffer_append_text(out, "\\|");
        else
            buffer_append_byte(out, (uint8_t)*c);
    buffer_append_text(out, " |\n");
}

void metrics_write_markdown(struct metrics *metrics, struct buffer *out)
{
    buffer_append_text(out, "| metric | type | labels | meaning |\n|---|---|---|---|\n");
    pthread_mutex_lock(&metrics->mutex);
    for (const struct metrics_family *f = metrics->families; f != NULL; f = f->next)
        write_row(f, out);
    pthread_mutex_unlock(&metrics->mutex);
}
