/* The log: one line per event on stderr, as JSON for machines or as text for a terminal.
 *
 *     log_write(LOG_INFO, "batch_rejected", LOG_TEXT("topic", topic), LOG_INT("offset", offset));
 *     {"ts":"2026-02-28T09:00:00.000001Z","level":"info","event":"batch_rejected",
 *      "component":"analytics","pid":71,"topic":"transactions","offset":42}          (one line)
 *
 * Libraries do not log, they return a struct error; the boundary (a main, worker, gateway) logs it
 * once with log_error_line. No payloads, no user data, no secrets in fields.
 *
 * A process has one log, so its state is file-scope: log_open sets it once, before there are
 * threads. log_write may be called from any thread, and before log_open (level info). A line is one
 * write(2) of at most LOG_LINE_BYTES; what does not fit is dropped from the end and the line says
 * "truncated":true. Text is escaped: no line break, control byte or invalid UTF-8 comes through.
 * Of one event name at most LOG_BURST lines a second are written; the next one that passes says
 * how many were not ("suppressed":n), and log_close says so for the rest. Errors of the write are
 * ignored: there is nobody to tell. */
#ifndef TRIBUTARY_LOG_LOG_H
#define TRIBUTARY_LOG_LOG_H

#include "common/base/slice.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    LOG_LINE_BYTES = 4096, /* with the line break */
    LOG_BURST = 10,        /* lines a second and event name */
};

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* auto: text when stderr is a terminal, else JSON. */
enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_JSON, LOG_FORMAT_TEXT };

enum log_type { LOG_TYPE_TEXT, LOG_TYPE_INT, LOG_TYPE_REAL, LOG_TYPE_BOOL };

/* One key and its value. The key is a literal in snake_case; text is borrowed for the call. */
struct log_field {
    const char *key; /* NULL ends a list */
    enum log_type type;
    union {
        struct slice text;
        int64_t integer;
        double real;
        bool boolean;
    } value;
};

/* A C string; NULL is written as null. */
#define LOG_TEXT(name, text_)                                                                      \
    ((struct log_field){.key = (name), .type = LOG_TYPE_TEXT, .value.text = slice_of(text_)})
#define LOG_SLICE(name, slice_)                                                                    \
    ((struct log_field){.key = (name), .type = LOG_TYPE_TEXT, .value.text = (slice_)})
#define LOG_INT(name, integer_)                                                                    \
    ((struct log_field){.key = (name), .type = LOG_TYPE_INT, .value.integer = (int64_t)(integer_)})
#define LOG_REAL(name, real_)                                                                      \
    ((struct log_field){.key = (name), .type = LOG_TYPE_REAL, .value.real = (real_)})
#define LOG_BOOL(name, boolean_)                                                                   \
    ((struct log_field){.key = (name), .type = LOG_TYPE_BOOL, .value.boolean = (boolean_)})

/* component is the program's name; it is borrowed for ever. May be called again by tests. */
void log_open(const char *component, enum log_level level, enum log_format format);

/* Says what was suppressed and not yet told. The log goes on working. */
void log_close(void);

/* From now on whatever aborts the process (MUST, an assertion of a library, a watchdog) is followed
 * by a last line: event "aborted", with "out of memory" where that is why. */
void log_aborts(void);

/* True when a line of that level would be written: for fields that cost something to make. */
bool log_enabled(enum log_level level);

/* The line of an event, a literal in snake_case that names what happened, with its fields. */
#define log_write(level, event, ...)                                                               \
    log_fields((level), (event), NULL,                                                             \
               (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.key = NULL}})

/* The same with the error's class, code (if there is one) and text as fields before the others. */
#define log_error_line(level, event, error, ...)                                                   \
    log_fields((level), (event), (error),                                                          \
               (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.key = NULL}})

/* What both expand to; error may be NULL. */
void log_fields(enum log_level level, const char *event, const struct error *error,
                const struct log_field *fields);

#endif
