/* Well-formed UTF-8 as the Unicode standard has it (table 3-7): no overlong forms, no surrogates,
 * nothing above U+10FFFF. */
#ifndef TRIBUTARY_BASE_UTF8_H
#define TRIBUTARY_BASE_UTF8_H

#include "common/base/slice.h"

#include <stdbool.h>
#include <stdint.h>

bool utf8_valid(struct slice text);

/* True only for text of bytes 1..127: the fast path of whoever wants UTF-8 without NUL. */
static inline bool utf8_plain(struct slice text)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = UINT64_C(0x8080808080808080);
    uint64_t word, bad = 0;
    size_t i = 0;

    for (; i + sizeof word <= text.size; i += sizeof word) {
        memcpy(&word, text.data + i, sizeof word);
        bad |= word | (word - ones);
    }
    for (; i < text.size; i++)
        bad |= (uint8_t)text.data[i] | (uint8_t)(text.data[i] - 1);
    return (bad & tops) == 0;
}

/* Reads one character at *at, which must be below text.size, and moves *at behind it. -1, with *at
 * as it was, where the text is not well-formed. */
int32_t utf8_next(struct slice text, size_t *at);

#endif
