/* One event as one line, JSON or text. Pure: the clock is in the event. */
#ifndef TRIBUTARY_LOG_LINE_H
#define TRIBUTARY_LOG_LINE_H

#include "common/log/log.h"

#include <stddef.h>

struct log_line {
    int64_t wall_us;
    enum log_level level;
    const char *event;
    const char *component;
    int64_t pid;
    uint64_t suppressed;            /* written when above 0 */
    const struct error *error;      /* or NULL */
    const struct log_field *fields; /* ends with a NULL key */
};

/* Both return the bytes of the line, its break included; line has LOG_LINE_BYTES. */
size_t log_line_json(const struct log_line *event, char *line);
size_t log_line_text(const struct log_line *event, char *line);

const char *log_level_name(enum log_level level);

#endif
