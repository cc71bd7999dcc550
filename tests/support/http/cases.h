/* Bad and odd requests, one a row, with what must become of them. The names are those of the table
 * of bad inputs that the project keeps. */
#ifndef TRIBUTARY_TESTS_SUPPORT_HTTP_CASES_H
#define TRIBUTARY_TESTS_SUPPORT_HTTP_CASES_H

#include "common/base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    HTTP_CASE_BODY_LIMIT = 4096, /* the limit that the cases expect */
    HTTP_CASE_INCOMPLETE = -1,   /* framer: waits for more */
};

struct http_case {
    const char *name;
    struct slice start;
    const char *filler; /* `count` times, then end */
    size_t count;
    struct slice end;
    int framer; /* status of the refusal; 0: framed; HTTP_CASE_INCOMPLETE */
    int status; /* first answer of a server that takes POST /v1/transactions and GET /livez */
    bool stays; /* the connection stays open */
};

extern const struct http_case http_cases[];
extern const size_t http_case_count;

/* The bytes of a case. */
void http_case_bytes(const struct http_case *row, struct buffer *bytes);

#endif
