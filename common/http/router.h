/* Which route takes a request. Pure. */
#ifndef TRIBUTARY_HTTP_ROUTER_H
#define TRIBUTARY_HTTP_ROUTER_H

#include "common/base/buffer.h"
#include "common/http/server.h"

struct http_router {
    const struct http_route *routes; /* borrowed */
    size_t count;
};

/* The route, or NULL and 404 or 405 in ret_status. */
const struct http_route *http_router_find(const struct http_router *router, struct slice method,
                                          struct slice path, int *ret_status);

/* Appends the value of Allow for a path that gave 405. */
void http_router_allow(const struct http_router *router, struct slice path, struct buffer *text);

#endif
