/* Text into a bounded line so that it stays one line, valid UTF-8, and harmless on a terminal. */
#ifndef TRIBUTARY_LOG_ESCAPE_H
#define TRIBUTARY_LOG_ESCAPE_H

#include "common/base/slice.h"

/* A place to write: nothing is written past limit. */
struct log_cursor {
    char *data;
    size_t size;
    size_t limit;
};

/* All of the bytes, or none and false. */
bool log_put(struct log_cursor *cursor, struct slice bytes);

/* The text as the inside of a JSON string: quotes, backslashes and control characters (C0, DEL,
 * C1) escaped, bytes that are not UTF-8 replaced by U+FFFD. Stops between characters and gives
 * false when it does not fit. */
bool log_put_escaped(struct log_cursor *cursor, struct slice text);

#endif
