/* One client, one server, a pipe each way. Internal to tests/support/proxy; used by its thread
 * under its lock. */
#ifndef TRIBUTARY_TESTS_SUPPORT_PROXY_CONNECTION_H
#define TRIBUTARY_TESTS_SUPPORT_PROXY_CONNECTION_H

#include "tests/support/proxy/proxy_pipe.h"

#include <poll.h>

struct proxy_connection {
    struct proxy_connection *next;
    uint64_t number;
    int client;
    int server;
    bool connecting;   /* to the server */
    bool client_ended; /* it will send no more */
    bool client_gone;  /* and takes no more: answers are thrown away */
    bool server_ended;
    bool server_gone;
    bool client_shut; /* it was told that no more comes */
    bool server_shut;
    bool lingers; /* the client ended before all that it sent was written */
    int64_t moved_ms;
    struct proxy_pipe request;
    struct proxy_pipe answer;
    struct proxy_kafka kafka;
    struct proxy_postgres postgres;
};

/* What a connection takes from its proxy. */
struct proxy_terms {
    enum proxy_protocol protocol;
    struct proxy_rule *rule;
    int delay_ms;
};

/* Takes the client's socket; connects to 127.0.0.1:target_port. NULL when that fails at once: the
 * client is reset. */
struct proxy_connection *proxy_connection_new(int client, int target_port, uint64_t number);

/* Closes what is still open. */
void proxy_connection_free(struct proxy_connection *connection);

/* Resets both sides, then frees. */
void proxy_connection_reset(struct proxy_connection *connection);

/* What to wait for: two entries, client and server; when to look again, steady ms. */
void proxy_connection_poll(const struct proxy_connection *connection,
                           const struct proxy_terms *terms, struct pollfd *ret_polls);
int64_t proxy_connection_next_ms(const struct proxy_connection *connection);

/* Reads, judges and writes what can be. False: it is over (and reset where it had to be). */
bool proxy_connection_serve(struct proxy_connection *connection, const struct proxy_terms *terms,
                            const struct pollfd *polls);

void proxy_connection_release(struct proxy_connection *connection);

#endif
