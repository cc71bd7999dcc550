#include "common/redis/settings.h"

const struct setting redis_setting_table[] = {
    {
        .name = "address",
        SETTING_AT(TEXT, struct redis_settings, address),
        .fallback = "127.0.0.1:6379",
        .min = 1,
        .max = 300,
        .help = "host:port, [v6]:port, or the absolute path of a unix socket",
    },
    {
        .name = "username",
        SETTING_AT(TEXT, struct redis_settings, username),
        .help = "ACL user; unset: the default user",
    },
    {
        .name = "password",
        SETTING_AT(TEXT, struct redis_settings, password),
        .help = "the user's password; unset: no AUTH is sent",
        .flags = SETTING_SECRET,
    },
    {
        .name = "prefix",
        SETTING_AT(TEXT, struct redis_settings, prefix),
        .fallback = "tributary:",
        .max = 64,
        .help = "stands before every key and channel",
    },
    {
        .name = "connect_timeout",
        SETTING_AT(DURATION, struct redis_settings, connect_timeout_ms),
        .fallback = "500ms",
        .min = 1,
        .max = 60000,
        .help = "longest wait for a connection that is ready for commands",
    },
    {
        .name = "command_timeout",
        SETTING_AT(DURATION, struct redis_settings, command_timeout_ms),
        .fallback = "1s",
        .min = 1,
        .max = 60000,
        .help = "longest wait from sending a pipeline to its last reply",
    },
    {
        .name = "reconnect_cap",
        SETTING_AT(DURATION, struct redis_settings, reconnect_cap_ms),
        .fallback = "2s",
        .min = 1,
        .max = 60000,
        .help = "longest pause between two attempts to connect; jittered",
    },
};
const size_t redis_setting_count = sizeof redis_setting_table / sizeof redis_setting_table[0];
