#include "common/log/log_settings.h"

const struct setting log_settings[LOG_SETTINGS_COUNT] = {
    {
        .name = "level",
        SETTING_AT(CHOICE, struct log_options, level),
        .fallback = "info",
        .choices = "debug|info|warn|error",
        .help = "least level that is written",
    },
    {
        .name = "format",
        SETTING_AT(CHOICE, struct log_options, format),
        .fallback = "auto",
        .choices = "auto|json|text",
        .help = "auto writes text on a terminal, else JSON",
    },
};
