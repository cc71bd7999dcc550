/* An HTTP/1.1 server on one loop: RFC 9110, RFC 9112, strict. One server per thread, nothing
 * shared; several may listen on one port (SO_REUSEPORT) and the kernel spreads connections. No TLS,
 * no files.
 *
 * It bounds everything that a client decides: see http/limits.h. What it refuses by itself is
 * answered with problem+json, and with Connection: close where the framing of the stream is in
 * doubt. */
#ifndef TRIBUTARY_HTTP_SERVER_H
#define TRIBUTARY_HTTP_SERVER_H

#include "common/base/owned.h"
#include "common/base/status.h"
#include "common/http/limits.h"
#include "common/http/request.h"

#include <stddef.h>
#include <stdint.h>

struct loop;
struct http_server;

enum {
    HTTP_ROUTE_PREFIX = 1, /* path matches all paths that start with it */
};

/* The first route that matches path and method is taken. A path without any: 404; with other
 * methods only: 405 and Allow. GET answers HEAD too. */
struct http_route {
    const char *method;
    const char *path;
    void (*handle)(void *context, struct http_request *request);
    unsigned flags;
};

/* Borrows routes and context until http_server_free; copies limits. Never NULL. */
struct http_server *http_server_new(struct loop *loop, const struct http_limits *limits,
                                    const struct http_route *routes, size_t route_count,
                                    void *context);

/* Closes all connections; not inside a handler. Requests that are not answered stay valid until
 * they are; their answers are dropped. */
void http_server_free(struct http_server *server);
OWNED_DEFINE(http_server);

enum http_port {
    HTTP_PORT_OWN,
    HTTP_PORT_SHARED, /* with all who ask for it in this way, other processes too */
};

/* Listens on a numeric address ("127.0.0.1", "::"); port 0 takes a free one. Once per server.
 * FATAL with the reason when the address cannot be had. */
MUST_CHECK enum status http_server_listen(struct http_server *server, const char *address,
                                          uint16_t port, enum http_port sharing,
                                          struct error *error);

/* The port it listens on. */
uint16_t http_server_port(const struct http_server *server);

/* Stops accepting, takes the requests that have come already, closes idle connections, answers what
 * is on its way with Connection: close, and calls back once when no connection and no request is
 * left. The callback may free the server. */
void http_server_drain(struct http_server *server, void (*drained)(void *context), void *context);

/* All of them only grow, but for the two that say so. */
struct http_counters {
    uint64_t connections; /* open now */
    uint64_t in_flight;   /* requests at a handler now */
    uint64_t accepted;
    uint64_t evicted;        /* idle connections closed for a new one */
    uint64_t accept_pauses;  /* no descriptor left, or every connection busy */
    uint64_t requests;       /* complete ones */
    uint64_t responses[6];   /* by class: [2] is 2xx; [0] and [1] stay 0 */
    uint64_t refused;        /* by the framer: 4xx, 5xx without a handler */
    uint64_t refused_memory; /* 503 or closed for memory_bytes */
    uint64_t dropped;        /* answers to clients that had gone */
    uint64_t timeouts_head, timeouts_body, timeouts_idle, timeouts_write;
    uint64_t bytes_in, bytes_out;
};

/* A consistent enough copy; any thread. */
void http_server_counters(const struct http_server *server, struct http_counters *ret_counters);

#endif
