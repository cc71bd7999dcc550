#include "common/event/money.h"

#include "common/base/must.h"
#include "common/event/event.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

enum { EXPONENT_MAX = 4 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits from *at on, appended to *value; their number. Stops adding where it would overflow: no
 * such number is in range. */
static size_t read_digits(struct slice text, size_t *at, int64_t *value)
{
    size_t start = *at;

    for (; *at < text.size && is_digit(text.data[*at]); (*at)++)
        if (*value <= EVENT_AMOUNT_MAX)
            *value = *value * 10 + (text.data[*at] - '0');
    return *at - start;
}

/* Signs, digits and the point as they must be; the decimals' number and the value without a point.
 */
static bool read_decimal(struct slice text, int64_t *ret_value, size_t *ret_decimals)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    size_t at = negative ? 1 : 0;
    int64_t value = 0;

    *ret_decimals = 0;
    if (read_digits(text, &at, &value) == 0)
        return false;
    if (at < text.size && text.data[at] == '.') {
        at++;
        *ret_decimals = read_digits(text, &at, &value);
        if (*ret_decimals == 0)
            return false;
    }
    *ret_value = negative ? -value : value;
    return at == text.size;
}

enum event_money event_money_parse(struct slice text, int exponent, int64_t *ret_minor)
{
    int64_t value;
    size_t decimals;

    MUST(exponent >= 0 && exponent <= EXPONENT_MAX);
    if (!read_decimal(text, &value, &decimals))
        return EVENT_MONEY_FORMAT;
    if (decimals > (size_t)exponent)
        return EVENT_MONEY_SCALE;
    for (; decimals < (size_t)exponent; decimals++)
        if (value <= EVENT_AMOUNT_MAX && value >= -EVENT_AMOUNT_MAX)
            value *= 10;
    if (value > EVENT_AMOUNT_MAX || value < -EVENT_AMOUNT_MAX)
        return EVENT_MONEY_RANGE;
    *ret_minor = value;
    return EVENT_MONEY_OK;
}

struct slice event_money_format(int64_t minor, int exponent, char *text)
{
    uint64_t units = minor < 0 ? -(uint64_t)minor : (uint64_t)minor, scale = 1;
    const char *sign = minor < 0 ? "-" : "";
    int size;

    MUST(exponent >= 0 && exponent <= EXPONENT_MAX);
    for (int i = 0; i < exponent; i++)
        scale *= 10;
    if (exponent == 0)
        size = snprintf(text, EVENT_MONEY_TEXT_SIZE, "%s%" PRIu64, sign, units);
    else
        size = snprintf(text, EVENT_MONEY_TEXT_SIZE, "%s%" PRIu64 ".%0*" PRIu64, sign,
                        units / scale, exponent, units % scale);
    return (struct slice){text, (size_t)size};
}
