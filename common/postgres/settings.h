/* How to reach Postgres: the section "postgres" of every program that uses it. */
#ifndef TRIBUTARY_POSTGRES_SETTINGS_H
#define TRIBUTARY_POSTGRES_SETTINGS_H

#include "common/config/setting.h"

#include <stddef.h>
#include <stdint.h>

struct postgres_settings {
    const char *uri;      /* conninfo: postgresql://user@host/database?…, or key=value pairs */
    const char *password; /* secret, never part of uri; NULL: PGPASSFILE or ~/.pgpass, as libpq */
    const char *schema;   /* the only one in search_path */
    int64_t connect_timeout_ms;   /* session set-up included */
    int64_t statement_timeout_ms; /* the server's; our own wait ends later, postgres.h */
    int64_t lock_timeout_ms;
    int64_t idle_in_transaction_timeout_ms; /* ends what a stopped process holds */
    int64_t tcp_user_timeout_ms;            /* sent data unacknowledged for so long: cut */
};

extern const struct setting postgres_setting_table[];
extern const size_t postgres_setting_count;

#endif
