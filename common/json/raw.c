#include "common/json/raw.h"

#include <stdint.h>

enum { ESCAPE_BYTES = 6 }; /* \uXXXX */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return -1;
}

/* The unit of \uXXXX at `at`; -1 when there is none. */
static int32_t unit_at(const char *at, const char *end)
{
    int32_t unit = 0;

    if (end - at < ESCAPE_BYTES || at[0] != '\\' || at[1] != 'u')
        return -1;
    for (int i = 2; i < ESCAPE_BYTES; i++) {
        int digit = digit_of(at[i]);

        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* The end of the escape at `at`; NULL when it is refused. */
static const char *escape_end(const char *at, const char *end)
{
    int32_t unit = unit_at(at, end), low;

    if (unit < 0)
        return end - at < 2 ? end : at + 2;
    if (unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff))
        return NULL;
    if (unit < 0xd800 || unit > 0xdfff)
        return at + ESCAPE_BYTES;
    low = unit_at(at + ESCAPE_BYTES, end);
    return low >= 0xdc00 && low <= 0xdfff ? at + 2 * ESCAPE_BYTES : NULL;
}

bool json_raw_escapes_valid(struct slice text)
{
    const char *at = text.size == 0 ? "" : text.data, *end = at + text.size;

    while (at < end) {
        at = memchr(at, '\\', (size_t)(end - at));
        if (at == NULL)
            return true;
        at = escape_end(at, end);
        if (at == NULL)
            return false;
    }
    return true;
}
