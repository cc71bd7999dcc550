#include "tests/support/proxy/proxy_loop.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "tests/support/process/process.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 128, FIXED_POLLS = 2, LONGEST_WAIT_MS = 60000 };

/* What one turn waits for: the wake-up, the listener, then two a connection. */
struct turn {
    struct pollfd polls[FIXED_POLLS + 2 * PROXY_CONNECTIONS];
    nfds_t count;
    int wait_ms;
};

int proxy_loop_listen(int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    const int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    MUST(listener >= 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, BACKLOG) != 0)
        process_fail(NULL, "listen on port %d: errno %d", port, errno);
    return listener;
}

static struct proxy_terms terms_of(struct proxy *proxy)
{
    return (struct proxy_terms){
        .protocol = proxy->protocol, .rule = &proxy->rule, .delay_ms = proxy->delay_ms};
}

static int wait_until(int64_t next_ms)
{
    int64_t wait_ms;

    if (next_ms == INT64_MAX)
        return LONGEST_WAIT_MS;
    wait_ms = next_ms - clock_steady_ms();
    if (wait_ms < 0)
        wait_ms = 0;
    return wait_ms < LONGEST_WAIT_MS ? (int)wait_ms : LONGEST_WAIT_MS;
}

static void prepare(struct proxy *proxy, struct turn *turn)
{
    struct proxy_terms terms = terms_of(proxy);
    int64_t next_ms = INT64_MAX;

    turn->polls[0] = (struct pollfd){.fd = proxy->wake, .events = POLLIN};
    turn->polls[1] = (struct pollfd){.fd = proxy->listener, .events = POLLIN};
    turn->count = FIXED_POLLS;
    for (const struct proxy_connection *c = proxy->connections; c != NULL; c = c->next) {
        struct pollfd *polls = &turn->polls[turn->count];
        int64_t at_ms = proxy_connection_next_ms(c);

        turn->count += 2;
        if (proxy->mode == PROXY_FROZEN) {
            polls[0] = polls[1] = (struct pollfd){.fd = -1};
            continue;
        }
        proxy_connection_poll(c, &terms, polls);
        /* What is due already waits for a socket, not for the time. */
        if (at_ms > clock_steady_ms() && at_ms < next_ms)
            next_ms = at_ms;
    }
    turn->wait_ms = wait_until(next_ms);
}

static void cut_all(struct proxy *proxy)
{
    while (proxy->connections != NULL) {
        struct proxy_connection *connection = proxy->connections;

        proxy->connections = connection->next;
        proxy_connection_reset(connection);
    }
    proxy->connection_count = 0;
}

static void obey(struct proxy *proxy)
{
    if (proxy->cuts)
        cut_all(proxy);
    proxy->cuts = false;
    if (proxy->mode == PROXY_REFUSES && proxy->listener >= 0) {
        close(proxy->listener);
        proxy->listener = -1;
    }
    if (proxy->mode != PROXY_REFUSES && proxy->listener < 0)
        proxy->listener = proxy_loop_listen(proxy->port);
}

/* Polls are in the order of the connections, which only this thread changes; after a cut there are
 * none. */
static void serve_all(struct proxy *proxy, const struct turn *turn)
{
    struct proxy_terms terms = terms_of(proxy);
    const struct pollfd *polls = &turn->polls[FIXED_POLLS];
    struct proxy_connection **at = &proxy->connections;

    if (proxy->mode == PROXY_FROZEN)
        return;
    while (*at != NULL) {
        struct proxy_connection *connection = *at;

        if (proxy_connection_serve(connection, &terms, polls)) {
            at = &connection->next;
        } else {
            *at = connection->next;
            proxy_connection_free(connection);
            proxy->connection_count--;
        }
        polls += 2;
    }
}

static void take_client(struct proxy *proxy, int client)
{
    struct proxy_connection *connection;
    struct proxy_connection **last = &proxy->connections;

    if (proxy->connection_count == PROXY_CONNECTIONS) {
        const struct linger none = {.l_onoff = 1};

        setsockopt(client, SOL_SOCKET, SO_LINGER, &none, sizeof none);
        close(client);
        return;
    }
    connection = proxy_connection_new(client, proxy->target_port, ++proxy->accepted);
    if (connection == NULL)
        return;
    while (*last != NULL)
        last = &(*last)->next;
    *last = connection;
    proxy->connection_count++;
}

static void accept_all(struct proxy *proxy)
{
    int client;

    if (proxy->listener < 0)
        return;
    while ((client = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
        take_client(proxy, client);
}

static void drain_wake(int wake)
{
    uint64_t count;

    if (read(wake, &count, sizeof count) < 0)
        MUST(errno == EAGAIN);
}

void *proxy_loop_run(void *context)
{
    struct proxy *proxy = context;
    struct turn turn;

    pthread_mutex_lock(&proxy->lock);
    while (!proxy->ends) {
        prepare(proxy, &turn);
        pthread_mutex_unlock(&proxy->lock);
        poll(turn.polls, turn.count, turn.wait_ms);
        pthread_mutex_lock(&proxy->lock);
        drain_wake(proxy->wake);
        obey(proxy);
        serve_all(proxy, &turn);
        accept_all(proxy);
        proxy->turns++;
        pthread_cond_broadcast(&proxy->turned);
    }
    cut_all(proxy);
    pthread_mutex_unlock(&proxy->lock);
    return NULL;
}
