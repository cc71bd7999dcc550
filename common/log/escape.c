#include "common/log/escape.h"

#include <stdint.h>
#include <stdio.h>

bool log_put(struct log_cursor *cursor, struct slice bytes)
{
    if (bytes.size > cursor->limit - cursor->size)
        return false;
    if (bytes.size > 0)
        memcpy(cursor->data + cursor->size, bytes.data, bytes.size);
    cursor->size += bytes.size;
    return true;
}

/* The code point of the sequence at `bytes`, and its length: well-formed UTF-8 as in RFC 3629
 * (no overlong forms, no surrogates). 0 bytes when it is not. */
static size_t read_utf8(const unsigned char *bytes, size_t left, uint32_t *ret_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = bytes[0];
    size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t point = length == 1 ? first : first & (0x7fU >> length);

    if (length == 0 || first > 0xf4 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (bytes[i] & 0x3fU);
    }
    if (point < least[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        return 0;
    *ret_point = point;
    return length;
}

static bool put_point(struct log_cursor *cursor, uint32_t point, struct slice raw)
{
    static const char named[] = "\b\t\n\f\r\"\\";
    static const char letters[] = "btnfr\"\\";
    const char *name = point != 0 && point < 0x80 ? strchr(named, (int)point) : NULL;
    char text[8];

    if (name != NULL) {
        char pair[] = {'\\', letters[name - named]};

        return log_put(cursor, (struct slice){pair, sizeof pair});
    }
    if (point >= 0x20 && (point < 0x7f || point >= 0xa0))
        return log_put(cursor, raw);
    snprintf(text, sizeof text, "\\u%04x", (unsigned)point);
    return log_put(cursor, (struct slice){text, 6});
}

bool log_put_escaped(struct log_cursor *cursor, struct slice text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t at = 0;

    while (at < text.size) {
        uint32_t point = 0;
        size_t length = read_utf8(bytes + at, text.size - at, &point);
        bool fits = length == 0 ? log_put(cursor, SLICE_LITERAL("\xef\xbf\xbd"))
                                : put_point(cursor, point, (struct slice){text.data + at, length});

        if (!fits)
            return false;
        at += length == 0 ? 1 : length;
    }
    return true;
}
