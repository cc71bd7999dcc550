/* A server on a thread of its own, for tests whose other end blocks. */
#ifndef TRIBUTARY_TESTS_SUPPORT_HTTP_HOST_H
#define TRIBUTARY_TESTS_SUPPORT_HTTP_HOST_H

#include "common/http/server.h"
#include "common/loop/loop.h"

#include <pthread.h>
#include <semaphore.h>

struct host {
    struct loop *loop;
    struct http_server *server;
    uint16_t port;
    pthread_t thread;
    bool halted;
    struct loop_waker *waker;
    void (*task)(void *context);
    void *context;
    sem_t done;
    struct http_counters counters; /* as host_counters saw them */
};

/* Listens on port (0: a free one) of 127.0.0.1 and runs. Aborts when it cannot. */
void host_start(struct host *host, uint16_t port, const struct http_limits *limits,
                const struct http_route *routes, size_t route_count, void *context);

/* Ends the thread; the server is still there, for what a test wants to see of it. */
void host_halt(struct host *host);
void host_stop(struct host *host);

/* Runs task on the server's thread and waits for its end. */
void host_run(struct host *host, void (*task)(void *context), void *context);

/* Between two callbacks of the server. */
struct http_counters host_counters(struct host *host);

#endif
