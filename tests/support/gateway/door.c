#include "tests/support/gateway/door.h"

#include "tests/support/gateway/gateway.h"
#include "tests/support/gateway/topic.h"

#include <stdio.h>

void door_open(struct door *door, struct broker *broker, const char *brokers)
{
    static const char *const topics[] = {"transactions", "feedback"};
    char text[128];

    *door = (struct door){.broker = broker, .fleet = fleet_new()};
    door->prefix = broker_prefix(broker);
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%s%s", door->prefix, topics[i]);
        broker_create_topic(broker, text, DOOR_PARTITIONS);
    }
    door->port = gateway_set_up(door->fleet);
    snprintf(text, sizeof text, "%d", DOOR_PARTITIONS);
    fleet_set(door->fleet, "TRIBUTARY_GATEWAY_PARTITIONS", text);
    fleet_set(door->fleet, "TRIBUTARY_KAFKA_PREFIX", door->prefix);
    fleet_set(door->fleet, "TRIBUTARY_KAFKA_BROKERS",
              brokers != NULL ? brokers : broker_address(broker));
}

void door_close(struct door *door)
{
    fleet_free(door->fleet);
    broker_free(door->broker);
}

void door_start(struct door *door)
{
    fleet_start(door->fleet, "gateway", "tributary-gateway", NULL);
    fleet_wait_ready(door->fleet, "gateway", DOOR_READY_MS);
}

void door_read(const struct door *door, const char *topic,
               void (*seen)(void *context, const struct kafka_record *record), void *context)
{
    topic_read(broker_address(door->broker), door->prefix, topic, DOOR_PARTITIONS, seen, context);
}
