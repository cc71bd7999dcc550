/* Cutting a stream into messages: internal to tests/support/proxy. One state a connection, fed by
 * both of its directions. */
#ifndef TRIBUTARY_TESTS_SUPPORT_PROXY_PROTOCOL_H
#define TRIBUTARY_TESTS_SUPPORT_PROXY_PROTOCOL_H

#include "tests/support/proxy/proxy.h"

enum { PROXY_IN_FLIGHT = 1024, PROXY_STATEMENTS = 16, PROXY_NAME_SIZE = 64 };

/* Requests that went to the broker and are not answered; the oldest is forgotten when full. */
struct proxy_kafka {
    struct proxy_in_flight {
        int32_t correlation;
        int16_t api_key; /* -1 = free */
        int16_t api_version;
    } requests[PROXY_IN_FLIGHT];
    size_t next;
};

struct proxy_postgres {
    bool started;            /* the startup message has gone by: messages have types now */
    unsigned single_answers; /* bytes without a frame that the server owes (to SSLRequest) */
    bool portal_commits;     /* what was bound last is COMMIT */
    char commits[PROXY_STATEMENTS][PROXY_NAME_SIZE]; /* prepared statements that are COMMIT */
    size_t commit_count;
};

void proxy_kafka_init(struct proxy_kafka *kafka);

/* The next message that begins with `bytes`: its whole size, 0 when there are too few to tell. */
size_t proxy_kafka_size(enum proxy_direction direction, struct slice bytes);
size_t proxy_postgres_size(const struct proxy_postgres *postgres, enum proxy_direction direction,
                           struct slice bytes);

/* Fills message's fields of the protocol; direction, bytes and size are set. */
void proxy_kafka_read(struct proxy_kafka *kafka, struct proxy_message *message);
void proxy_postgres_read(struct proxy_postgres *postgres, struct proxy_message *message);

/* The request goes on to the broker: its answer will be known by it. */
void proxy_kafka_sent(struct proxy_kafka *kafka, const struct proxy_message *message);

#endif
