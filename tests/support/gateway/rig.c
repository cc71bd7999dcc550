#include "tests/support/gateway/rig.h"

#include "tests/support/gateway/gateway.h"
#include "tests/support/gateway/topic.h"

#include <stdio.h>

void rig_open(struct rig *rig, struct broker *broker, const char *brokers)
{
    static const char *const topics[] = {"transactions", "feedback"};
    char text[128];

    *rig = (struct rig){.broker = broker, .fleet = fleet_new()};
    rig->prefix = broker_prefix(broker);
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%s%s", rig->prefix, topics[i]);
        broker_create_topic(broker, text, RIG_PARTITIONS);
    }
    rig->port = gateway_set_up(rig->fleet);
    snprintf(text, sizeof text, "%d", RIG_PARTITIONS);
    fleet_set(rig->fleet, "TRIBUTARY_GATEWAY_PARTITIONS", text);
    fleet_set(rig->fleet, "TRIBUTARY_KAFKA_PREFIX", rig->prefix);
    fleet_set(rig->fleet, "TRIBUTARY_KAFKA_BROKERS",
              brokers != NULL ? brokers : broker_address(broker));
}

void rig_close(struct rig *rig)
{
    fleet_free(rig->fleet);
    broker_free(rig->broker);
}

void rig_start(struct rig *rig)
{
    fleet_start(rig->fleet, "gateway", "tributary-gateway", NULL);
    fleet_wait_ready(rig->fleet, "gateway", RIG_READY_MS);
}

void rig_read(const struct rig *rig, const char *topic,
              void (*seen)(void *context, const struct kafka_record *record), void *context)
{
    topic_read(broker_address(rig->broker), rig->prefix, topic, RIG_PARTITIONS, seen, context);
}
