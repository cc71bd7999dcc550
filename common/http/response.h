/* The text of an answer's head. Pure. */
#ifndef TRIBUTARY_HTTP_RESPONSE_H
#define TRIBUTARY_HTTP_RESPONSE_H

#include "common/base/buffer.h"
#include "common/http/request.h"

enum {
    HTTP_DATE_SIZE = sizeof "Sun, 06 Nov 1994 08:49:37 GMT", /* with its NUL */
};

/* "Accepted" for 202; "Unknown" for what this server does not use. */
const char *http_phrase(int status);

/* RFC 9110 §5.6.7, of wall time; text has HTTP_DATE_SIZE bytes. */
void http_date(int64_t wall_us, char *text);

/* Appends status line and fields with the empty line. */
void http_response_head(struct buffer *head, const struct http_response *response, const char *date,
                        bool close);

#endif
