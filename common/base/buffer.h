/* A byte buffer that grows up to a limit. The limit makes every buffer of the system bounded:
 * writes beyond it set `overflow` and are dropped, so a sequence of writes is checked once. */
#ifndef TRIBUTARY_BASE_BUFFER_H
#define TRIBUTARY_BASE_BUFFER_H

#include "common/base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    char *data; /* owned */
    size_t size;
    size_t capacity;
    size_t limit; /* bytes; 0 = no write allowed */
    bool overflow;
};

/* limit in bytes. Allocates nothing yet. */
void buffer_init(struct buffer *buffer, size_t limit);
void buffer_done(struct buffer *buffer);

/* Empties it and keeps the memory. */
void buffer_reset(struct buffer *buffer);

/* size bytes to write into, counted at once; NULL on overflow. Valid until the next write. */
char *buffer_extend(struct buffer *buffer, size_t size);

void buffer_append(struct buffer *buffer, const void *data, size_t size);
void buffer_append_slice(struct buffer *buffer, struct slice slice);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_byte(struct buffer *buffer, uint8_t byte);
void buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Drops `size` bytes from the front. */
void buffer_consume(struct buffer *buffer, size_t size);

static inline struct slice buffer_slice(const struct buffer *buffer)
{
    return (struct slice){buffer->data, buffer->size};
}

#endif
