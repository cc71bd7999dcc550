/* A request as a handler sees it, and the answer to it.
 *
 * A request belongs to the handler from the call until http_respond, which may come at once or
 * later, on the same thread. All slices live as long. If the client goes away meanwhile, the
 * request stays valid and the answer is dropped: every request is answered exactly once, whatever
 * happens. */
#ifndef TRIBUTARY_HTTP_REQUEST_H
#define TRIBUTARY_HTTP_REQUEST_H

#include "common/base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;
struct http_request;

struct slice http_method(const struct http_request *request);

/* As sent, percent-encoded; never empty; without the query. Routes match it byte by byte. */
struct slice http_path(const struct http_request *request);

/* Behind the '?', as sent; data is NULL when there is none. See http/target.h. */
struct slice http_query(const struct http_request *request);

/* Whole, chunks joined; empty when there is none. */
struct slice http_body(const struct http_request *request);

/* The value of the first field of that name (any case); data is NULL when there is none. */
struct slice http_header(const struct http_request *request, const char *name);

/* How many fields have that name: for those that must not come twice (Authorization). */
size_t http_header_count(const struct http_request *request, const char *name);

/* The other end of the connection. */
const struct sockaddr *http_peer(const struct http_request *request);

/* Steady time at which the head was complete. */
int64_t http_received_us(const struct http_request *request);

/* The client has gone: work for the answer alone can be spared. It must still be answered. */
bool http_gone(const struct http_request *request);

/* Calls back once on the loop's thread, unless it is answered before; the callback answers or not,
 * as it likes. Resolution some ten milliseconds. Replaces an earlier one. */
void http_set_deadline(struct http_request *request, int64_t timeout_ms,
                       void (*expired)(void *context, struct http_request *request), void *context);

struct http_field {
    const char *name;
    struct slice value; /* control characters in it are sent as spaces */
};

/* Content-Length, Date and Connection are the server's. Fields and a small body together are at
 * most 64 KiB. */
struct http_response {
    int status;               /* 200..599 */
    const char *content_type; /* NULL: none, for an answer without a body */
    struct slice body;
    const struct http_field *fields;
    size_t field_count;
};

/* Borrows the response for the call. The request is gone afterwards. */
void http_respond(struct http_request *request, const struct http_response *response);

/* The same for an answer without fields of its own. */
void http_respond_text(struct http_request *request, int status, const char *content_type,
                       struct slice body);

/* Problem details, RFC 9457: application/problem+json. Texts are the server's own, never input. */
struct http_problem {
    int status;
    const char *type;    /* NULL: about:blank */
    const char *title;   /* NULL: the status's phrase */
    const char *detail;  /* may be NULL */
    int retry_after_s;   /* 0: no Retry-After */
    const char *members; /* further members as JSON text, such as "\"retry\":true"; may be NULL */
    struct http_field field; /* one more, such as WWW-Authenticate; name NULL: none */
};

void http_respond_problem(struct http_request *request, const struct http_problem *problem);

#endif
