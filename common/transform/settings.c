#include "common/transform/settings.h"

#define AT(type, member) SETTING_AT(type, struct transform_settings, member)

const struct setting transform_setting_table[] = {
    {.name = "window",
     AT(SIZE, window_bytes),
     .fallback = "8MiB",
     .min = 1024 * 1024,
     .max = 1024 * 1024 * 1024,
     .help = "outputs a thread keeps until they are acknowledged; when full, it waits"},
    {.name = "commit_interval",
     AT(DURATION, commit_interval_ms),
     .fallback = "500ms",
     .min = 10,
     .max = 60000,
     .help = "how often the consumed offsets behind acknowledged outputs are committed"},
    {.name = "delivery_timeout",
     AT(DURATION, delivery_timeout_ms),
     .fallback = "60s",
     .min = 1000,
     .max = 900000,
     .help = "an output without an answer for so long: a new producer sends it again"},
};
const size_t transform_setting_count =
    sizeof transform_setting_table / sizeof transform_setting_table[0];
