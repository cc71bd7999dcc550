/* The lines of a request's head, whole lines only. Part of the framer, which finds the lines. */
#ifndef TRIBUTARY_HTTP_HEAD_H
#define TRIBUTARY_HTTP_HEAD_H

#include "common/http/framer.h"

enum {
    HTTP_METHOD_BYTES_MAX = 32,
};

/* Sets status and reason; false, so that a refusal is one statement. */
bool http_head_refuse(struct http_framer *framer, int status, const char *reason);

/* The start of a request line that is not complete yet: garbage need not wait for its end. */
bool http_head_method_start(struct http_framer *framer, const char *data, size_t size);

/* After http_head_method_start. end: where the line's CR is. */
bool http_head_request_line(struct http_framer *framer, const char *data, size_t end);

/* The field line data[start..end), end at its CR. */
bool http_head_field(struct http_framer *framer, const char *data, size_t start, size_t end);

/* After the empty line: decides how the body is framed, if the request is sound as a whole. */
bool http_head_finish(struct http_framer *framer, const struct http_limits *limits,
                      const char *data);

#endif
