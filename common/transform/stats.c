#include "common/transform/stats.h"

#include "common/base/must.h"

#include <stdio.h>

static const struct metrics_spec incarnations_spec = {
    .name = "tributary_transform_incarnations_total",
    .type = METRICS_COUNTER,
    .help = "Producers begun, the first of each thread included; a further one sends again what "
            "was not acknowledged.",
    .labels = {"group"},
};
static const struct metrics_spec retained_spec = {
    .name = "tributary_transform_retained_bytes",
    .type = METRICS_GAUGE,
    .help = "Outputs that wait for their acknowledgement.",
    .labels = {"group"},
};
static const struct metrics_spec delivery_spec = {
    .name = "tributary_transform_delivery_seconds",
    .type = METRICS_HISTOGRAM,
    .help = "From sending an output to its acknowledgement in order.",
    .labels = {"group"},
    .buckets = &metrics_latency_buckets,
};
static const struct metrics_spec outputs_spec = {
    .name = "tributary_transform_outputs_total",
    .type = METRICS_COUNTER,
    .help = "Outputs made, by outcome; a marker covers offsets that held no event.",
    .labels = {"group", "outcome"},
};
static const struct metrics_spec committed_spec = {
    .name = "tributary_transform_committed_offset",
    .type = METRICS_GAUGE,
    .help = "Source offset below which everything is acknowledged and was committed.",
    .labels = {"group", "partition"},
};

void transform_stats_init(struct transform_stats *stats, struct metrics *metrics, const char *group,
                          int32_t partitions)
{
    struct metrics_family *outputs = metrics_register(metrics, &outputs_spec);
    const char *one[] = {group};

    *stats = (struct transform_stats){.group = group, .partitions = partitions};
    stats->incarnations = metrics_counter(metrics_register(metrics, &incarnations_spec), one);
    stats->retained = metrics_gauge(metrics_register(metrics, &retained_spec), one);
    stats->delivery = metrics_histogram(metrics_register(metrics, &delivery_spec), one);
    for (unsigned i = 0; i < OUTCOME_COUNT; i++) {
        const char *values[] = {group, outcome_name((enum outcome)i)};

        stats->outputs[i] = metrics_counter(outputs, values);
    }
    stats->committed_family = metrics_register(metrics, &committed_spec);
    stats->committed = must_alloc((size_t)partitions * sizeof(struct metrics_gauge *));
}

void transform_stats_done(struct transform_stats *stats)
{
    if (stats->committed == NULL)
        return;
    for (int32_t partition = 0; partition < stats->partitions; partition++)
        transform_stats_remove(stats, partition);
    transform_stats_retained(stats, 0);
    free(stats->committed);
    *stats = (struct transform_stats){0};
}

void transform_stats_retained(struct transform_stats *stats, int64_t bytes)
{
    if (bytes != stats->retained_bytes)
        metrics_gauge_add(stats->retained, bytes - stats->retained_bytes);
    stats->retained_bytes = bytes;
}

void transform_stats_committed(struct transform_stats *stats, int32_t partition, int64_t offset)
{
    if (stats->committed[partition] == NULL) {
        char number[16];
        const char *values[] = {stats->group, number};

        snprintf(number, sizeof number, "%d", partition);
        stats->committed[partition] = metrics_gauge(stats->committed_family, values);
    }
    metrics_gauge_set(stats->committed[partition], offset);
}

void transform_stats_remove(struct transform_stats *stats, int32_t partition)
{
    char number[16];
    const char *values[] = {stats->group, number};

    if (stats->committed[partition] == NULL)
        return;
    snprintf(number, sizeof number, "%d", partition);
    metrics_remove(stats->committed_family, values);
    stats->committed[partition] = NULL;
}
