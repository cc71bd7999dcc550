#include "common/sink/stats.h"

#include "common/base/must.h"

#include <stdio.h>

static const struct metrics_spec unaccounted_spec = {
    .name = "tributary_unaccounted_events",
    .type = METRICS_GAUGE,
    .help = "Source offsets that are neither applied, duplicate, rejected nor a gap; always 0.",
    .labels = {"group", "topic", "partition"},
};
static const struct metrics_spec letters_spec = {
    .name = "tributary_dead_letters_total",
    .type = METRICS_COUNTER,
    .help =
        "Records that became a dead letter, by reason; the classifier's are counted by analytics.",
    .labels = {"group", "reason"},
};
static const struct metrics_spec results_spec = {
    .name = "tributary_sink_records_total",
    .type = METRICS_COUNTER,
    .help =
        "Source records by what became of them; reruns and ahead are outputs outside the books.",
    .labels = {"group", "topic", "result"},
};
static const struct metrics_spec age_spec = {
    .name = "tributary_event_age_seconds",
    .type = METRICS_HISTOGRAM,
    .help = "From an event's arrival to the commit of its effects; the oldest of a batch.",
    .labels = {"group"},
    .buckets = &metrics_latency_buckets,
};

static const char *const result_names[] = {"applied", "duplicate", "rejected",
                                           "gap",     "rerun",     "ahead"};

void sink_stats_init(struct sink_stats *stats, struct metrics *metrics,
                     const struct offsets *offsets)
{
    struct metrics_family *results = metrics_register(metrics, &results_spec);
    const char *one[] = {offsets->group};

    *stats = (struct sink_stats){.group = offsets->group, .metrics = metrics};
    stats->unaccounted = metrics_register(metrics, &unaccounted_spec);
    stats->letters = metrics_register(metrics, &letters_spec);
    stats->age_seconds = metrics_histogram(metrics_register(metrics, &age_spec), one);
    for (size_t i = 0; i < offsets->input_count; i++)
        for (size_t r = 0; r < sizeof result_names / sizeof result_names[0]; r++) {
            const char *values[] = {offsets->group, offsets->inputs[i].topic, result_names[r]};

            stats->results[i][r] = metrics_counter(results, values);
        }
    stats->gauges = must_alloc((size_t)offsets->partitions * offsets->input_count *
                               sizeof(struct metrics_gauge *));
}

void sink_stats_done(struct sink_stats *stats, const struct offsets *offsets)
{
    if (stats->gauges == NULL)
        return;
    for (int32_t partition = 0; partition < offsets->partitions; partition++)
        sink_stats_remove(stats, offsets, partition);
    free(stats->gauges);
    *stats = (struct sink_stats){0};
}

void sink_stats_add(struct sink_stats *stats, const struct offsets *offsets, int32_t partition)
{
    char number[16];

    snprintf(number, sizeof number, "%d", partition);
    for (size_t i = 0; i < offsets->input_count; i++) {
        const char *values[] = {stats->group, offsets->inputs[i].topic, number};
        size_t index = offsets_index(offsets, partition, i);

        if (stats->gauges[index] == NULL)
            stats->gauges[index] = metrics_gauge(stats->unaccounted, values);
        metrics_gauge_set(stats->gauges[index], offsets->rows[index].unaccounted);
    }
}

void sink_stats_remove(struct sink_stats *stats, const struct offsets *offsets, int32_t partition)
{
    char number[16];

    snprintf(number, sizeof number, "%d", partition);
    for (size_t i = 0; i < offsets->input_count; i++) {
        const char *values[] = {stats->group, offsets->inputs[i].topic, number};
        size_t index = offsets_index(offsets, partition, i);

        if (stats->gauges[index] != NULL)
            metrics_remove(stats->unaccounted, values);
        stats->gauges[index] = NULL;
    }
}

static void stats_row(struct sink_stats *stats, size_t input, const struct offset_change *change)
{
    const int64_t counts[] = {change->applied, change->duplicate, change->rejected,
                              change->gap,     change->reruns,    change->ahead};

    for (size_t r = 0; r < sizeof counts / sizeof counts[0]; r++)
        if (counts[r] > 0)
            metrics_counter_add(stats->results[input][r], (uint64_t)counts[r]);
}

void sink_stats_changed(struct sink_stats *stats, const struct offsets *offsets,
                        const struct offset_change *changes)
{
    for (int32_t partition = 0; partition < offsets->partitions; partition++)
        for (size_t i = 0; i < offsets->input_count; i++) {
            size_t index = offsets_index(offsets, partition, i);

            if (!changes[index].touched)
                continue;
            stats_row(stats, i, &changes[index]);
            if (stats->gauges[index] != NULL)
                metrics_gauge_set(stats->gauges[index], offsets->rows[index].unaccounted);
        }
}

void sink_stats_letter(struct sink_stats *stats, const struct letter_label *label)
{
    const char *values[] = {label->group, label->reason};

    /* Reasons are codes of lists, so the series are few; they stay. */
    metrics_counter_add(metrics_counter(stats->letters, values), 1);
}
