#include "consumers/notifier/sender/stats.h"

static const double latency_bounds[] = {.01, .025, .05, .1,  .25,  .5,    1,    2.5,
                                        5,   10,   30,  300, 3600, 36000, 86400};
static const struct metrics_buckets latency_buckets = {
    latency_bounds, sizeof latency_bounds / sizeof latency_bounds[0]};

static const struct metrics_spec attempts_spec = {
    .name = "tributary_notifications_total",
    .type = METRICS_COUNTER,
    .help = "Attempts to deliver a notification, by what became of them.",
    .labels = {"channel", "outcome"},
};
static const struct metrics_spec latency_spec = {
    .name = "tributary_notification_latency_seconds",
    .type = METRICS_HISTOGRAM,
    .help = "From the transaction that made a notification to its delivery.",
    .labels = {"channel"},
    .buckets = &latency_buckets,
};
static const struct metrics_spec elapsed_spec = {
    .name = "tributary_notification_attempt_seconds",
    .type = METRICS_HISTOGRAM,
    .help = "How long an attempt took.",
    .labels = {"channel"},
    .buckets = &metrics_latency_buckets,
};
static const struct metrics_spec under_way_spec = {
    .name = "tributary_notifications_under_way",
    .type = METRICS_GAUGE,
    .help = "Attempts that this process has begun and not written down.",
};
static const struct metrics_spec breakers_spec = {
    .name = "tributary_notification_breakers_open",
    .type = METRICS_GAUGE,
    .help = "Endpoints that this process leaves alone because they failed again and again.",
};
static const struct metrics_spec oldest_spec = {
    .name = "tributary_notification_oldest_due_seconds",
    .type = METRICS_REAL,
    .help = "For how long the oldest notification has been due; 0 when none is.",
};

void sender_stats_init(struct sender_stats *stats, struct metrics *metrics)
{
    static const char *const outcomes[SENDER_OUTCOMES] = {
        [SENDER_SENT] = "sent",         [SENDER_FAILED] = "failed", [SENDER_DEAD] = "dead",
        [SENDER_DEFERRED] = "deferred", [SENDER_LOST] = "lost",
    };
    struct metrics_family *attempts = metrics_register(metrics, &attempts_spec);
    struct metrics_family *latency = metrics_register(metrics, &latency_spec);
    struct metrics_family *elapsed = metrics_register(metrics, &elapsed_spec);

    for (size_t c = 0; c < CHANNELS; c++) {
        const char *labels[] = {channels[c]->name, NULL};

        stats->latency[c] = metrics_histogram(latency, labels);
        stats->elapsed[c] = metrics_histogram(elapsed, labels);
        for (size_t o = 0; o < SENDER_OUTCOMES; o++) {
            labels[1] = outcomes[o];
            stats->attempts[c][o] = metrics_counter(attempts, labels);
        }
    }
    stats->under_way = metrics_gauge(metrics_register(metrics, &under_way_spec), NULL);
    stats->breakers_open = metrics_gauge(metrics_register(metrics, &breakers_spec), NULL);
    stats->oldest_due = metrics_real(metrics_register(metrics, &oldest_spec), NULL);
}
