/* One ingest thread: a loop, a server on the common port (SO_REUSEPORT), a producer, and the
 * requests under way between them. Threads share nothing that changes.
 *
 * A request is answered when the last of its events is reported, when its deadline has passed, when
 * the producer has failed, or when the drain is over; whatever is not acknowledged by then is 503,
 * never 202. Messages of an answered request may still be on their way: they land or not, which the
 * answer has said. */
#ifndef TRIBUTARY_PRODUCERS_GATEWAY_INGEST_H
#define TRIBUTARY_PRODUCERS_GATEWAY_INGEST_H

#include "common/http/server.h"
#include "common/kafka/settings.h"
#include "producers/gateway/keys.h"
#include "producers/gateway/settings.h"
#include "producers/gateway/stats.h"

struct ingest;

struct ingest_options {
    const struct gateway_settings *settings;
    const struct kafka_settings *kafka;
    const struct stats *stats;
    struct keys *keys; /* shared, not taken */
    int index;
    int cpu;                     /* where the first thread is pinned; the others go behind it */
    uint16_t port;               /* 0: a free one */
    void (*ended)(void *opaque); /* from the thread, as its last act */
    void *opaque;
};

/* Listens at once; nothing is read before the start. FATAL when the address cannot be had. */
MUST_CHECK enum status ingest_new(struct ingest **ret_ingest, const struct ingest_options *options,
                                  struct error *error);

/* After the join, or when it was never started. */
void ingest_free(struct ingest *ingest);
OWNED_DEFINE(ingest);

MUST_CHECK enum status ingest_start(struct ingest *ingest, struct error *error);

/* False when it has not ended in time. */
bool ingest_join(struct ingest *ingest, int64_t timeout_ms);

/* What has made it end; OK when it was asked to. After the join. */
const struct error *ingest_failure(const struct ingest *ingest);

/* ---- From any thread ---- */

uint16_t ingest_port(const struct ingest *ingest);
void ingest_set_keys(struct ingest *ingest, struct keys *keys); /* shared, not taken */

/* Lets nobody new in, answers what is under way within the setting `drain`, and ends. */
void ingest_drain(struct ingest *ingest);

uint64_t ingest_turns(const struct ingest *ingest);
bool ingest_connected(const struct ingest *ingest); /* Kafka is there, its topics as they must be */
bool ingest_full(const struct ingest *ingest); /* requests are, or soon will be, answered 503 */
bool ingest_has_ended(const struct ingest *ingest);
void ingest_counters(const struct ingest *ingest, struct http_counters *ret_counters);

#endif
