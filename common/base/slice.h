/* Bytes that somebody else owns. Not NUL-terminated; data may be NULL only when size is 0. */
#ifndef TRIBUTARY_BASE_SLICE_H
#define TRIBUTARY_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *data;
    size_t size;
};

#define SLICE_LITERAL(text) ((struct slice){"" text, sizeof(text) - 1})

/* For printf: ("%.*s", SLICE_FORMAT(s)). */
#define SLICE_FORMAT(s) (int)(s).size, (s).data

static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, text == NULL ? 0 : strlen(text)};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

#endif
