/* What consumer, producer and admin have in common: a librdkafka handle, its observer, and an end
 * that cannot hang the caller. Inside this folder only. */
#ifndef TRIBUTARY_KAFKA_CLIENT_H
#define TRIBUTARY_KAFKA_CLIENT_H

#include "common/base/status.h"
#include "common/kafka/observer.h"
#include "common/kafka/settings.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

/* The first member of its owner; the library's opaque points at it. */
struct kafka_client {
    rd_kafka_t *rk;
    struct kafka_observer observer;
    bool connected;       /* as far as the last poll knew */
    struct error trouble; /* the last failure of the client as a whole, until somebody takes it */
};

/* Takes conf, made from settings, in any case. The callbacks that every client has are set here;
 * others before. */
MUST_CHECK enum status kafka_client_open(struct kafka_client *client,
                                         const struct kafka_settings *settings,
                                         rd_kafka_type_t type, rd_kafka_conf_t *conf,
                                         struct error *error);

/* Ends the handle in a thread of its own, since rd_kafka_destroy can hang (#4187, #4724), and then
 * calls release(client) from there. False when that was not done within the timeout: the thread
 * goes on alone. The client is not to be touched after this in either case. */
bool kafka_client_close(struct kafka_client *client, void (*release)(struct kafka_client *client),
                        int64_t timeout_ms);

/* A timeout as the library takes it. */
int kafka_client_timeout(int64_t timeout_ms);

/* Milliseconds until then, not below 0; deadline of clock_steady_ms. */
int64_t kafka_client_remaining(int64_t deadline_ms);

#endif
