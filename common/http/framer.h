/* The framing of HTTP/1.1 requests, RFC 9112: bytes in, one request out. Pure: no I/O, no clock, no
 * heap. It works on the caller's buffer and remembers places in it, so the buffer may move between
 * calls. Where the RFC leaves a choice between mending and refusing, it refuses, since whatever two
 * parties read differently can smuggle a request.
 *
 * How the bytes are cut into calls never changes what comes out. */
#ifndef TRIBUTARY_HTTP_FRAMER_H
#define TRIBUTARY_HTTP_FRAMER_H

#include "common/base/slice.h"
#include "common/http/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_framer_result {
    HTTP_FRAMER_MORE,    /* all bytes are used, more are needed */
    HTTP_FRAMER_HEAD,    /* the head is complete: comes once, then step again with the same bytes */
    HTTP_FRAMER_REQUEST, /* the request is complete; `end` says where */
    HTTP_FRAMER_REFUSED, /* `status` and `reason` say why; the stream cannot be read any further */
};

/* Places in the head, from the request's first byte. */
struct http_span {
    uint16_t start;
    uint16_t size;
};

struct http_header {
    struct http_span name;
    struct http_span value;
};

/* Where in a chunked body it is. */
struct http_chunks {
    unsigned state;
    unsigned digits;
    uint64_t left;   /* bytes of the chunk; its size as far as it was read */
    size_t overhead; /* bytes of extensions and trailers so far */
};

struct http_framer {
    /* From HEAD on. */
    struct http_span method;
    struct http_span path;
    struct http_span query; /* start is 0 when there is none */
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    size_t head_size;
    bool keep_alive;
    bool expects_continue; /* and a body follows */
    bool chunked;
    uint64_t content_length; /* 0 when chunked or absent */

    /* From REQUEST on; the body lies behind the head. */
    size_t body_size;
    size_t end;

    /* From REFUSED on. */
    int status;
    const char *reason; /* a sentence without input */

    /* The framer's own. */
    unsigned state;
    unsigned seen;  /* what the fields said that frame */
    size_t scanned; /* bytes looked at */
    size_t fields;  /* where the field lines start */
    size_t line;    /* where the current line starts */
    struct http_chunks chunks;
};

/* Ready for a request's first byte. Also after REQUEST, for the next one. */
void http_framer_init(struct http_framer *framer);

/* data: all bytes since the request's first. Chunks are joined in place, which makes *size smaller;
 * the bytes behind *size are then garbage. limits are the same in all calls of a request. */
enum http_framer_result http_framer_step(struct http_framer *framer,
                                         const struct http_limits *limits, char *data,
                                         size_t *size);

/* After HEAD: how many bytes the caller should have room for in all, as far as it is known. */
size_t http_framer_wants(const struct http_framer *framer);

static inline struct slice http_span_slice(struct http_span span, const char *data)
{
    return (struct slice){data + span.start, span.size};
}

#endif
