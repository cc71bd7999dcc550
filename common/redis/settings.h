/* How to reach Redis: the section "redis" of every program that uses it. */
#ifndef TRIBUTARY_REDIS_SETTINGS_H
#define TRIBUTARY_REDIS_SETTINGS_H

#include "common/config/setting.h"

#include <stddef.h>
#include <stdint.h>

struct redis_settings {
    const char *address;  /* host, host:port, [v6]:port, or the absolute path of a unix socket */
    const char *username; /* ACL user; NULL: the default user */
    const char *password; /* secret; NULL: no AUTH */
    const char *prefix;   /* before every key and channel; "" for none */
    int64_t connect_timeout_ms;
    int64_t command_timeout_ms; /* from sending a pipeline to its last reply */
    int64_t reconnect_cap_ms;   /* longest pause between two attempts to connect */
};

extern const struct setting redis_setting_table[];
extern const size_t redis_setting_count;

#endif
