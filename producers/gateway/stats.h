/* What the gateway exports of itself. The names are API; docs/metrics.md lists them.
 *
 *     tributary_gateway_requests_total{route,code}         answers, by route and status
 *     tributary_gateway_events_total{type,result}          items: accepted, rejected, unavailable
 *     tributary_gateway_request_duration_seconds{route}    from the end of the head to the answer
 *     tributary_gateway_delivery_seconds                   from the sending to the last report of a
 *                                                          request
 *     tributary_gateway_producer_failures_total            producers that had to be replaced
 *     tributary_gateway_key_reloads_total{result}          ok, failed
 *     tributary_gateway_queued_events, _queued_bytes       sent and not reported, by thread
 *     tributary_gateway_http_*                             the servers' counters, all threads
 */
#ifndef TRIBUTARY_PRODUCERS_GATEWAY_STATS_H
#define TRIBUTARY_PRODUCERS_GATEWAY_STATS_H

#include "common/http/server.h"
#include "common/metrics/metrics.h"

enum stats_route { STATS_TRANSACTIONS, STATS_FEEDBACK, STATS_REGISTRY, STATS_ROUTES };
enum stats_result { STATS_ACCEPTED, STATS_REJECTED, STATS_UNAVAILABLE, STATS_RESULTS };

enum { STATS_CODES = 12 };

/* Handles, the same for all threads. */
struct stats {
    struct metrics_counter *requests[STATS_ROUTES][STATS_CODES];
    struct metrics_counter *events[STATS_REGISTRY][STATS_RESULTS]; /* by route of events */
    struct metrics_histogram *duration[STATS_ROUTES];
    struct metrics_histogram *delivery;
    struct metrics_counter *producer_failures;
    struct metrics_counter *reloads_ok, *reloads_failed;
    struct metrics_family *queued_events, *queued_bytes;
};

void stats_init(struct stats *stats, struct metrics *metrics);

/* An answer of that route. */
void stats_answered(const struct stats *stats, enum stats_route route, int status,
                    int64_t duration_us);

/* The servers' counters as metrics: what was added since the last call. */
struct stats_http;
struct stats_http *stats_http_new(struct metrics *metrics);
void stats_http_free(struct stats_http *http);

/* counters: the sum of all servers. */
void stats_http_update(struct stats_http *http, const struct http_counters *counters);

#endif
