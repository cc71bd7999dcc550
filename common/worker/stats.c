#include "common/worker/stats.h"

#include "common/base/status.h"

#include <stdio.h>

static const struct metrics_spec lag_records_spec = {
    .name = "tributary_consumer_lag_records",
    .type = METRICS_GAUGE,
    .help =
        "Records between the end of the log and what was handed to the group, of which what waits "
        "for a dependency is no part.",
    .labels = {"group", "topic", "partition"},
};
static const struct metrics_spec lag_seconds_spec = {
    .name = "tributary_consumer_lag_seconds",
    .type = METRICS_REAL,
    .help =
        "Age of the last record handed to the group while there are newer ones, or of the first "
        "that waits for a dependency; else 0.",
    .labels = {"group", "topic", "partition"},
};
static const struct metrics_spec halted_spec = {
    .name = "tributary_partition_halted",
    .type = METRICS_GAUGE,
    .help = "1 while the partition waits for an operator; the log says what mends it.",
    .labels = {"group", "topic", "partition"},
};
static const struct metrics_spec batches_spec = {
    .name = "tributary_batches_total",
    .type = METRICS_COUNTER,
    .help = "Batches applied.",
    .labels = {"group"},
};
static const struct metrics_spec rebalances_spec = {
    .name = "tributary_rebalances_total",
    .type = METRICS_COUNTER,
    .help = "Assignments received from the group.",
    .labels = {"group"},
};
static const struct metrics_spec failures_spec = {
    .name = "tributary_batch_failures_total",
    .type = METRICS_COUNTER,
    .help = "Failed tries of a batch, by the class of the error.",
    .labels = {"group", "class"},
};
static const struct metrics_spec commit_failures_spec = {
    .name = "tributary_offset_commit_failures_total",
    .type = METRICS_COUNTER,
    .help = "Commits of offsets to Kafka that failed and were not waited for; the next makes up.",
    .labels = {"group"},
};
static const struct metrics_spec partitions_spec = {
    .name = "tributary_partitions_taken",
    .type = METRICS_GAUGE,
    .help = "Partitions that this process reads.",
    .labels = {"group"},
};
static const struct metrics_spec batch_records_spec = {
    .name = "tributary_batch_records",
    .type = METRICS_HISTOGRAM,
    .help = "Records in a batch.",
    .labels = {"group"},
    .buckets = &metrics_count_buckets,
};
static const struct metrics_spec batch_seconds_spec = {
    .name = "tributary_batch_duration_seconds",
    .type = METRICS_HISTOGRAM,
    .help = "Time to apply a batch, with its commit.",
    .labels = {"group"},
    .buckets = &metrics_latency_buckets,
};
static const struct metrics_spec records_spec = {
    .name = "tributary_consumed_records_total",
    .type = METRICS_COUNTER,
    .help = "Records read from the log, re-reads included.",
    .labels = {"group", "topic"},
};

void stats_init(struct stats *stats, struct metrics *metrics, const char *group,
                const struct input *inputs, size_t input_count)
{
    struct metrics_family *failures = metrics_register(metrics, &failures_spec);
    struct metrics_family *records = metrics_register(metrics, &records_spec);
    const char *one[] = {group};

    *stats = (struct stats){.group = group};
    stats->lag_records = metrics_register(metrics, &lag_records_spec);
    stats->lag_seconds = metrics_register(metrics, &lag_seconds_spec);
    stats->halted = metrics_register(metrics, &halted_spec);
    stats->batches = metrics_counter(metrics_register(metrics, &batches_spec), one);
    stats->rebalances = metrics_counter(metrics_register(metrics, &rebalances_spec), one);
    stats->commit_failures = metrics_counter(metrics_register(metrics, &commit_failures_spec), one);
    stats->partitions = metrics_gauge(metrics_register(metrics, &partitions_spec), one);
    stats->batch_records = metrics_histogram(metrics_register(metrics, &batch_records_spec), one);
    stats->batch_seconds = metrics_histogram(metrics_register(metrics, &batch_seconds_spec), one);
    for (int status = STATUS_RETRY; status <= STATUS_FATAL; status++) {
        const char *values[] = {group, status_name((enum status)status)};

        stats->failures[status] = metrics_counter(failures, values);
    }
    for (size_t i = 0; i < input_count; i++) {
        const char *values[] = {group, inputs[i].topic};

        stats->records[i] = metrics_counter(records, values);
    }
}

void stats_lag_add(struct stats *stats, const char *topic, int32_t partition,
                   struct stats_lag *ret_lag)
{
    char number[16];
    const char *values[] = {stats->group, topic, number};

    snprintf(number, sizeof number, "%d", partition);
    ret_lag->records = metrics_gauge(stats->lag_records, values);
    ret_lag->seconds = metrics_real(stats->lag_seconds, values);
    ret_lag->halted = metrics_gauge(stats->halted, values);
}

void stats_lag_remove(struct stats *stats, const char *topic, int32_t partition,
                      struct stats_lag *lag)
{
    char number[16];
    const char *values[] = {stats->group, topic, number};

    if (lag->records == NULL)
        return;
    snprintf(number, sizeof number, "%d", partition);
    metrics_remove(stats->lag_records, values);
    metrics_remove(stats->lag_seconds, values);
    metrics_remove(stats->halted, values);
    *lag = (struct stats_lag){0};
}
