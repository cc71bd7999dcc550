/* Settings of section "transform", beside "kafka" and "worker". */
#ifndef TRIBUTARY_TRANSFORM_SETTINGS_H
#define TRIBUTARY_TRANSFORM_SETTINGS_H

#include "common/config/setting.h"

#include <stddef.h>
#include <stdint.h>

struct transform_settings {
    int64_t window_bytes; /* outputs that wait for their acknowledgement, a thread */
    int64_t commit_interval_ms;
    int64_t delivery_timeout_ms;
};
extern const struct setting transform_setting_table[];
extern const size_t transform_setting_count;

#endif
