/* Money as people write it and as it is counted: "-12.30" EUR and -1230. Exact: no floats. */
#ifndef TRIBUTARY_EVENT_MONEY_H
#define TRIBUTARY_EVENT_MONEY_H

#include "common/base/slice.h"

#include <stdint.h>

enum event_money {
    EVENT_MONEY_OK,
    EVENT_MONEY_FORMAT, /* no decimal number: [-]digits[.digits], no plus, no exponent, no "1." */
    EVENT_MONEY_SCALE,  /* more decimals than the currency has */
    EVENT_MONEY_RANGE,  /* above EVENT_AMOUNT_MAX either way */
};

enum { EVENT_MONEY_TEXT_SIZE = 32 };

/* "12.3" with exponent 2 is 1230. Fewer decimals than the exponent are fine, zeros behind it not.
 */
enum event_money event_money_parse(struct slice text, int exponent, int64_t *ret_minor);

/* 1230 with exponent 2 is "12.30"; text has EVENT_MONEY_TEXT_SIZE bytes and ends with NUL. */
struct slice event_money_format(int64_t minor, int exponent, char *text);

#endif
