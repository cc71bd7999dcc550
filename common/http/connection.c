#include "common/http/internal.h"

#include "common/base/must.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    DISCARD_BYTES = 16384,
    FIRST_HINT_BYTES = 4096,
};

/* Each list is sorted by since_us, as all of a phase have the same time. Most go to the end. */
static void connection_place(struct http_connection *connection, enum http_phase phase,
                             int64_t since_us)
{
    struct http_connections *lists = connection->server->phases;
    struct http_connection *before;

    if (connection->phase == phase && connection->since_us == since_us)
        return;
    TAILQ_REMOVE(&lists[connection->phase], connection, peers);
    connection->phase = phase;
    connection->since_us = since_us;
    TAILQ_FOREACH_REVERSE (before, &lists[phase], http_connections, peers)
        if (before->since_us <= since_us)
            break;
    if (before != NULL)
        TAILQ_INSERT_AFTER(&lists[phase], before, connection, peers);
    else
        TAILQ_INSERT_HEAD(&lists[phase], connection, peers);
}

static void connection_discard(struct http_connection *connection)
{
    char bytes[DISCARD_BYTES];
    ssize_t size = recv(connection->fd, bytes, sizeof bytes, 0);

    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR))
        http_connection_free(connection);
}

static void connection_event(void *context, unsigned events)
{
    struct http_connection *connection = context;

    if (connection->phase == HTTP_PHASE_LINGER) {
        connection_discard(connection);
        return;
    }
    http_connection_enter(connection);
    if ((events & LOOP_WRITE) != 0)
        http_output_flush(connection);
    if ((events & LOOP_READ) != 0)
        http_input_read(connection);
    http_connection_leave(connection);
}

void http_connection_new(struct http_server *server, int fd, const union http_address *peer)
{
    struct http_connection *connection = must_alloc(sizeof *connection);

    connection->server = server;
    connection->fd = fd;
    connection->peer = *peer;
    connection->hint = FIRST_HINT_BYTES;
    connection->active_us = loop_now_us(server->loop);
    connection->watch = loop_watch_new(server->loop, fd, connection_event, connection);
    buffer_init(&connection->out, SIZE_MAX / 2);
    TAILQ_INIT(&connection->requests);
    connection->phase = HTTP_PHASE_IDLE;
    TAILQ_INSERT_HEAD(&server->phases[HTTP_PHASE_IDLE], connection, peers);
    HTTP_COUNT(server, accepted, 1);
    HTTP_COUNT(server, connections, 1);
    http_connection_enter(connection);
    http_connection_leave(connection);
}

/* Requests at their handlers stay; their answers will be dropped. */
static void connection_leave_requests(struct http_connection *connection)
{
    struct http_request *request;

    while ((request = TAILQ_FIRST(&connection->requests)) != NULL) {
        TAILQ_REMOVE(&connection->requests, request, queue);
        request->connection = NULL;
        if (request->answered)
            http_request_free(request);
    }
}

void http_connection_free(struct http_connection *connection)
{
    struct http_server *server = connection->server;

    connection_leave_requests(connection);
    if (connection->current != NULL)
        http_request_free(connection->current);
    if (connection->block != NULL)
        http_block_release(&server->blocks, connection->block);
    if (connection->resuming)
        TAILQ_REMOVE(&server->resuming, connection, resume);
    TAILQ_REMOVE(&server->phases[connection->phase], connection, peers);
    loop_watch_free(connection->watch);
    close(connection->fd);
    http_block_discharge(&server->blocks, connection->out.size - connection->out_sent);
    buffer_done(&connection->out);
    free(connection);
    HTTP_COUNT(server, connections, -1);
    http_listener_resume(server);
    http_server_check_drained(server);
}

void http_connection_enter(struct http_connection *connection)
{
    connection->busy = true;
}

/* Nothing is on its way in either direction. */
static bool connection_is_quiet(const struct http_connection *connection)
{
    return connection->in_flight == 0 && !http_output_waits(connection);
}

static bool connection_is_over(const struct http_connection *connection)
{
    if (connection->broken)
        return true;
    if (!connection_is_quiet(connection))
        return false;
    if (connection->ended)
        return connection->closing || connection->current != NULL || !http_input_waits(connection);
    return connection->server->draining && !connection->closing && connection->current == NULL &&
           !http_input_waits(connection);
}

/* The answer would be lost by a reset if the connection was closed with input unread. */
static void connection_linger(struct http_connection *connection)
{
    shutdown(connection->fd, SHUT_WR);
    if (connection->block != NULL)
        http_block_release(&connection->server->blocks, connection->block);
    connection->block = NULL;
    connection_place(connection, HTTP_PHASE_LINGER, loop_now_us(connection->server->loop));
}

static void connection_settle_phase(struct http_connection *connection)
{
    struct http_request *current = connection->current;

    if (connection->phase == HTTP_PHASE_LINGER)
        return;
    if (http_output_waits(connection))
        connection_place(connection, HTTP_PHASE_WRITE, connection->out_since_us);
    else if (current != NULL && current->received_us == 0)
        connection_place(connection, HTTP_PHASE_HEAD, current->started_us);
    else if (current != NULL)
        connection_place(connection, HTTP_PHASE_BODY, current->received_us);
    else if (connection->in_flight > 0)
        connection_place(connection, HTTP_PHASE_HANDLER, 0);
    else if (connection->served == 0 && !connection->closing)
        connection_place(connection, HTTP_PHASE_HEAD, connection->active_us);
    else if (connection->closing)
        connection_linger(connection);
    else
        connection_place(connection, HTTP_PHASE_IDLE, connection->active_us);
}

static bool connection_settle_watch(struct http_connection *connection)
{
    struct error error = {0};
    unsigned events = 0;

    if (http_output_waits(connection))
        events |= LOOP_WRITE;
    if (connection->phase == HTTP_PHASE_LINGER ||
        (!connection->ended && http_input_open(connection)))
        events |= LOOP_READ;
    return loop_watch_set(connection->watch, events, &error) == STATUS_OK;
}

/* Bytes that were read already bring no event: they are framed in a turn of their own, since a
 * handler must not be called inside another one's http_respond. */
static void connection_settle_resume(struct http_connection *connection)
{
    struct http_server *server = connection->server;

    if (connection->resuming || connection->current != NULL || !http_input_waits(connection) ||
        !http_input_open(connection))
        return;
    if (TAILQ_EMPTY(&server->resuming))
        loop_timer_once(server->resume, 0);
    TAILQ_INSERT_TAIL(&server->resuming, connection, resume);
    connection->resuming = true;
}

void http_connection_leave(struct http_connection *connection)
{
    connection->busy = false;
    http_input_continue(connection);
    if (connection->phase != HTTP_PHASE_WRITE && !connection->broken)
        http_output_flush(connection);
    if (connection_is_over(connection)) {
        http_connection_free(connection);
        return;
    }
    connection_settle_resume(connection);
    connection_settle_phase(connection);
    if (!connection_settle_watch(connection))
        http_connection_free(connection);
}

static void connection_time_out(struct http_connection *connection, const char *detail)
{
    http_connection_enter(connection);
    http_input_refuse(connection, &(struct http_problem){.status = 408, .detail = detail});
    http_connection_leave(connection);
}

void http_connection_expire(struct http_connection *connection)
{
    struct http_server *server = connection->server;

    switch (connection->phase) {
    case HTTP_PHASE_HEAD:
        HTTP_COUNT(server, timeouts_head, 1);
        if (connection->current != NULL) {
            connection_time_out(connection, "The head did not come in time.");
            return;
        }
        break;
    case HTTP_PHASE_BODY:
        HTTP_COUNT(server, timeouts_body, 1);
        connection_time_out(connection, "The body did not come in time.");
        return;
    case HTTP_PHASE_IDLE:
        HTTP_COUNT(server, timeouts_idle, 1);
        break;
    case HTTP_PHASE_WRITE:
        HTTP_COUNT(server, timeouts_write, 1);
        break;
    default:
        break;
    }
    http_connection_free(connection);
}
