/* The inside of an admin client, shared by admin.c and groups.c: one request, one answer. Inside
 * this folder only. */
#ifndef TRIBUTARY_KAFKA_OPERATOR_H
#define TRIBUTARY_KAFKA_OPERATOR_H

#include "common/kafka/admin.h"
#include "common/kafka/client.h"

/* A client that bears a group's name and never joins it. */
struct kafka_asker {
    struct kafka_client client; /* first: the library's opaque */
    char group[KAFKA_NAME_SIZE];
};

struct kafka_admin {
    struct kafka_client client; /* first: the library's opaque */
    struct kafka_asker *asker;  /* for the group that was asked for last; NULL before */
    const struct kafka_settings *settings;
    int64_t timeout_ms;
    rd_kafka_queue_t *answers; /* of the request under way */
};

/* Begins a request: options with its deadline, and an empty queue for the answer. Destroyed by
 * kafka_operator_answer. */
rd_kafka_AdminOptions_t *kafka_operator_begin(struct kafka_admin *admin, rd_kafka_admin_op_t kind);

/* Waits for the answer to a request sent with those options. The event is the caller's. */
MUST_CHECK enum status kafka_operator_answer(struct kafka_admin *admin,
                                             rd_kafka_AdminOptions_t *options, const char *what,
                                             rd_kafka_event_t **ret_event, struct error *error);

/* Ends it; NULL is fine. */
void kafka_asker_free(struct kafka_asker *asker);

#endif
