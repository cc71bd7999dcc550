/* A broker with the two topics and a gateway in front of it. */
#ifndef TRIBUTARY_TESTS_SUPPORT_GATEWAY_RIG_H
#define TRIBUTARY_TESTS_SUPPORT_GATEWAY_RIG_H

#include "common/kafka/consumer.h"
#include "tests/support/broker/broker.h"
#include "tests/support/fleet/fleet.h"

enum { RIG_PARTITIONS = 4, RIG_READY_MS = 30000 };

struct rig {
    struct broker *broker; /* owned */
    struct fleet *fleet;
    const char *prefix;
    int port;
};

/* Takes the broker; makes the topics; sets what a gateway needs. brokers: where it goes instead of
 * straight to the broker (a proxy); NULL: there. Starts nothing. */
void rig_open(struct rig *rig, struct broker *broker, const char *brokers);
void rig_close(struct rig *rig);

/* Starts the member "gateway" and waits until it is ready. */
void rig_start(struct rig *rig);

/* Everything in a topic; see topic_read. */
void rig_read(const struct rig *rig, const char *topic,
              void (*seen)(void *context, const struct kafka_record *record), void *context);

#endif
