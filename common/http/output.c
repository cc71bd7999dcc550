/* Answers, in the order of their requests. The common one leaves at once by one call of the system;
 * only what the client does not take, or what is not its turn yet, is kept. */
#include "common/http/internal.h"

#include "common/base/must.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
    OUT_KEPT_BYTES = 4096, /* memory that a connection keeps for its next answer out of turn */
    JOIN_BYTES = 4096, /* bodies up to here are copied behind their head: cheaper than two parts */
};

void http_output_append(struct http_connection *connection, struct slice bytes)
{
    struct http_server *server = connection->server;

    if (bytes.size == 0 || connection->broken)
        return;
    if (!http_block_charge(&server->blocks, bytes.size)) {
        HTTP_COUNT(server, refused_memory, 1);
        connection->broken = true;
        return;
    }
    if (!http_output_waits(connection))
        connection->out_since_us = loop_now_us(server->loop);
    buffer_append_slice(&connection->out, bytes);
}

/* How much was sent; an error other than "later" breaks the connection. */
static size_t sent(struct http_connection *connection, ssize_t result)
{
    if (result < 0) {
        if (errno != EAGAIN && errno != EINTR)
            connection->broken = true;
        return 0;
    }
    HTTP_COUNT(connection->server, bytes_out, result);
    return (size_t)result;
}

void http_output_flush(struct http_connection *connection)
{
    struct buffer *out = &connection->out;
    size_t done;

    if (!http_output_waits(connection))
        return;
    done = sent(connection, send(connection->fd, out->data + connection->out_sent,
                                 out->size - connection->out_sent, MSG_NOSIGNAL));
    connection->out_sent += done;
    http_block_discharge(&connection->server->blocks, done);
    if (http_output_waits(connection))
        return;
    connection->out_sent = 0;
    if (out->capacity > OUT_KEPT_BYTES) {
        buffer_done(out);
        buffer_init(out, SIZE_MAX / 2);
    } else {
        buffer_reset(out);
    }
}

/* Straight from the caller's memory; the rest is kept. */
static void output_now(struct http_connection *connection, struct slice head, struct slice body)
{
    struct iovec parts[2] = {{(void *)(uintptr_t)head.data, head.size},
                             {(void *)(uintptr_t)body.data, body.size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    size_t done;

    if (body.size == 0)
        done = sent(connection, send(connection->fd, head.data, head.size, MSG_NOSIGNAL));
    else
        done = sent(connection, sendmsg(connection->fd, &message, MSG_NOSIGNAL));
    if (done < head.size) {
        http_output_append(connection, (struct slice){head.data + done, head.size - done});
        done = 0;
    } else {
        done -= head.size;
    }
    http_output_append(connection, (struct slice){body.data + done, body.size - done});
}

/* Before each answer: one may be as large as it is, a pile of them may not. */
static void output_check_backlog(struct http_connection *connection)
{
    if (connection->out.size - connection->out_sent > connection->server->limits.backlog_bytes)
        connection->broken = true;
}

/* The first of the queue is answered; those behind it that were answered before it follow. */
static void output_next(struct http_connection *connection)
{
    struct http_request *request = TAILQ_FIRST(&connection->requests);

    do {
        if (request->answered) {
            output_check_backlog(connection);
            http_block_discharge(&connection->server->blocks, request->held.size);
            http_output_append(connection, buffer_slice(&request->held));
            request->held.size = 0;
        }
        TAILQ_REMOVE(&connection->requests, request, queue);
        connection->in_flight--;
        http_request_free(request);
        request = TAILQ_FIRST(&connection->requests);
    } while (request != NULL && request->answered);
    connection->active_us = loop_now_us(connection->server->loop);
}

/* Until it is its turn. */
static void output_hold(struct http_request *request, struct slice head, struct slice body)
{
    struct http_server *server = request->server;

    request->answered = true;
    buffer_init(&request->held, SIZE_MAX / 2);
    if (!http_block_charge(&server->blocks, head.size + body.size)) {
        HTTP_COUNT(server, refused_memory, 1);
        request->connection->broken = true;
        return;
    }
    buffer_append_slice(&request->held, head);
    buffer_append_slice(&request->held, body);
}

static void output_answer(struct http_request *request, struct slice head, struct slice body)
{
    struct http_connection *connection = request->connection;

    if (request != TAILQ_FIRST(&connection->requests)) {
        output_hold(request, head, body);
        return;
    }
    output_check_backlog(connection);
    /* Small answers to requests that came together leave together. */
    if (http_output_waits(connection) || connection->broken ||
        (body.size == 0 && connection->busy && http_input_waits(connection))) {
        http_output_append(connection, head);
        http_output_append(connection, body);
    } else {
        output_now(connection, head, body);
    }
    output_next(connection);
}

/* While the server stops, the last answer that is due says so. */
static void output_mark_last(struct http_server *server, struct http_request *request)
{
    struct http_connection *connection = request->connection;

    if (!server->draining || connection->current != NULL ||
        request != TAILQ_LAST(&connection->requests, http_requests))
        return;
    request->last = true;
    connection->closing = true;
}

static void output_drop(struct http_request *request)
{
    struct http_server *server = request->server;

    http_request_free(request);
    if (server == NULL)
        return;
    HTTP_COUNT(server, dropped, 1);
    http_server_check_drained(server);
}

void http_respond(struct http_request *request, const struct http_response *response)
{
    struct http_server *server = request->server;
    struct http_connection *connection = request->connection;
    struct slice body = response->body;
    bool busy;

    MUST(!request->answered && response->status >= 200 && response->status < 600);
    if (server != NULL) {
        TAILQ_REMOVE(&server->in_flight, request, all);
        HTTP_COUNT(server, in_flight, -1);
    }
    if (connection == NULL) {
        output_drop(request);
        return;
    }
    busy = connection->busy;
    http_connection_enter(connection);
    output_mark_last(server, request);
    HTTP_COUNT(server, responses[response->status / 100], 1);
    buffer_reset(&server->head);
    http_response_head(&server->head, response, server->date, request->last);
    if (server->head.overflow)
        connection->broken = true; /* half a head must not leave */
    if (request->is_head)
        body.size = 0;
    if (body.size <= JOIN_BYTES) {
        buffer_append_slice(&server->head, body);
        body.size = 0;
    }
    output_answer(request, buffer_slice(&server->head), body);
    if (!busy)
        http_connection_leave(connection);
}

void http_respond_text(struct http_request *request, int status, const char *content_type,
                       struct slice body)
{
    http_respond(request, &(struct http_response){
                              .status = status, .content_type = content_type, .body = body});
}
