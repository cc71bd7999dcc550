/* The proxy's thread. Internal to tests/support/proxy. */
#ifndef TRIBUTARY_TESTS_SUPPORT_PROXY_LOOP_H
#define TRIBUTARY_TESTS_SUPPORT_PROXY_LOOP_H

#include "tests/support/proxy/proxy_connection.h"

#include <pthread.h>

enum proxy_mode { PROXY_PASSES, PROXY_REFUSES, PROXY_FROZEN };

/* All under `lock` but what never changes. The thread lets go of it while it waits. */
struct proxy {
    pthread_t thread;
    int wake; /* an eventfd */
    int port;
    char address[32];
    enum proxy_protocol protocol;

    pthread_mutex_t lock;
    pthread_cond_t turned; /* after each turn of the thread */
    uint64_t turns;
    bool ends;
    bool cuts; /* the next turn resets all connections */
    enum proxy_mode mode;
    int target_port;
    int delay_ms;
    struct proxy_rule rule;
    int listener; /* -1 while it refuses */
    uint64_t accepted;
    struct proxy_connection *connections;
    size_t connection_count;
};

/* The thread's function; `context` is the proxy. */
void *proxy_loop_run(void *context);

/* Listens on port of 127.0.0.1, 0 for any: the socket. */
int proxy_loop_listen(int port);

#endif
