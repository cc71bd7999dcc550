/* Reading and framing. A request of known size is read into memory of that size, in one or two
 * reads; its bytes stay where they were read until it is answered. */
#include "common/http/internal.h"

#include <errno.h>
#include <sys/socket.h>

enum {
    FIRST_BYTES = 4096,      /* room for the first read of a connection */
    HINT_BYTES_MAX = 65536,  /* room for the first read of a request, at most */
    GROW_FACTOR = 8,         /* of what has come, for what is announced: 33 KB in two reads */
    READS_PER_TURN = 4,      /* others wait too */
    OUT_PAUSE_BYTES = 65536, /* answers not taken yet: nothing more is framed */
};

bool http_input_waits(const struct http_connection *connection)
{
    return connection->block != NULL && connection->framed < connection->block->size;
}

bool http_input_open(const struct http_connection *connection)
{
    return !connection->closing && !connection->broken &&
           connection->in_flight < connection->server->limits.pipeline &&
           connection->out.size - connection->out_sent < OUT_PAUSE_BYTES;
}

void http_input_refuse(struct http_connection *connection, const struct http_problem *problem)
{
    struct http_request *request = http_dispatch_queue(connection);

    connection->closing = true;
    request->last = true;
    http_respond_problem(request, problem);
}

static bool input_refuse_memory(struct http_connection *connection)
{
    HTTP_COUNT(connection->server, refused_memory, 1);
    http_input_refuse(connection, &(struct http_problem){.status = 503,
                                                         .detail = "Too many requests are waiting.",
                                                         .retry_after_s = 1});
    return false;
}

/* Moves what has come of the current request into a block of its own. */
static bool input_move(struct http_connection *connection, size_t have, size_t capacity)
{
    struct http_request *request = connection->current;
    struct http_block_pool *pool = &connection->server->blocks;
    struct http_block *block = http_block_take(pool, capacity);

    if (block == NULL)
        return input_refuse_memory(connection);
    memcpy(block->data, request->data, have);
    block->size = have;
    block->references++;
    http_block_release(pool, request->block);
    http_block_release(pool, connection->block);
    connection->block = request->block = block;
    connection->framed = 0;
    request->data = block->data;
    return true;
}

/* Room for what is known to come, in proportion to what has come: who announces a large body and
 * does not send it gets no memory for it. */
static bool input_make_room(struct http_connection *connection)
{
    struct http_block *block = connection->block;
    size_t have, wants;

    if (block == NULL) {
        connection->block = http_block_take(&connection->server->blocks, connection->hint);
        connection->framed = 0;
        return connection->block != NULL || input_refuse_memory(connection);
    }
    if (block->size < block->capacity)
        return true;
    if (connection->current == NULL)
        return false;
    have = (size_t)(block->data + block->size - connection->current->data);
    wants = http_framer_wants(&connection->current->framer);
    if (wants <= have)
        wants = have + FIRST_BYTES;
    else if (wants > have * GROW_FACTOR)
        wants = have * GROW_FACTOR;
    return input_move(connection, have, wants);
}

/* False when nothing came. */
static bool input_receive(struct http_connection *connection)
{
    struct http_block *block = connection->block;
    ssize_t size =
        recv(connection->fd, block->data + block->size, block->capacity - block->size, 0);

    if (size > 0) {
        block->size += (size_t)size;
        HTTP_COUNT(connection->server, bytes_in, size);
        return true;
    }
    if (size == 0)
        connection->ended = true;
    else if (errno != EAGAIN && errno != EINTR)
        connection->broken = true;
    return false;
}

static void input_trim(struct http_connection *connection)
{
    if (connection->block == NULL || connection->current != NULL || http_input_waits(connection))
        return;
    http_block_release(&connection->server->blocks, connection->block);
    connection->block = NULL;
}

void http_input_read(struct http_connection *connection)
{
    bool full = true;

    for (int reads = 0; full && reads < READS_PER_TURN && http_input_open(connection); reads++) {
        if (!input_make_room(connection) || !input_receive(connection))
            break;
        full = connection->block->size == connection->block->capacity;
        http_input_frame(connection);
    }
    /* When nothing came, or all of it was used. */
    input_trim(connection);
}

void http_input_continue(struct http_connection *connection)
{
    struct http_request *request = connection->current;

    if (request == NULL || request->received_us == 0 || request->continued ||
        connection->in_flight > 0)
        return;
    request->continued = true;
    if (request->framer.expects_continue && request->framer.body_size == 0)
        http_output_append(connection, SLICE_LITERAL("HTTP/1.1 100 Continue\r\n\r\n"));
}

static bool input_head(struct http_connection *connection)
{
    struct http_request *request = connection->current;

    request->received_us = loop_now_us(connection->server->loop);
    return !request->framer.expects_continue || http_dispatch_expects(connection);
}

static bool input_request(struct http_connection *connection)
{
    struct http_request *request = connection->current;
    size_t end = request->framer.end;

    connection->framed = (size_t)(request->data - connection->block->data) + end;
    connection->hint = end < FIRST_BYTES ? FIRST_BYTES : end;
    if (connection->hint > HINT_BYTES_MAX)
        connection->hint = HINT_BYTES_MAX;
    http_dispatch(connection);
    return true;
}

static void input_begin(struct http_connection *connection)
{
    struct http_request *request = http_request_new(connection->server);

    request->block = connection->block;
    request->block->references++;
    request->data = connection->block->data + connection->framed;
    request->started_us = loop_now_us(connection->server->loop);
    connection->current = request;
}

/* One step; false when more bytes are needed, or none are wanted. */
static bool input_step(struct http_connection *connection)
{
    struct http_block *block = connection->block;
    struct http_framer *framer;
    size_t start, size;

    if (connection->current == NULL) {
        if (!http_input_waits(connection))
            return false;
        input_begin(connection);
    }
    framer = &connection->current->framer;
    start = (size_t)(connection->current->data - block->data);
    size = block->size - start;
    switch (
        http_framer_step(framer, &connection->server->limits, connection->current->data, &size)) {
    case HTTP_FRAMER_MORE:
        block->size = start + size;
        return false;
    case HTTP_FRAMER_HEAD:
        return input_head(connection);
    case HTTP_FRAMER_REQUEST:
        block->size = start + size;
        return input_request(connection);
    case HTTP_FRAMER_REFUSED:
        break;
    }
    HTTP_COUNT(connection->server, refused, 1);
    http_input_refuse(connection,
                      &(struct http_problem){.status = framer->status, .detail = framer->reason});
    return false;
}

void http_input_frame(struct http_connection *connection)
{
    while (http_input_open(connection) && input_step(connection))
        continue;
    input_trim(connection);
}
