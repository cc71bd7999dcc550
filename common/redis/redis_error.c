#include "common/redis/redis_error.h"

#include <stdio.h>
#include <string.h>

/* Codes that time, failover or an operator mends. Wrong rights and passwords are among them: a
 * cache that refuses us must not end the process. */
static const char *const retry_codes[] = {
    "LOADING",  "BUSY",   "TRYAGAIN",  "CLUSTERDOWN", "MASTERDOWN",
    "READONLY", "OOM",    "MISCONF",   "NOREPLICAS",  "UNBLOCKED",
    "NOSCRIPT", "NOAUTH", "WRONGPASS", "NOPERM",      "NOGOODSLAVE",
};

static const char max_clients[] = "ERR max number of clients reached";

static bool starts_with(struct slice text, const char *start)
{
    size_t size = strlen(start);

    return text.size >= size && memcmp(text.data, start, size) == 0;
}

enum status redis_error_reply(struct slice text, struct error *error)
{
    enum status status = starts_with(text, max_clients) ? STATUS_RETRY : STATUS_REJECT;
    char code[sizeof error->code];
    size_t size = 0;

    while (size < text.size && size + 1 < sizeof code && text.data[size] >= 'A' &&
           text.data[size] <= 'Z')
        size++;
    snprintf(code, sizeof code, "%.*s", (int)size, size == 0 ? "" : text.data);
    for (size_t i = 0; i < sizeof retry_codes / sizeof retry_codes[0]; i++)
        if (strcmp(code, retry_codes[i]) == 0)
            status = STATUS_RETRY;
    return error_set_code(error, status, code, "redis: %.*s",
                          text.size > 180 ? 180 : (int)text.size, text.data);
}

enum status redis_error_connection(const char *address, const char *what, int code,
                                   struct error *error)
{
    const char *name = code == 0 ? NULL : strerrorname_np(code);

    return error_set_code(error, STATUS_RETRY, name == NULL ? "" : name, "redis %.80s: %.100s%s%s",
                          address, what, code == 0 ? "" : ": ", code == 0 ? "" : strerror(code));
}
