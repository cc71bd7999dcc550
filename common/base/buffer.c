#include "common/base/buffer.h"

#include "common/base/must.h"

#include <stdarg.h>

enum { BUFFER_FIRST_BYTES = 256 };

void buffer_init(struct buffer *buffer, size_t limit)
{
    *buffer = (struct buffer){.limit = limit};
}

void buffer_done(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

void buffer_reset(struct buffer *buffer)
{
    buffer->size = 0;
    buffer->overflow = false;
}

static void buffer_grow(struct buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : BUFFER_FIRST_BYTES;

    while (capacity < needed)
        capacity *= 2;
    if (capacity > buffer->limit)
        capacity = buffer->limit;
    buffer->data = must_realloc(buffer->data, capacity);
    buffer->capacity = capacity;
}

char *buffer_extend(struct buffer *buffer, size_t size)
{
    if (buffer->overflow || size > buffer->limit - buffer->size) {
        buffer->overflow = true;
        return NULL;
    }
    if (buffer->size + size > buffer->capacity)
        buffer_grow(buffer, buffer->size + size);
    buffer->size += size;
    return buffer->data + buffer->size - size;
}

void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    char *place = size > 0 ? buffer_extend(buffer, size) : NULL;

    if (place != NULL)
        memcpy(place, data, size);
}

void buffer_append_slice(struct buffer *buffer, struct slice slice)
{
    buffer_append(buffer, slice.data, slice.size);
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_byte(struct buffer *buffer, uint8_t byte)
{
    buffer_append(buffer, &byte, 1);
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments, again;
    char *place;
    int size;

    va_start(arguments, format);
    va_copy(again, arguments);
    size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    /* One more for the NUL that vsnprintf writes; given back at once. */
    place = size >= 0 ? buffer_extend(buffer, (size_t)size + 1) : NULL;
    if (place != NULL) {
        vsnprintf(place, (size_t)size + 1, format, again);
        buffer->size--;
    }
    va_end(again);
}

void buffer_consume(struct buffer *buffer, size_t size)
{
    MUST(size <= buffer->size);
    buffer->size -= size;
    if (buffer->size > 0)
        memmove(buffer->data, buffer->data + size, buffer->size);
}
