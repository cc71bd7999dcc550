/* ISO 4217: the codes and how many digits their minor unit has. Codes without a minor unit
 * (precious metals, XXX, XTS …) are not here: an amount in minor units of them means nothing. */
#ifndef TRIBUTARY_EVENT_CURRENCY_H
#define TRIBUTARY_EVENT_CURRENCY_H

#include "common/base/slice.h"

#include <stdbool.h>

/* The currency's exponent: 2 for EUR, 0 for JPY, 3 for KWD. False when the code is unknown; upper
 * case only. Codes withdrawn since 2010 are known, so that history can be imported. */
bool event_currency_exponent(struct slice code, int *ret_exponent);

#endif
