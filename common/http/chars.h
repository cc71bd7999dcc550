/* Which bytes may stand where, RFC 9110 §5.6.2 and RFC 3986 §3. */
#ifndef TRIBUTARY_HTTP_CHARS_H
#define TRIBUTARY_HTTP_CHARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HTTP_TOKEN = 1,  /* tchar: methods, field names */
    HTTP_TARGET = 2, /* path and query, '?' and '%' included */
    HTTP_VALUE = 4,  /* field values: visible, space, tab, 0x80..0xff */
    HTTP_HEX = 8,
    HTTP_HOST = 16, /* name, address, port; no user, no lists */
};

extern const uint8_t http_chars[256];

static inline bool http_char_is(char c, unsigned classes)
{
    return (http_chars[(unsigned char)c] & classes) != 0;
}

/* 0..15; for HTTP_HEX only. */
static inline unsigned http_hex_value(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c | 0x20) - 'a' + 10;
}

/* The length of the longest start of text that has these classes only. */
size_t http_chars_span(const char *text, size_t size, unsigned classes);

#endif
