#include "common/http/target.h"

#include "common/http/chars.h"

bool http_query_find(struct slice query, const char *name, struct slice *ret_value)
{
    struct slice wanted = slice_of(name);

    while (query.size > 0) {
        const char *end = memchr(query.data, '&', query.size);
        size_t size = end != NULL ? (size_t)(end - query.data) : query.size;
        const char *equals = memchr(query.data, '=', size);
        size_t name_size = equals != NULL ? (size_t)(equals - query.data) : size;
        size_t skip = equals != NULL ? name_size + 1 : size;

        if (slice_equal((struct slice){query.data, name_size}, wanted)) {
            *ret_value = (struct slice){query.data + skip, size - skip};
            return true;
        }
        size += end != NULL;
        query = (struct slice){query.data + size, query.size - size};
    }
    return false;
}

bool http_percent_decode(struct slice text, struct buffer *buffer)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned byte = (unsigned char)text.data[i];

        if (byte == '%') {
            if (text.size - i < 3 || !http_char_is(text.data[i + 1], HTTP_HEX) ||
                !http_char_is(text.data[i + 2], HTTP_HEX))
                return false;
            byte = http_hex_value(text.data[i + 1]) * 16 + http_hex_value(text.data[i + 2]);
            i += 2;
        }
        if (byte == 0)
            return false;
        buffer_append_byte(buffer, (uint8_t)byte);
    }
    return !buffer->overflow;
}
