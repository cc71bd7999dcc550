#include "common/http/internal.h"

#include "common/base/must.h"

#include <strings.h>

enum { REQUEST_POOL_MAX = 1024 };

struct http_request *http_request_new(struct http_server *server)
{
    struct http_request *request = TAILQ_FIRST(&server->pool);

    if (request != NULL) {
        TAILQ_REMOVE(&server->pool, request, queue);
        server->pool_size--;
    } else {
        request = must_alloc(sizeof *request);
    }
    http_framer_init(&request->framer);
    request->server = server;
    request->connection = NULL;
    request->block = NULL;
    request->data = NULL;
    request->received_us = 0;
    request->due_us = 0;
    request->is_head = request->continued = request->last = request->answered = false;
    return request;
}

void http_request_free(struct http_request *request)
{
    struct http_server *server = request->server;

    if (request->block != NULL)
        http_block_release(server != NULL ? &server->blocks : NULL, request->block);
    if (request->due_us != 0 && server != NULL)
        TAILQ_REMOVE(&server->deadlines, request, due);
    if (request->answered && server != NULL)
        http_block_discharge(&server->blocks, request->held.size);
    buffer_done(&request->held);
    if (server == NULL || server->pool_size == REQUEST_POOL_MAX) {
        free(request);
        return;
    }
    TAILQ_INSERT_HEAD(&server->pool, request, queue);
    server->pool_size++;
}

struct slice http_method(const struct http_request *request)
{
    return http_span_slice(request->framer.method, request->data);
}

struct slice http_path(const struct http_request *request)
{
    return http_span_slice(request->framer.path, request->data);
}

struct slice http_query(const struct http_request *request)
{
    if (request->framer.query.start == 0)
        return (struct slice){NULL, 0};
    return http_span_slice(request->framer.query, request->data);
}

struct slice http_body(const struct http_request *request)
{
    return (struct slice){request->data + request->framer.head_size, request->framer.body_size};
}

static bool header_is(const struct http_request *request, size_t index, struct slice name)
{
    struct http_span own = request->framer.headers[index].name;

    return own.size == name.size &&
           strncasecmp(request->data + own.start, name.data, name.size) == 0;
}

struct slice http_header(const struct http_request *request, const char *name)
{
    struct slice wanted = slice_of(name);

    for (size_t i = 0; i < request->framer.header_count; i++)
        if (header_is(request, i, wanted))
            return http_span_slice(request->framer.headers[i].value, request->data);
    return (struct slice){NULL, 0};
}

size_t http_header_count(const struct http_request *request, const char *name)
{
    struct slice wanted = slice_of(name);
    size_t count = 0;

    for (size_t i = 0; i < request->framer.header_count; i++)
        count += header_is(request, i, wanted);
    return count;
}

const struct sockaddr *http_peer(const struct http_request *request)
{
    return &request->peer.any;
}

int64_t http_received_us(const struct http_request *request)
{
    return request->received_us;
}

bool http_gone(const struct http_request *request)
{
    return request->connection == NULL;
}

/* Most deadlines are as long as each other, so the place is found at once from the end. */
void http_set_deadline(struct http_request *request, int64_t timeout_ms,
                       void (*expired)(void *context, struct http_request *request), void *context)
{
    struct http_server *server = request->server;
    struct http_request *before;

    if (server == NULL)
        return;
    if (request->due_us != 0)
        TAILQ_REMOVE(&server->deadlines, request, due);
    request->due_us = loop_now_us(server->loop) + (timeout_ms > 0 ? timeout_ms * 1000 : 1);
    request->expired = expired;
    request->expired_context = context;
    TAILQ_FOREACH_REVERSE (before, &server->deadlines, http_requests, due)
        if (before->due_us <= request->due_us)
            break;
    if (before != NULL)
        TAILQ_INSERT_AFTER(&server->deadlines, before, request, due);
    else
        TAILQ_INSERT_HEAD(&server->deadlines, request, due);
}
