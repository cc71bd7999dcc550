/* The framer's answer in the reference's form. */
#include "tests/support/http/reference.h"

#include "common/base/must.h"

#include <stdio.h>

struct feeding {
    struct http_framer framer;
    const struct http_limits *limits;
    char *bytes;  /* a copy: the framer joins chunks in place */
    size_t size;  /* bytes of the current request's start and body in it */
    size_t given; /* bytes of the input given so far */
    enum http_framer_result result;
};

static void feed(struct feeding *feeding, const char *data, size_t size)
{
    size_t heads = 0;

    memcpy(feeding->bytes + feeding->size, data, size);
    feeding->size += size;
    feeding->given += size;
    while ((feeding->result = http_framer_step(&feeding->framer, feeding->limits, feeding->bytes,
                                               &feeding->size)) == HTTP_FRAMER_HEAD)
        MUST(++heads == 1);
}

static void put_span(struct reference *reference, const char *what, struct http_span span,
                     const char *data)
{
    reference_put(reference, what, data + span.start, span.size);
}

static void put_request(struct reference *reference, const struct feeding *feeding)
{
    const struct http_framer *framer = &feeding->framer;
    const char *data = feeding->bytes;

    put_span(reference, "method", framer->method, data);
    put_span(reference, "path", framer->path, data);
    if (framer->query.start != 0)
        put_span(reference, "query", framer->query, data);
    for (size_t i = 0; i < framer->header_count; i++) {
        put_span(reference, "name", framer->headers[i].name, data);
        put_span(reference, "value", framer->headers[i].value, data);
    }
    reference_put(reference, framer->keep_alive ? "keep" : "close", "", 0);
    reference_put(reference, "body", data + framer->head_size, framer->body_size);
    MUST(framer->end == framer->head_size + framer->body_size);
    reference->end = feeding->given - (feeding->size - framer->end);
}

static void finish(struct reference *reference, struct feeding *feeding)
{
    reference->size = 0;
    reference->end = 0;
    reference->status = 0;
    reference->result = feeding->result;
    if (feeding->result == HTTP_FRAMER_REFUSED) {
        reference->status = feeding->framer.status;
        MUST(feeding->framer.reason != NULL);
    }
    if (feeding->result == HTTP_FRAMER_REQUEST)
        put_request(reference, feeding);
    free(feeding->bytes);
}

static void begin(struct feeding *feeding, const struct http_limits *limits, size_t size)
{
    http_framer_init(&feeding->framer);
    feeding->limits = limits;
    feeding->bytes = must_alloc(size + 1);
    feeding->size = feeding->given = 0;
    feeding->result = HTTP_FRAMER_MORE;
}

void reference_frame(struct reference *reference, const struct http_limits *limits,
                     const char *data, size_t size, size_t piece)
{
    struct feeding feeding;

    begin(&feeding, limits, size);
    if (piece == 0)
        piece = size > 0 ? size : 1;
    for (size_t at = 0; at < size && feeding.result == HTTP_FRAMER_MORE; at += piece)
        feed(&feeding, data + at, piece < size - at ? piece : size - at);
    finish(reference, &feeding);
}

void reference_frame_cut(struct reference *reference, const struct http_limits *limits,
                         const char *data, size_t size, size_t cut)
{
    struct feeding feeding;

    begin(&feeding, limits, size);
    feed(&feeding, data, cut);
    if (feeding.result == HTTP_FRAMER_MORE)
        feed(&feeding, data + cut, size - cut);
    finish(reference, &feeding);
}

bool reference_equal(const struct reference *a, const struct reference *b)
{
    bool equal = a->result == b->result && a->status == b->status && a->end == b->end &&
                 a->size == b->size && memcmp(a->text, b->text, a->size) == 0;

    if (!equal)
        fprintf(stderr, "result %d/%d status %d/%d end %zu/%zu\n%.*s---\n%.*s", (int)a->result,
                (int)b->result, a->status, b->status, a->end, b->end, (int)a->size, a->text,
                (int)b->size, b->text);
    return equal;
}
