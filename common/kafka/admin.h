/* Questions and orders to a cluster from outside any group: topics, watermarks, the offsets that a
 * group has committed. For init, recovery, verification and lag. For one thread; each call blocks,
 * at most for the timeout given to kafka_admin_new. Names are without the prefix. */
#ifndef TRIBUTARY_KAFKA_ADMIN_H
#define TRIBUTARY_KAFKA_ADMIN_H

#include "common/base/owned.h"
#include "common/base/status.h"
#include "common/kafka/observer.h"
#include "common/kafka/position.h"
#include "common/kafka/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kafka_admin;

struct kafka_admin_options {
    const struct kafka_settings *settings; /* must outlive it */
    const char *client_id;                 /* at most 20 bytes of it are used */
    int64_t timeout_ms;                    /* of each call */
    struct kafka_observer observer;
};

/* Does not connect. FATAL: the settings are refused. */
MUST_CHECK enum status kafka_admin_new(const struct kafka_admin_options *options,
                                       struct kafka_admin **ret_admin, struct error *error);
void kafka_admin_free(struct kafka_admin *admin);
OWNED_DEFINE(kafka_admin);

/* The number of partitions; 0 when there is no such topic. */
MUST_CHECK enum status kafka_admin_partitions(struct kafka_admin *admin, const char *topic,
                                              int32_t *ret_count, struct error *error);

/* Of partitions 0 .. count-1. */
MUST_CHECK enum status kafka_admin_watermarks(struct kafka_admin *admin, const char *topic,
                                              struct kafka_watermarks *ret_watermarks, size_t count,
                                              struct error *error);

struct kafka_topic {
    const char *name;
    int32_t partitions;
    int32_t replicas;     /* -1: the cluster's default */
    int32_t min_insync;   /* min.insync.replicas; 0: the cluster's default */
    int64_t retention_ms; /* -1: for ever */
};

/* Makes the topic as the design has it: deleted by age and never compacted, the broker's append
 * time, stored as sent. One that is there already is left alone; REJECT when it has another number
 * of partitions, is compacted or does not stamp append time. RETRY: no answer. */
MUST_CHECK enum status kafka_admin_ensure_topic(struct kafka_admin *admin,
                                                const struct kafka_topic *topic, bool *ret_created,
                                                struct error *error);

enum kafka_group_state {
    KAFKA_GROUP_EMPTY,       /* no members; it may have committed offsets */
    KAFKA_GROUP_STABLE,      /* members read */
    KAFKA_GROUP_REBALANCING, /* members are there */
    KAFKA_GROUP_DEAD,        /* no such group */
    KAFKA_GROUP_UNKNOWN,
};

struct kafka_group {
    enum kafka_group_state state;
    size_t members;
};

MUST_CHECK enum status kafka_admin_group(struct kafka_admin *admin, const char *group,
                                         struct kafka_group *ret_group, struct error *error);

/* What the group has committed for partitions 0 .. count-1; KAFKA_OFFSET_NONE for none. */
MUST_CHECK enum status kafka_admin_committed(struct kafka_admin *admin, const char *group,
                                             const char *topic, int64_t *ret_offsets, size_t count,
                                             struct error *error);

/* Sets what the group has committed for partitions 0 .. count-1; KAFKA_OFFSET_NONE leaves one
 * alone. LOST when the group has members: nothing is changed. */
MUST_CHECK enum status kafka_admin_commit(struct kafka_admin *admin, const char *group,
                                          const char *topic, const int64_t *offsets, size_t count,
                                          struct error *error);

#endif
