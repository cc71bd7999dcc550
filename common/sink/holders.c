#include "common/sink/holders.h"

#include <string.h>

/* SQLSTATE */
#define LOCK_NOT_AVAILABLE "55P03"
#define QUERY_CANCELED     "57014"

static const struct postgres_statement end_statement = {
    .name = "holders_end",
    .sql = "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity"
           " WHERE pid <> pg_backend_pid() AND usename = current_user"
           "  AND datname = current_database()"
           "  AND application_name = current_setting('application_name')"
           "  AND state = 'active' AND wait_event = 'ClientRead' AND xact_start IS NOT NULL"
           "  AND state_change < clock_timestamp()"
           "   - current_setting('idle_in_transaction_session_timeout')::interval",
    .once = true,
};

bool holders_suspected(const struct error *error)
{
    /* A statement's time runs from before it waits for a lock: with statement_timeout not above
     * lock_timeout the wait ends in the former. */
    return strcmp(error->code, LOCK_NOT_AVAILABLE) == 0 || strcmp(error->code, QUERY_CANCELED) == 0;
}

int64_t holders_end(struct postgres *db)
{
    OWNED(postgres_result) result = NULL;
    struct error ignored = {0};

    if (postgres_run(db, &end_statement, NULL, &result, &ignored) != STATUS_OK)
        return 0;
    return postgres_result_int8(result, 0, 0);
}
