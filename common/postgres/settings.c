#include "common/postgres/settings.h"

const struct setting postgres_setting_table[] = {
    {
        .name = "uri",
        SETTING_AT(TEXT, struct postgres_settings, uri),
        .help = "postgresql://user@host:port/database, without a password",
        .flags = SETTING_REQUIRED,
    },
    {
        .name = "password",
        SETTING_AT(TEXT, struct postgres_settings, password),
        .help = "the role's password; unset: PGPASSFILE or ~/.pgpass",
        .flags = SETTING_SECRET,
    },
    {
        .name = "schema",
        SETTING_AT(TEXT, struct postgres_settings, schema),
        .fallback = "tributary",
        .min = 1,
        .max = 63,
        .help = "schema that holds all tables",
    },
    {
        .name = "connect_timeout",
        SETTING_AT(DURATION, struct postgres_settings, connect_timeout_ms),
        .fallback = "5s",
        .min = 100,
        .max = 60000,
        .help = "longest wait for a connection that is ready for statements",
    },
    {
        .name = "statement_timeout",
        SETTING_AT(DURATION, struct postgres_settings, statement_timeout_ms),
        .fallback = "10s",
        .min = 100,
        .max = 86400000,
        .help = "longest run of a statement",
    },
    {
        .name = "lock_timeout",
        SETTING_AT(DURATION, struct postgres_settings, lock_timeout_ms),
        .fallback = "10s",
        .min = 10,
        .max = 86400000,
        .help = "longest wait for a lock",
    },
    {
        .name = "idle_in_transaction_timeout",
        SETTING_AT(DURATION, struct postgres_settings, idle_in_transaction_timeout_ms),
        .fallback = "10s",
        .min = 100,
        .max = 86400000,
        .help = "how long a stopped process may hold a transaction open",
    },
    {
        .name = "tcp_user_timeout",
        SETTING_AT(DURATION, struct postgres_settings, tcp_user_timeout_ms),
        .fallback = "4s",
        .min = 100,
        .max = 86400000,
        .help = "sent data without acknowledgement for so long ends the connection",
    },
};
const size_t postgres_setting_count =
    sizeof postgres_setting_table / sizeof postgres_setting_table[0];
