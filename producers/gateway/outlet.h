/* The way out of one ingest thread: its producer on its loop, and another one when that has failed
 * for good. One thread. */
#ifndef TRIBUTARY_PRODUCERS_GATEWAY_OUTLET_H
#define TRIBUTARY_PRODUCERS_GATEWAY_OUTLET_H

#include "common/kafka/producer.h"
#include "common/loop/loop.h"
#include "producers/gateway/settings.h"

struct outlet;

/* Indices of the topics in every message. */
enum outlet_topic { OUTLET_TRANSACTIONS, OUTLET_FEEDBACK, OUTLET_TOPICS };
extern const char *const outlet_topics[OUTLET_TOPICS];

struct outlet_options {
    struct loop *loop;
    const struct kafka_settings *kafka;
    const struct gateway_settings *settings;
    void (*delivered)(void *opaque, const struct kafka_delivery *delivery);
    /* The producer has failed for good: no report of anything sent before will come. */
    void (*lost)(void *opaque, const struct error *error);
    /* A call of the loop in which reports were given is over. */
    void (*polled)(void *opaque);
    /* This can never work: other partitions than configured, or settings that Kafka refuses. */
    void (*refused)(void *opaque, const struct error *error);
    void *opaque;
};

/* Connects in the background, from the first turn of the loop on. Never NULL. */
struct outlet *outlet_new(const struct outlet_options *options);

/* What was sent and not reported is never reported. */
void outlet_free(struct outlet *outlet);
OWNED_DEFINE(outlet);

/* The topics are known, and there is a producer that works: only then may be sent. */
bool outlet_open(const struct outlet *outlet);

/* Open, and Kafka could be reached lately. */
bool outlet_connected(const struct outlet *outlet);

/* As kafka_producer_send. */
MUST_CHECK enum status outlet_send(struct outlet *outlet, const struct kafka_message *message,
                                   struct error *error);

/* Sent and not reported. */
size_t outlet_pending(const struct outlet *outlet);

/* Waits for the reports of all that was sent, giving them out. */
void outlet_flush(struct outlet *outlet, int64_t timeout_ms);

#endif
