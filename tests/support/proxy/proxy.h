/* A TCP proxy of the test, in a thread of its own, that can stand between a process and Kafka,
 * Postgres or Redis: pass, refuse, cut, freeze, delay, and pick single requests or answers to hold,
 * drop or cut off. Bounded: a connection holds at most PROXY_BUFFER_BYTES a direction; beyond that
 * it stops reading. Plain TCP only, no TLS. All functions may be called from any thread.
 *
 *     struct proxy *proxy = proxy_start(PROXY_KAFKA, 0);
 *     struct broker *broker = broker_start(&(struct broker_options){.proxy_ports =
 * {proxy_port(proxy)}}); proxy_target(proxy, broker_proxied_port(broker, 0)); … clients bootstrap
 * from proxy_address(proxy) … proxy_arm(proxy, PROXY_PRODUCE, PROXY_HOLD, 1); proxy_wait(proxy, 1,
 * 5000); … kill the client … proxy_release(proxy);           the held request still reaches the
 * broker
 */
#ifndef TRIBUTARY_TESTS_SUPPORT_PROXY_H
#define TRIBUTARY_TESTS_SUPPORT_PROXY_H

#include "common/base/owned.h"
#include "common/base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proxy;

enum {
    PROXY_BUFFER_BYTES = 16 << 20,
    PROXY_VIEW_BYTES = 64 << 10, /* of a message are shown to a filter */
    PROXY_CONNECTIONS = 256,     /* further ones are reset */
};

/* What the bytes are cut into. */
enum proxy_protocol {
    PROXY_RAW,      /* whatever one read gave */
    PROXY_KAFKA,    /* length-framed requests and answers */
    PROXY_POSTGRES, /* messages of protocol 3 */
};

enum proxy_direction {
    PROXY_REQUEST, /* client to server */
    PROXY_ANSWER,  /* server to client */
};

enum proxy_verdict {
    PROXY_PASS,
    PROXY_HOLD, /* this message, and what comes behind it the same way on this connection, waits
                   for proxy_release */
    PROXY_DROP, /* this message vanishes; the connection lives on */
    PROXY_CUT,  /* it vanishes and both sides get a reset */
};

struct proxy_message {
    uint64_t connection; /* from 1, in the order of accept */
    enum proxy_direction direction;
    struct slice bytes; /* the message's first up to PROXY_VIEW_BYTES, header included */
    size_t size;        /* of the whole message */

    /* Kafka: of the request, and of the request that this answers; api_key -1 when unknown. */
    int16_t api_key;
    int16_t api_version;
    int32_t correlation;

    /* Postgres: the message's type ('Q', 'P', 'C', …), 0 before the start. */
    char type;
    bool commit; /* a Query, Parse, Bind or Execute of COMMIT; an answer that says "COMMIT" is done
                  */
};

enum { PROXY_KAFKA_PRODUCE = 0, PROXY_KAFKA_FETCH = 1, PROXY_KAFKA_OFFSET_COMMIT = 8 };

/* Listens on a free port. target_port on 127.0.0.1 may be 0 and be set later. */
struct proxy *proxy_start(enum proxy_protocol protocol, int target_port);

/* Cuts everything and ends its thread. */
void proxy_free(struct proxy *proxy);
OWNED_DEFINE(proxy);

void proxy_target(struct proxy *proxy, int port);
int proxy_port(const struct proxy *proxy);
const char *proxy_address(const struct proxy *proxy); /* "127.0.0.1:port" */

/* States of the whole proxy; the last one holds. A new proxy passes. */
void proxy_pass(struct proxy *proxy);
void proxy_refuse(struct proxy *proxy); /* cuts all, and new connections are refused */
void proxy_freeze(struct proxy *proxy); /* connections live, nothing moves either way */

/* Resets every connection now; new ones are taken. What was held is lost. */
void proxy_cut(struct proxy *proxy);

/* Each piece moves this much later, each way; 0 again for none. The rate is not limited. */
void proxy_delay(struct proxy *proxy, int delay_ms);

/* What proxy_arm can look for. */
enum proxy_match {
    PROXY_ANY_REQUEST,
    PROXY_ANY_ANSWER,
    PROXY_PRODUCE, /* Kafka: a Produce request; its answer */
    PROXY_PRODUCE_ANSWER,
    PROXY_OFFSET_COMMIT, /* Kafka: an OffsetCommit request; its answer */
    PROXY_OFFSET_COMMIT_ANSWER,
    PROXY_COMMIT, /* Postgres: the request with COMMIT (pipelined: its Execute); its answer */
    PROXY_COMMIT_ANSWER,
};

/* The next `count` matching messages get this verdict, the rest pass. Replaces what was armed, and
 * counts from 0 again. */
void proxy_arm(struct proxy *proxy, enum proxy_match match, enum proxy_verdict verdict, int count);

/* Instead of proxy_arm: decides on every message. Runs in the proxy's thread, under its lock: it
 * must not call the proxy. Every verdict but PROXY_PASS counts as a match. NULL: none. */
typedef enum proxy_verdict proxy_filter(void *context, const struct proxy_message *message);
void proxy_filter_set(struct proxy *proxy, proxy_filter *filter, void *context);

/* A filter for Kafka: holds the next produce request such that the broker still takes it when it is
 * released. A producer that waits in vain goes on under a higher epoch, and with the first request
 * of that the broker refuses all that was sent before: further requests of the same producer are
 * dropped. context: one of these, zeroed, as long as the filter is set. */
struct proxy_held {
    bool any;
    int64_t producer; /* its id */
};
enum proxy_verdict proxy_hold_produce(void *context, const struct proxy_message *message);

/* Waits until `count` messages have matched since the last proxy_arm or proxy_filter_set, the held
 * ones among them whole. Not in time: false. */
bool proxy_wait(struct proxy *proxy, uint64_t count, int timeout_ms);
uint64_t proxy_matched(struct proxy *proxy);

/* Lets go what is held now, in order. What a closed client had sent still reaches the server: its
 * connection there is kept until the server has been silent for a second, answers thrown away. */
void proxy_release(struct proxy *proxy);

/* Messages (PROXY_RAW: pieces) seen so far, and connections open now. */
uint64_t proxy_seen(struct proxy *proxy, enum proxy_match match);
size_t proxy_connections(struct proxy *proxy);

#endif
