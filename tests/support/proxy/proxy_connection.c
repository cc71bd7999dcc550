#include "tests/support/proxy/proxy_connection.h"

#include "common/base/clock.h"
#include "common/base/must.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 64 << 10, LINGER_MS = 1000 };

static void close_with_reset(int *socket_fd)
{
    const struct linger none = {.l_onoff = 1};

    if (*socket_fd < 0)
        return;
    setsockopt(*socket_fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(*socket_fd);
    *socket_fd = -1;
}

static void set_no_delay(int socket_fd)
{
    const int on = 1;

    setsockopt(socket_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* -1 when it is refused at once. */
static int connect_to(int port, bool *ret_connecting)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    MUST(server >= 0);
    set_no_delay(server);
    *ret_connecting = false;
    if (connect(server, (const struct sockaddr *)&address, sizeof address) == 0)
        return server;
    *ret_connecting = errno == EINPROGRESS;
    if (!*ret_connecting)
        close_with_reset(&server);
    return server;
}

struct proxy_connection *proxy_connection_new(int client, int target_port, uint64_t number)
{
    struct proxy_connection *connection;
    bool connecting;
    int server = connect_to(target_port, &connecting);

    if (server < 0) {
        close_with_reset(&client);
        return NULL;
    }
    set_no_delay(client);
    connection = must_alloc(sizeof *connection);
    connection->number = number;
    connection->client = client;
    connection->server = server;
    connection->connecting = connecting;
    proxy_pipe_init(&connection->request, PROXY_REQUEST);
    proxy_pipe_init(&connection->answer, PROXY_ANSWER);
    proxy_kafka_init(&connection->kafka);
    return connection;
}

void proxy_connection_free(struct proxy_connection *connection)
{
    if (connection->client >= 0)
        close(connection->client);
    if (connection->server >= 0)
        close(connection->server);
    proxy_pipe_done(&connection->request);
    proxy_pipe_done(&connection->answer);
    free(connection);
}

void proxy_connection_reset(struct proxy_connection *connection)
{
    close_with_reset(&connection->client);
    close_with_reset(&connection->server);
    proxy_connection_free(connection);
}

static bool can_write(const struct proxy_pipe *pipe)
{
    return proxy_pipe_due(pipe, clock_steady_ms()).size > 0;
}

/* An entry without events would still report errors, again and again: it is left out. */
static struct pollfd poll_entry(int socket_fd, bool in, bool out)
{
    short events = (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0));

    return (struct pollfd){.fd = events == 0 ? -1 : socket_fd, .events = events};
}

void proxy_connection_poll(const struct proxy_connection *connection,
                           const struct proxy_terms *terms, struct pollfd *ret_polls)
{
    bool delayed = terms->delay_ms > 0;
    bool from_client =
        !connection->client_ended && proxy_pipe_room(&connection->request, delayed) > 0;
    bool from_server = !connection->connecting && !connection->server_ended &&
                       proxy_pipe_room(&connection->answer, delayed) > 0;

    ret_polls[0] = poll_entry(connection->client, from_client,
                              !connection->client_gone && can_write(&connection->answer));
    ret_polls[1] = poll_entry(connection->server, from_server,
                              connection->connecting ||
                                  (!connection->server_gone && can_write(&connection->request)));
}

int64_t proxy_connection_next_ms(const struct proxy_connection *connection)
{
    int64_t request_ms = proxy_pipe_next_ms(&connection->request);
    int64_t answer_ms = proxy_pipe_next_ms(&connection->answer);
    int64_t next_ms = request_ms < answer_ms ? request_ms : answer_ms;

    if (connection->lingers && connection->moved_ms + LINGER_MS < next_ms)
        next_ms = connection->moved_ms + LINGER_MS;
    return next_ms;
}

/* Reads once. *ret_gone: by an error, not by a clean end. False when the other side has ended. */
static bool read_some(int socket_fd, struct proxy_pipe *pipe, bool delayed, bool *ret_gone)
{
    char bytes[READ_BYTES];
    size_t room = proxy_pipe_room(pipe, delayed);
    ssize_t size = recv(socket_fd, bytes, room < sizeof bytes ? room : sizeof bytes, 0);

    if (size > 0)
        buffer_append(&pipe->bytes, bytes, (size_t)size);
    if (size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR)))
        return true;
    *ret_gone = size < 0;
    return false;
}

static void read_client(struct proxy_connection *connection, bool delayed)
{
    if (!read_some(connection->client, &connection->request, delayed, &connection->client_gone))
        connection->client_ended = true;
}

static void read_server(struct proxy_connection *connection, bool delayed)
{
    if (!read_some(connection->server, &connection->answer, delayed, &connection->server_gone))
        connection->server_ended = true;
}

/* False when the server cannot be reached. */
static bool end_connecting(struct proxy_connection *connection)
{
    int code = 0;
    socklen_t size = sizeof code;

    connection->connecting = false;
    getsockopt(connection->server, SOL_SOCKET, SO_ERROR, &code, &size);
    return code == 0;
}

static bool judge_pipes(struct proxy_connection *connection, const struct proxy_terms *terms)
{
    const struct proxy_judge judge = {
        .protocol = terms->protocol,
        .kafka = &connection->kafka,
        .postgres = &connection->postgres,
        .rule = terms->rule,
        .connection = connection->number,
        .due_ms = terms->delay_ms > 0 ? clock_steady_ms() + terms->delay_ms : 0,
    };

    if (!proxy_pipe_judge(&connection->request, &judge) ||
        !proxy_pipe_judge(&connection->answer, &judge))
        return false;
    if (connection->client_ended)
        proxy_pipe_end(&connection->request);
    if (connection->server_ended)
        proxy_pipe_end(&connection->answer);
    return true;
}

/* Writes what is due; false when the other side takes no more. */
static bool write_some(struct proxy_connection *connection, int socket_fd, struct proxy_pipe *pipe)
{
    struct slice due = proxy_pipe_due(pipe, clock_steady_ms());
    ssize_t size;

    if (due.size == 0)
        return true;
    size = send(socket_fd, due.data, due.size, MSG_NOSIGNAL);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR;
    proxy_pipe_written(pipe, (size_t)size);
    connection->moved_ms = clock_steady_ms();
    return true;
}

static void discard(struct proxy_connection *connection, struct proxy_pipe *pipe)
{
    struct slice due;

    proxy_pipe_release(pipe);
    due = proxy_pipe_due(pipe, INT64_MAX);
    if (due.size > 0)
        connection->moved_ms = clock_steady_ms();
    proxy_pipe_written(pipe, due.size);
}

static void write_pipes(struct proxy_connection *connection)
{
    if (!connection->connecting && !connection->server_gone &&
        !write_some(connection, connection->server, &connection->request))
        connection->server_gone = true;
    if (!connection->client_gone &&
        !write_some(connection, connection->client, &connection->answer))
        connection->client_gone = true;
    if (connection->server_gone)
        discard(connection, &connection->request);
    if (connection->client_gone)
        discard(connection, &connection->answer);
}

/* The client has ended: the server is told when it has had everything. Where some of it was still
 * to be written then, the connection ends after a silence, as nobody waits for answers to it.
 * False: it is over. */
static bool end_client(struct proxy_connection *connection)
{
    if (!proxy_pipe_empty(&connection->request)) {
        connection->lingers = true;
        return true;
    }
    if (connection->lingers)
        return clock_steady_ms() < connection->moved_ms + LINGER_MS;
    if (connection->client_gone)
        return false;
    if (!connection->server_shut)
        shutdown(connection->server, SHUT_WR);
    connection->server_shut = true;
    return true;
}

static bool end_server(struct proxy_connection *connection)
{
    if (!proxy_pipe_empty(&connection->answer))
        return true;
    if (connection->server_gone)
        return false;
    if (!connection->client_shut && !connection->client_gone)
        shutdown(connection->client, SHUT_WR);
    connection->client_shut = true;
    return true;
}

/* False when it is over. */
static bool end_sides(struct proxy_connection *connection)
{
    bool alive = true;

    if (connection->client_ended || connection->client_gone)
        alive = end_client(connection);
    if (alive && (connection->server_ended || connection->server_gone))
        alive = end_server(connection);
    if (!alive) {
        close_with_reset(&connection->client);
        close_with_reset(&connection->server);
        return false;
    }
    return !(connection->client_shut && connection->server_shut);
}

bool proxy_connection_serve(struct proxy_connection *connection, const struct proxy_terms *terms,
                            const struct pollfd *polls)
{
    bool delayed = terms->delay_ms > 0;

    if (connection->connecting && polls[1].revents != 0 && !end_connecting(connection)) {
        close_with_reset(&connection->client);
        return false;
    }
    if ((polls[0].events & POLLIN) != 0 && polls[0].revents != 0)
        read_client(connection, delayed);
    if ((polls[1].events & POLLIN) != 0 && polls[1].revents != 0)
        read_server(connection, delayed);
    if (!judge_pipes(connection, terms)) {
        close_with_reset(&connection->client);
        close_with_reset(&connection->server);
        return false;
    }
    write_pipes(connection);
    return end_sides(connection);
}

void proxy_connection_release(struct proxy_connection *connection)
{
    proxy_pipe_release(&connection->request);
    proxy_pipe_release(&connection->answer);
}
