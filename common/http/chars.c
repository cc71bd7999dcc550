#include "common/http/chars.h"

enum {
    T = HTTP_TOKEN,
    G = HTTP_TARGET,
    V = HTTP_VALUE,
    X = HTTP_HEX,
    H = HTTP_HOST,
};

const uint8_t http_chars[256] = {
    ['\t'] = V,
    [' '] = V,
    ['!'] = T | G | V,
    ['"'] = V,
    ['#'] = T | V,
    ['$'] = T | G | V,
    ['%'] = T | G | V | H,
    ['&'] = T | G | V,
    ['\''] = T | G | V,
    ['('] = G | V,
    [')'] = G | V,
    ['*'] = T | G | V,
    ['+'] = T | G | V,
    [','] = G | V,
    ['-'] = T | G | V | H,
    ['.'] = T | G | V | H,
    ['/'] = G | V,
    ['0' ... '9'] = T | G | V | X | H,
    [':'] = G | V | H,
    [';'] = G | V,
    ['<'] = V,
    ['='] = G | V,
    ['>'] = V,
    ['?'] = G | V,
    ['@'] = G | V,
    ['A' ... 'F'] = T | G | V | X | H,
    ['G' ... 'Z'] = T | G | V | H,
    ['['] = V | H,
    ['\\'] = V,
    [']'] = V | H,
    ['^'] = T | V,
    ['_'] = T | G | V | H,
    ['`'] = T | V,
    ['a' ... 'f'] = T | G | V | X | H,
    ['g' ... 'z'] = T | G | V | H,
    ['{'] = V,
    ['|'] = T | V,
    ['}'] = V,
    ['~'] = T | G | V | H,
    [0x80 ... 0xff] = V,
};

size_t http_chars_span(const char *text, size_t size, unsigned classes)
{
    size_t at = 0;

    while (at < size && http_char_is(text[at], classes))
        at++;
    return at;
}
