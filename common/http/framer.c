#include "common/http/framer.h"

#include "common/http/chunks.h"
#include "common/http/head.h"

enum {
    STATE_REQUEST_LINE,
    STATE_FIELDS,
    STATE_BODY,
    STATE_DONE,
    STATE_REFUSED,
};

enum line_result {
    LINE_FOUND,
    LINE_MORE,
    LINE_TOO_LONG,
};

void http_framer_init(struct http_framer *framer)
{
    framer->header_count = 0;
    framer->head_size = 0;
    framer->keep_alive = false;
    framer->expects_continue = false;
    framer->chunked = false;
    framer->content_length = 0;
    framer->body_size = 0;
    framer->end = 0;
    framer->status = 0;
    framer->reason = NULL;
    framer->state = STATE_REQUEST_LINE;
    framer->seen = 0;
    framer->scanned = 0;
    framer->fields = 0;
    framer->line = 0;
    framer->chunks = (struct http_chunks){0};
}

static enum http_framer_result refused(struct http_framer *framer)
{
    framer->state = STATE_REFUSED;
    return HTTP_FRAMER_REFUSED;
}

static enum http_framer_result refuse(struct http_framer *framer, int status, const char *reason)
{
    http_head_refuse(framer, status, reason);
    return refused(framer);
}

/* Looks for the end of the line, which must lie before `wall`. What was looked at once is not
 * looked at again. ret_end is the place of the LF. */
static enum line_result find_line(struct http_framer *framer, const char *data, size_t size,
                                  size_t wall, size_t *ret_end)
{
    size_t stop = size < wall ? size : wall;
    const char *end = NULL;

    if (stop > framer->scanned)
        end = memchr(data + framer->scanned, '\n', stop - framer->scanned);
    if (end != NULL) {
        *ret_end = (size_t)(end - data);
        framer->scanned = *ret_end + 1;
        return LINE_FOUND;
    }
    framer->scanned = stop;
    return size >= wall ? LINE_TOO_LONG : LINE_MORE;
}

static enum http_framer_result step_request_line(struct http_framer *framer,
                                                 const struct http_limits *limits, const char *data,
                                                 size_t size)
{
    size_t end = size;
    enum line_result line = find_line(framer, data, size, limits->request_line_bytes, &end);

    if (!http_head_method_start(framer, data, end))
        return refused(framer);
    if (line == LINE_MORE)
        return HTTP_FRAMER_MORE;
    if (line == LINE_TOO_LONG)
        return refuse(framer, 414, "The request line is too long.");
    if (end == 0 || data[end - 1] != '\r')
        return refuse(framer, 400, "The request line does not end in CR LF.");
    if (!http_head_request_line(framer, data, end - 1))
        return refused(framer);
    framer->fields = framer->line = end + 1;
    framer->state = STATE_FIELDS;
    return HTTP_FRAMER_MORE;
}

static enum http_framer_result step_head_end(struct http_framer *framer,
                                             const struct http_limits *limits, const char *data)
{
    framer->head_size = framer->line;
    if (!http_head_finish(framer, limits, data))
        return refused(framer);
    framer->state = STATE_BODY;
    return HTTP_FRAMER_HEAD;
}

/* One field line, or the empty line behind the last. */
static enum http_framer_result step_field(struct http_framer *framer,
                                          const struct http_limits *limits, const char *data,
                                          size_t end)
{
    size_t start = framer->line;

    if (end == start || data[end - 1] != '\r')
        return refuse(framer, 400, "A field line does not end in CR LF.");
    framer->line = end + 1;
    if (end - 1 == start)
        return step_head_end(framer, limits, data);
    if (framer->header_count == limits->header_count)
        return refuse(framer, 431, "There are too many header fields.");
    if (!http_head_field(framer, data, start, end - 1))
        return refused(framer);
    return HTTP_FRAMER_MORE;
}

static enum http_framer_result step_fields(struct http_framer *framer,
                                           const struct http_limits *limits, const char *data,
                                           size_t size)
{
    enum http_framer_result result = HTTP_FRAMER_MORE;

    while (result == HTTP_FRAMER_MORE) {
        size_t end = 0;
        enum line_result line =
            find_line(framer, data, size, framer->fields + limits->header_bytes, &end);

        if (line == LINE_MORE)
            return HTTP_FRAMER_MORE;
        if (line == LINE_TOO_LONG)
            return refuse(framer, 431, "The header fields are too large.");
        result = step_field(framer, limits, data, end);
    }
    return result;
}

static enum http_framer_result step_length(struct http_framer *framer, size_t size)
{
    if (size - framer->head_size < framer->content_length)
        return HTTP_FRAMER_MORE;
    framer->body_size = (size_t)framer->content_length;
    return HTTP_FRAMER_REQUEST;
}

static enum http_framer_result step_body(struct http_framer *framer,
                                         const struct http_limits *limits, char *data, size_t *size)
{
    enum http_framer_result result =
        framer->chunked ? http_chunks_step(framer, limits, data, size) : step_length(framer, *size);

    if (result == HTTP_FRAMER_REFUSED)
        return refused(framer);
    if (result == HTTP_FRAMER_REQUEST) {
        framer->end = framer->head_size + framer->body_size;
        framer->state = STATE_DONE;
    }
    return result;
}

enum http_framer_result http_framer_step(struct http_framer *framer,
                                         const struct http_limits *limits, char *data, size_t *size)
{
    if (framer->state == STATE_REQUEST_LINE &&
        step_request_line(framer, limits, data, *size) == HTTP_FRAMER_REFUSED)
        return HTTP_FRAMER_REFUSED;
    switch (framer->state) {
    case STATE_REQUEST_LINE:
        return HTTP_FRAMER_MORE;
    case STATE_FIELDS:
        return step_fields(framer, limits, data, *size);
    case STATE_BODY:
        return step_body(framer, limits, data, size);
    case STATE_DONE:
        return HTTP_FRAMER_REQUEST;
    default:
        return HTTP_FRAMER_REFUSED;
    }
}

size_t http_framer_wants(const struct http_framer *framer)
{
    if (framer->state != STATE_BODY)
        return 0;
    if (framer->chunked)
        return framer->head_size + framer->body_size + http_chunks_wants(&framer->chunks);
    return framer->head_size + (size_t)framer->content_length;
}
