/* The query of a request target, RFC 3986. Pure. */
#ifndef TRIBUTARY_HTTP_TARGET_H
#define TRIBUTARY_HTTP_TARGET_H

#include "common/base/buffer.h"
#include "common/base/slice.h"

#include <stdbool.h>

/* The first parameter of that name, still encoded, as name=value between '&'; names are compared as
 * sent. A name without '=' has an empty value. False when there is none. */
bool http_query_find(struct slice query, const char *name, struct slice *ret_value);

/* Appends the text with %xx decoded; '+' stays. False, with an undefined tail in the buffer, for an
 * incomplete escape, for %00 and beyond the buffer's limit. */
bool http_percent_decode(struct slice text, struct buffer *buffer);

#endif
