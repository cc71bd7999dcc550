/* What a request is, a second time: slow, from the first byte each time, and written without a look
 * at the framer. The tests hold the framer against it. */
#ifndef TRIBUTARY_TESTS_SUPPORT_HTTP_REFERENCE_H
#define TRIBUTARY_TESTS_SUPPORT_HTTP_REFERENCE_H

#include "common/http/framer.h"

enum {
    REFERENCE_TEXT_MAX = 1 << 18,
};

/* The first request in some bytes, in a form that can be compared. */
struct reference {
    enum http_framer_result result; /* MORE, REQUEST or REFUSED */
    int status;                     /* REFUSED */
    size_t end;                     /* REQUEST: bytes used */
    size_t size;                    /* of text */
    char *text; /* REQUEST: method, path, query, fields and body, each with its length; owned */
};

void reference_init(struct reference *reference);
void reference_done(struct reference *reference);

/* Reads the first request of data. */
void reference_parse(struct reference *reference, const struct http_limits *limits,
                     const char *data, size_t size);

/* The same by the framer, given piece bytes at a time (0: all at once). */
void reference_frame(struct reference *reference, const struct http_limits *limits,
                     const char *data, size_t size, size_t piece);

/* The same with one cut. */
void reference_frame_cut(struct reference *reference, const struct http_limits *limits,
                         const char *data, size_t size, size_t cut);

/* Appends "what size:data" to the text. */
void reference_put(struct reference *reference, const char *what, const char *data, size_t size);

/* Whether both say the same; else prints the difference on stderr. */
bool reference_equal(const struct reference *a, const struct reference *b);

#endif
