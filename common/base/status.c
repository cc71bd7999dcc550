#include "common/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void error_fill(struct error *error, enum status status, const char *code,
                       const char *format, va_list arguments)
{
    if (error->status != STATUS_OK)
        return;
    error->status = status;
    snprintf(error->code, sizeof error->code, "%s", code);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    /* One line, whatever a library put into its message. */
    for (char *c = error->text; *c != '\0'; c++)
        if (*c == '\n' || *c == '\r')
            *c = ' ';
}

enum status error_set(struct error *error, enum status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    error_fill(error, status, "", format, arguments);
    va_end(arguments);
    return status;
}

enum status error_set_code(struct error *error, enum status status, const char *code,
                           const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    error_fill(error, status, code, format, arguments);
    va_end(arguments);
    return status;
}

void error_clear(struct error *error)
{
    error->status = STATUS_OK;
    error->code[0] = '\0';
    error->text[0] = '\0';
}

const char *status_name(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return "ok";
    case STATUS_RETRY:
        return "retry";
    case STATUS_LOST:
        return "lost";
    case STATUS_REJECT:
        return "reject";
    case STATUS_FATAL:
        return "fatal";
    }
    return "unknown";
}
