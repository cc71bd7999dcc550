/* Accepting. When there is no room the backlog of the system holds the clients: first the oldest
 * idle connection gives way, then accepting pauses. It never turns in circles over a full table. */
#include "common/http/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 4096,
    ACCEPTS_PER_TURN = 32,
    PAUSE_US = 100000,
    EVICT_IDLE_US = 1000000, /* an idle connection is left alone as long as this */
};

void http_listener_init(struct http_listener *listener)
{
    *listener = (struct http_listener){.fd = -1, .spare = -1};
}

void http_listener_done(struct http_listener *listener)
{
    loop_watch_free(listener->watch);
    loop_timer_free(listener->pause);
    if (listener->fd >= 0)
        close(listener->fd);
    if (listener->spare >= 0)
        close(listener->spare);
    http_listener_init(listener);
}

static void listener_watch(struct http_server *server, unsigned events)
{
    struct error error = {0};

    /* Cannot fail for a socket that was watched before; if it does, the timer tries again. */
    if (loop_watch_set(server->listener.watch, events, &error) != STATUS_OK)
        loop_timer_once(server->listener.pause, PAUSE_US);
}

static void listener_pause(struct http_server *server)
{
    HTTP_COUNT(server, accept_pauses, 1);
    listener_watch(server, 0);
    loop_timer_once(server->listener.pause, PAUSE_US);
}

static void listener_paused(void *context)
{
    listener_watch(context, LOOP_READ);
}

void http_listener_resume(struct http_server *server)
{
    if (server->listener.watch != NULL)
        listener_watch(server, LOOP_READ);
}

static bool listener_evict(struct http_server *server)
{
    struct http_connection *oldest = TAILQ_FIRST(&server->phases[HTTP_PHASE_IDLE]);
    int64_t idle_us = server->limits.idle_ms * 1000 / 4;

    if (idle_us > EVICT_IDLE_US)
        idle_us = EVICT_IDLE_US;
    if (oldest == NULL || loop_now_us(server->loop) - oldest->since_us < idle_us)
        return false;
    HTTP_COUNT(server, evicted, 1);
    http_connection_free(oldest);
    return true;
}

/* No descriptor left: one client gets the spare one and a clear answer, the others wait. */
static void listener_shed(struct http_server *server)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
                                 "Content-Length: 0\r\nConnection: close\r\n\r\n";
    struct http_listener *listener = &server->listener;
    int fd;

    if (listener->spare >= 0)
        close(listener->spare);
    fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        if (send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) > 0)
            HTTP_COUNT(server, responses[5], 1);
        close(fd);
    }
    listener->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* After a failed accept: whether to try again at once. */
static bool listener_failed(struct http_server *server, int code)
{
    switch (code) {
    case EAGAIN:
        return false;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        if (listener_evict(server))
            return true;
        listener_shed(server);
        listener_pause(server);
        return false;
    default:
        return true; /* this client's failure, not ours: accept(2) */
    }
}

static bool listener_take(struct http_server *server)
{
    union http_address peer = {0};
    socklen_t size = sizeof peer;
    int fd;

    if (server->counters.connections >= server->limits.connections && !listener_evict(server)) {
        listener_pause(server);
        return false;
    }
    fd = accept4(server->listener.fd, &peer.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return listener_failed(server, errno);
    http_connection_new(server, fd, &peer);
    return true;
}

void http_listener_accept(struct http_server *server)
{
    for (int i = 0; i < ACCEPTS_PER_TURN && listener_take(server); i++)
        continue;
}

static void listener_ready(void *context, unsigned events)
{
    (void)events;
    http_listener_accept(context);
}

static bool address_parse(const char *text, uint16_t port, union http_address *ret_address,
                          socklen_t *ret_size)
{
    union http_address address = {0};

    if (inet_pton(AF_INET, text, &address.v4.sin_addr) == 1) {
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons(port);
        *ret_size = sizeof address.v4;
    } else if (inet_pton(AF_INET6, text, &address.v6.sin6_addr) == 1) {
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_port = htons(port);
        *ret_size = sizeof address.v6;
    } else {
        return false;
    }
    *ret_address = address;
    return true;
}

static bool socket_listens(int fd, const union http_address *address, socklen_t size,
                           enum http_port sharing)
{
    int on = 1, off = 0;

    /* Both families on "::", whatever the system's default is. */
    if (address->any.sa_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0)
        return false;
    /* Accepted sockets inherit TCP_NODELAY: an answer never waits for an acknowledgement. */
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           (sharing == HTTP_PORT_OWN ||
            setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) &&
           setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
           bind(fd, &address->any, size) == 0 && listen(fd, BACKLOG) == 0;
}

static uint16_t socket_port(int fd)
{
    union http_address address = {0};
    socklen_t size = sizeof address;

    if (getsockname(fd, &address.any, &size) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

enum status http_server_listen(struct http_server *server, const char *address, uint16_t port,
                               enum http_port sharing, struct error *error)
{
    struct http_listener *listener = &server->listener;
    union http_address parsed = {0};
    socklen_t size = 0;

    if (!address_parse(address, port, &parsed, &size))
        return error_set(error, STATUS_FATAL, "http: \"%s\" is not a numeric address", address);
    listener->fd = socket(parsed.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener->fd < 0 || !socket_listens(listener->fd, &parsed, size, sharing)) {
        int code = errno;

        http_listener_done(listener);
        return error_set(error, STATUS_FATAL, "http: cannot listen on %s port %u: %s", address,
                         port, strerror(code));
    }
    listener->port = socket_port(listener->fd);
    listener->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    listener->pause = loop_timer_new(server->loop, listener_paused, server);
    listener->watch = loop_watch_new(server->loop, listener->fd, listener_ready, server);
    return loop_watch_set(listener->watch, LOOP_READ, error);
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->listener.port;
}
