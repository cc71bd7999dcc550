/* Inside common/json: what yajl lets through is found in the raw text before it runs. */
#ifndef TRIBUTARY_JSON_RAW_H
#define TRIBUTARY_JSON_RAW_H

#include "common/base/slice.h"

/* False when an escape stands for NUL or for half a character. Escapes that are no escapes at all
 * are left to the parser. */
bool json_raw_escapes_valid(struct slice text);

#endif
