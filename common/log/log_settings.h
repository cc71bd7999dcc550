/* The settings of the log, for the section "log" of a program. */
#ifndef TRIBUTARY_LOG_LOG_SETTINGS_H
#define TRIBUTARY_LOG_LOG_SETTINGS_H

#include "common/config/setting.h"
#include "common/log/log.h"

/* level, format */
struct log_options {
    enum log_level level;
    enum log_format format;
};

enum { LOG_SETTINGS_COUNT = 2 };
extern const struct setting log_settings[LOG_SETTINGS_COUNT];

#endif
