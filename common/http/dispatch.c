/* From a whole request to its handler. */
#include "common/http/internal.h"

struct http_request *http_dispatch_queue(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    struct http_request *request = connection->current;

    if (request == NULL)
        request = http_request_new(server);
    connection->current = NULL;
    request->connection = connection;
    request->peer = connection->peer;
    TAILQ_INSERT_TAIL(&connection->requests, request, queue);
    connection->in_flight++;
    TAILQ_INSERT_TAIL(&server->in_flight, request, all);
    HTTP_COUNT(server, in_flight, 1);
    return request;
}

static void dispatch_problem(struct http_connection *connection, struct http_request *request,
                             int status)
{
    struct http_problem problem = {.status = status};
    struct buffer allow;

    buffer_init(&allow, 1024);
    if (status == 405) {
        http_router_allow(&connection->server->router, http_path(request), &allow);
        problem.field = (struct http_field){"Allow", buffer_slice(&allow)};
    }
    http_respond_problem(request, &problem);
    buffer_done(&allow);
}

void http_dispatch(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    struct http_request *request = http_dispatch_queue(connection);
    struct slice method = http_method(request);
    const struct http_route *route;
    int status;

    connection->served++;
    request->is_head = slice_equal(method, SLICE_LITERAL("HEAD"));
    request->last = !request->framer.keep_alive || server->draining ||
                    connection->served >= server->limits.requests_per_connection;
    connection->closing = request->last;
    HTTP_COUNT(server, requests, 1);
    route = http_router_find(&server->router, method, http_path(request), &status);
    if (route != NULL)
        route->handle(server->context, request);
    else
        dispatch_problem(connection, request, status);
}

bool http_dispatch_expects(struct http_connection *connection)
{
    struct http_request *request = connection->current;
    int status;

    if (http_router_find(&connection->server->router, http_method(request), http_path(request),
                         &status) != NULL)
        return true;
    http_dispatch_queue(connection);
    request->last = true;
    connection->closing = true;
    dispatch_problem(connection, request, status);
    return false;
}
