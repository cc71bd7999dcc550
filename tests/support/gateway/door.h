/* A broker with the two topics and a gateway in front of it. */
#ifndef TRIBUTARY_TESTS_SUPPORT_GATEWAY_DOOR_H
#define TRIBUTARY_TESTS_SUPPORT_GATEWAY_DOOR_H

#include "common/kafka/consumer.h"
#include "tests/support/broker/broker.h"
#include "tests/support/fleet/fleet.h"

enum { DOOR_PARTITIONS = 4, DOOR_READY_MS = 30000 };

struct door {
    struct broker *broker; /* owned */
    struct fleet *fleet;
    const char *prefix;
    int port;
};

/* Takes the broker; makes the topics; sets what a gateway needs. brokers: where it goes instead of
 * straight to the broker (a proxy); NULL: there. Starts nothing. */
void door_open(struct door *door, struct broker *broker, const char *brokers);
void door_close(struct door *door);

/* Starts the member "gateway" and waits until it is ready. */
void door_start(struct door *door);

/* Everything in a topic; see topic_read. */
void door_read(const struct door *door, const char *topic,
               void (*seen)(void *context, const struct kafka_record *record), void *context);

#endif
