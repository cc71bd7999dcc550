/* The rule for every text of an event: UTF-8 without control characters, of a bounded size. What
 * else it holds (markup, right-to-left marks, look-alikes) is stored as it is and means nothing. */
#ifndef TRIBUTARY_EVENT_TEXT_H
#define TRIBUTARY_EVENT_TEXT_H

#include "common/base/slice.h"

#include <stddef.h>

/* NULL when the text keeps the rule; else "missing" (below min), "too_long" or "bad_text". */
const char *event_text_fault(struct slice text, size_t min, size_t max);

#endif
