#include "producers/gateway/stats.h"

#include "common/base/must.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const routes[STATS_ROUTES] = {"transactions", "feedback", "registry"};
static const char *const types[STATS_REGISTRY] = {"transaction", "feedback"};
static const char *const results[STATS_RESULTS] = {"accepted", "rejected", "unavailable"};

/* The last one takes what is not listed. */
static const int codes[STATS_CODES] = {202, 207, 200, 422, 503, 400, 401, 403, 404, 413, 415, 500};

static const struct metrics_spec requests_spec = {
    .name = "tributary_gateway_requests_total",
    .type = METRICS_COUNTER,
    .help = "Answers to requests that reached a handler, by route and status.",
    .labels = {"route", "code"},
};
static const struct metrics_spec events_spec = {
    .name = "tributary_gateway_events_total",
    .type = METRICS_COUNTER,
    .help = "Items of requests: accepted (in the log), rejected (at fault), unavailable (Kafka did"
            " not acknowledge in time).",
    .labels = {"type", "result"},
};
static const struct metrics_spec duration_spec = {
    .name = "tributary_gateway_request_duration_seconds",
    .type = METRICS_HISTOGRAM,
    .help = "From the end of a request's head to its answer.",
    .labels = {"route"},
    .buckets = &metrics_latency_buckets,
};
static const struct metrics_spec delivery_spec = {
    .name = "tributary_gateway_delivery_seconds",
    .type = METRICS_HISTOGRAM,
    .help = "From sending a request's events to Kafka to the last acknowledgement.",
    .buckets = &metrics_latency_buckets,
};
static const struct metrics_spec failures_spec = {
    .name = "tributary_gateway_producer_failures_total",
    .type = METRICS_COUNTER,
    .help = "Producers that failed for good and were replaced.",
};
static const struct metrics_spec reloads_spec = {
    .name = "tributary_gateway_key_reloads_total",
    .type = METRICS_COUNTER,
    .help = "Readings of the file of API keys; after one that failed the old keys hold.",
    .labels = {"result"},
};
static const struct metrics_spec queued_events_spec = {
    .name = "tributary_gateway_queued_events",
    .type = METRICS_GAUGE,
    .help = "Events sent to Kafka and not acknowledged.",
    .labels = {"thread"},
};
static const struct metrics_spec queued_bytes_spec = {
    .name = "tributary_gateway_queued_bytes",
    .type = METRICS_GAUGE,
    .help = "The same in bytes of keys and values.",
    .labels = {"thread"},
};

static void init_routes(struct stats *stats, struct metrics *metrics)
{
    struct metrics_family *requests = metrics_register(metrics, &requests_spec),
                          *duration = metrics_register(metrics, &duration_spec);
    char code[16];

    for (int route = 0; route < STATS_ROUTES; route++) {
        stats->duration[route] = metrics_histogram(duration, &routes[route]);
        for (int i = 0; i < STATS_CODES; i++) {
            const char *const values[] = {routes[route], code};

            snprintf(code, sizeof code, "%d", codes[i]);
            stats->requests[route][i] = metrics_counter(requests, values);
        }
    }
}

void stats_init(struct stats *stats, struct metrics *metrics)
{
    struct metrics_family *events = metrics_register(metrics, &events_spec),
                          *reloads = metrics_register(metrics, &reloads_spec);

    init_routes(stats, metrics);
    for (int type = 0; type < STATS_REGISTRY; type++)
        for (int result = 0; result < STATS_RESULTS; result++) {
            const char *const values[] = {types[type], results[result]};

            stats->events[type][result] = metrics_counter(events, values);
        }
    stats->delivery = metrics_histogram(metrics_register(metrics, &delivery_spec), NULL);
    stats->producer_failures = metrics_counter(metrics_register(metrics, &failures_spec), NULL);
    stats->reloads_ok = metrics_counter(reloads, (const char *const[]){"ok"});
    stats->reloads_failed = metrics_counter(reloads, (const char *const[]){"failed"});
    stats->queued_events = metrics_register(metrics, &queued_events_spec);
    stats->queued_bytes = metrics_register(metrics, &queued_bytes_spec);
}

void stats_answered(const struct stats *stats, enum stats_route route, int status,
                    int64_t duration_us)
{
    int i = 0;

    while (i < STATS_CODES - 1 && codes[i] != status)
        i++;
    metrics_counter_add(stats->requests[route][i], 1);
    metrics_histogram_observe(stats->duration[route], (double)duration_us / 1e6);
}

/* ---- The servers' counters ---- */

static const struct metrics_spec http_specs[] = {
    {
        .name = "tributary_gateway_http_connections",
        .type = METRICS_GAUGE,
        .help = "Open connections.",
    },
    {
        .name = "tributary_gateway_http_requests_in_flight",
        .type = METRICS_GAUGE,
        .help = "Requests that wait for an answer.",
    },
    {
        .name = "tributary_gateway_http_connections_accepted_total",
        .type = METRICS_COUNTER,
        .help = "Connections taken.",
    },
    {
        .name = "tributary_gateway_http_connections_evicted_total",
        .type = METRICS_COUNTER,
        .help = "Idle connections closed for a new one.",
    },
    {
        .name = "tributary_gateway_http_accept_pauses_total",
        .type = METRICS_COUNTER,
        .help = "Times that no connection could be taken.",
    },
    {
        .name = "tributary_gateway_http_requests_total",
        .type = METRICS_COUNTER,
        .help = "Whole requests read.",
    },
    {
        .name = "tributary_gateway_http_requests_refused_total",
        .type = METRICS_COUNTER,
        .help = "Requests refused before any handler.",
    },
    {
        .name = "tributary_gateway_http_requests_refused_memory_total",
        .type = METRICS_COUNTER,
        .help = "Requests answered 503 for want of memory.",
    },
    {
        .name = "tributary_gateway_http_answers_dropped_total",
        .type = METRICS_COUNTER,
        .help = "Answers to clients that had gone.",
    },
    {
        .name = "tributary_gateway_http_timeouts_head_total",
        .type = METRICS_COUNTER,
        .help = "Heads that were not sent in time.",
    },
    {
        .name = "tributary_gateway_http_timeouts_body_total",
        .type = METRICS_COUNTER,
        .help = "Bodies that were not sent in time.",
    },
    {
        .name = "tributary_gateway_http_timeouts_idle_total",
        .type = METRICS_COUNTER,
        .help = "Connections closed for idleness.",
    },
    {
        .name = "tributary_gateway_http_timeouts_write_total",
        .type = METRICS_COUNTER,
        .help = "Clients that did not take their answers.",
    },
    {
        .name = "tributary_gateway_http_read_bytes_total",
        .type = METRICS_COUNTER,
        .help = "Bytes read from connections.",
    },
    {
        .name = "tributary_gateway_http_written_bytes_total",
        .type = METRICS_COUNTER,
        .help = "Bytes written to connections.",
    },
};

#define AT(member) offsetof(struct http_counters, member)

/* Where the number of each is. */
static const size_t http_offsets[] = {
    AT(connections),   AT(in_flight),     AT(accepted),       AT(evicted),  AT(accept_pauses),
    AT(requests),      AT(refused),       AT(refused_memory), AT(dropped),  AT(timeouts_head),
    AT(timeouts_body), AT(timeouts_idle), AT(timeouts_write), AT(bytes_in), AT(bytes_out),
};

enum { HTTP_METRICS = sizeof http_specs / sizeof http_specs[0] };
_Static_assert(sizeof http_offsets / sizeof http_offsets[0] == HTTP_METRICS, "one each");

struct stats_http {
    struct http_counters last;
    union {
        struct metrics_counter *counter;
        struct metrics_gauge *gauge;
    } handles[HTTP_METRICS];
};

struct stats_http *stats_http_new(struct metrics *metrics)
{
    struct stats_http *http = must_alloc(sizeof *http);

    for (size_t i = 0; i < HTTP_METRICS; i++) {
        struct metrics_family *family = metrics_register(metrics, &http_specs[i]);

        if (http_specs[i].type == METRICS_GAUGE)
            http->handles[i].gauge = metrics_gauge(family, NULL);
        else
            http->handles[i].counter = metrics_counter(family, NULL);
    }
    return http;
}

void stats_http_free(struct stats_http *http)
{
    free(http);
}

static uint64_t number_at(const struct http_counters *counters, size_t offset)
{
    uint64_t number;

    memcpy(&number, (const char *)counters + offset, sizeof number);
    return number;
}

void stats_http_update(struct stats_http *http, const struct http_counters *counters)
{
    for (size_t i = 0; i < HTTP_METRICS; i++) {
        uint64_t now = number_at(counters, http_offsets[i]);

        if (http_specs[i].type == METRICS_GAUGE)
            metrics_gauge_set(http->handles[i].gauge, (int64_t)now);
        else
            metrics_counter_add(http->handles[i].counter,
                                now - number_at(&http->last, http_offsets[i]));
    }
    http->last = *counters;
}
