/* An idempotent producer for one thread: acks=all, order kept per partition within one incarnation.
 * It never sends by itself what an incarnation before it had: after a failure the caller frees it,
 * makes a new one with another incarnation number and sends again what it still holds. What the old
 * one had under way may still land in the log, at any time, behind records of the new one.
 *
 * All calls come from one thread. Reports come from within kafka_producer_poll and _flush only. */
#ifndef TRIBUTARY_KAFKA_PRODUCER_H
#define TRIBUTARY_KAFKA_PRODUCER_H

#include "common/base/owned.h"
#include "common/base/slice.h"
#include "common/base/status.h"
#include "common/kafka/observer.h"
#include "common/kafka/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kafka_producer;

/* What became of one message. Reports of a partition come in the order of sending. */
struct kafka_delivery {
    void *opaque; /* of the message */
    uint64_t incarnation;
    int32_t topic;
    int32_t partition;
    /* OK: in the log, by all in-sync replicas. RETRY: not known, it may be in the log. REJECT: it
     * is not and never will be (too large, no right). FATAL: this producer has failed for good. */
    enum status status;
    const char *code;   /* the library's name of the error, "" when OK; static */
    int64_t offset;     /* in the log; KAFKA_OFFSET_NONE when the broker did not say */
    int64_t latency_us; /* from send to here */
};

struct kafka_producer_options {
    const struct kafka_settings *settings;
    const char *client_id;      /* shown by brokers; at most 20 bytes of it are used */
    const char *const *topics;  /* without the prefix; the order gives the indices */
    size_t topic_count;         /* at most KAFKA_PRODUCER_TOPICS_MAX */
    int64_t message_timeout_ms; /* from send to the report; 0: 120 s */
    int64_t queue_records;      /* sent and not reported; 0: 100,000 */
    int64_t queue_bytes;        /* the same in bytes; 0: 32 MiB */
    uint64_t incarnation;       /* the caller's number for it, in every report */
    void (*delivered)(void *opaque, const struct kafka_delivery *delivery);
    void *opaque;
    struct kafka_observer observer;
};

enum { KAFKA_PRODUCER_TOPICS_MAX = 8 };

/* Does not connect. settings must outlive it. FATAL: the settings are refused. */
MUST_CHECK enum status kafka_producer_new(const struct kafka_producer_options *options,
                                          struct kafka_producer **ret_producer,
                                          struct error *error);

/* Throws away what is queued and under way, without reports, and ends the client. Takes
 * milliseconds; should the library hang, a thread of its own goes on with it and this returns after
 * a second. NULL is fine. To lose nothing, flush first. */
void kafka_producer_free(struct kafka_producer *producer);
OWNED_DEFINE(kafka_producer);

/* Fetches the metadata of all topics, so that the first send is not a second late, and learns their
 * partition counts. To be called at start, until OK. RETRY: no answer, or a topic is missing. */
MUST_CHECK enum status kafka_producer_warm(struct kafka_producer *producer, int64_t timeout_ms,
                                           struct error *error);

/* The number of partitions of a topic as warm saw it; 0 before. */
int32_t kafka_producer_partitions(const struct kafka_producer *producer, int32_t topic);

struct kafka_message {
    int32_t topic;
    int32_t partition; /* chosen by the caller: hash_partition */
    struct slice key;  /* data NULL: no key */
    struct slice value;
    struct slice traceparent; /* header of that name; size 0: none (a header costs dear) */
    void *opaque;             /* for the report */
};

/* Copies the message into the queue. Exactly one report follows, unless the producer is freed.
 * RETRY: the queue is full, or not warm yet: poll and try again. REJECT: too large, or no such
 * partition. FATAL: the producer has failed. On failure no report follows. */
MUST_CHECK enum status kafka_producer_send(struct kafka_producer *producer,
                                           const struct kafka_message *message,
                                           struct error *error);

/* Gives the reports that are there, waiting up to timeout_ms for the first. The number of events
 * served, which counts others too. */
int kafka_producer_poll(struct kafka_producer *producer, int64_t timeout_ms);

/* Readable when poll has something to give: for an event loop, which then calls poll with 0. Owned
 * by the producer; made by the first call. Non-blocking; poll empties it. */
int kafka_producer_event_fd(struct kafka_producer *producer);

/* Sends without lingering and polls until everything is reported. RETRY: some are not. */
MUST_CHECK enum status kafka_producer_flush(struct kafka_producer *producer, int64_t timeout_ms,
                                            struct error *error);

/* Sent and not reported yet. */
size_t kafka_producer_pending(const struct kafka_producer *producer);

/* FATAL once the producer has failed for good (idempotence can no longer be kept): free it and make
 * another. OK until then. */
MUST_CHECK enum status kafka_producer_check(const struct kafka_producer *producer,
                                            struct error *error);

/* Whether any broker can be reached, as far as the last poll knew. */
bool kafka_producer_connected(const struct kafka_producer *producer);

uint64_t kafka_producer_incarnation(const struct kafka_producer *producer);

#endif
