#include "common/http/router.h"

static bool route_has_path(const struct http_route *route, struct slice path)
{
    struct slice own = slice_of(route->path);

    /* The targets of OPTIONS * and CONNECT are no paths: they stand for the server as a whole. */
    if (path.size == 0 || path.data[0] != '/')
        return true;
    if ((route->flags & HTTP_ROUTE_PREFIX) != 0 && path.size > own.size)
        path.size = own.size;
    return slice_equal(own, path);
}

static bool route_has_method(const struct http_route *route, struct slice method)
{
    if (slice_equal(method, SLICE_LITERAL("HEAD")))
        method = SLICE_LITERAL("GET");
    return slice_equal(method, slice_of(route->method));
}

const struct http_route *http_router_find(const struct http_router *router, struct slice method,
                                          struct slice path, int *ret_status)
{
    *ret_status = 404;
    for (size_t i = 0; i < router->count; i++) {
        if (!route_has_path(&router->routes[i], path))
            continue;
        if (route_has_method(&router->routes[i], method))
            return &router->routes[i];
        *ret_status = 405;
    }
    return NULL;
}

static bool allows(const struct http_router *router, size_t end, struct slice path,
                   const char *method)
{
    for (size_t i = 0; i < end; i++)
        if (route_has_path(&router->routes[i], path) &&
            strcmp(router->routes[i].method, method) == 0)
            return true;
    return false;
}

void http_router_allow(const struct http_router *router, struct slice path, struct buffer *text)
{
    for (size_t i = 0; i < router->count; i++) {
        const struct http_route *route = &router->routes[i];

        if (!route_has_path(route, path) || allows(router, i, path, route->method))
            continue;
        buffer_append_text(text, text->size > 0 ? ", " : "");
        buffer_append_text(text, route->method);
        if (strcmp(route->method, "GET") == 0)
            buffer_append_text(text, ", HEAD");
    }
}
