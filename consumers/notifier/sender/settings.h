/* The section "sender". */
#ifndef TRIBUTARY_SENDER_SETTINGS_H
#define TRIBUTARY_SENDER_SETTINGS_H

#include "common/config/setting.h"

#include <stddef.h>
#include <stdint.h>

struct sender_settings {
    const char *admin_address;
    int64_t admin_port;
    int64_t poll_ms;
    int64_t at_once;
    int64_t timeout_ms;
    int64_t lease_ms;
    int64_t drain_ms;
    int64_t keep_ms;
    double retry_scale;
    const char *ca_file;
};
extern const struct setting sender_setting_table[];
extern const size_t sender_setting_count;

#endif
