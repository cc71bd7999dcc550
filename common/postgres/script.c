#include "common/postgres/commit.h"

#include "common/base/must.h"
#include "common/postgres/failure.h"
#include "common/postgres/transaction.h"

static const char script[] = "script";

static enum status simple_result(struct postgres *db, const PGresult *result, struct error *error)
{
    ExecStatusType kind = PQresultStatus(result);
    enum status status;

    if (kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK || kind == PGRES_EMPTY_QUERY)
        return STATUS_OK;
    if (kind != PGRES_FATAL_ERROR) { /* COPY: it would wait for rows */
        postgres_disconnect(db);
        return error_set(error, STATUS_FATAL, "postgres script: %s is not allowed in it",
                         PQresStatus(kind));
    }
    status = postgres_failure_result(result, script, error);
    if (postgres_failure_ends_session(result))
        postgres_disconnect(db);
    return status;
}

static enum status simple_read(struct postgres *db, struct error *error)
{
    enum status first = STATUS_OK;

    for (;;) {
        enum status status = postgres_settle(db, script, postgres_statement_deadline(db), error);
        PGresult *result;

        if (status != STATUS_OK)
            return first != STATUS_OK ? first : status;
        result = PQgetResult(db->conn);
        if (result == NULL)
            return first;
        status = simple_result(db, result, error);
        PQclear(result);
        first = first != STATUS_OK ? first : status;
        if (db->conn == NULL)
            return first;
    }
}

/* The simple protocol: any number of statements, each with a deadline of its own. */
static enum status simple_run(struct postgres *db, const char *sql, struct error *error)
{
    enum status status = postgres_leave_pipeline(db, script, error);

    if (status != STATUS_OK)
        return status;
    db->counters.round_trips++;
    if (!PQsendQuery(db->conn, sql))
        return postgres_break(db, script, error);
    status = simple_read(db, error);
    postgres_enter_pipeline(db);
    return status;
}

enum status postgres_script(struct postgres *db, const char *sql, struct error *error)
{
    enum status status = postgres_ready(db, error);

    if (status == STATUS_OK)
        status = simple_run(db, sql, error);
    /* A text that opened a transaction and left it open has lost it. */
    if (db->conn != NULL && PQtransactionStatus(db->conn) != PQTRANS_IDLE)
        postgres_disconnect(db);
    return status;
}

static enum status tx_simple_run(struct postgres_tx *tx, const char *sql, struct error *error)
{
    struct postgres *db = tx->db;
    enum status status = tx_queue_begin(tx, error);

    if (status == STATUS_OK)
        status = pipeline_finish(db, postgres_statement_deadline(db), error);
    if (status == STATUS_OK)
        status = simple_run(db, sql, error);
    if (status == STATUS_OK && PQtransactionStatus(db->conn) != PQTRANS_INTRANS)
        status = error_set(error, STATUS_FATAL, "postgres script: it ended the transaction");
    return status;
}

enum status postgres_tx_script(struct postgres_tx *tx, const char *sql, struct error *error)
{
    struct error seen = {0};

    MUST(tx->open && tx->db->pipeline.wanted == 0);
    if (tx->failure.status != STATUS_OK)
        return tx_failed(tx, error);
    if (tx_simple_run(tx, sql, &seen) != STATUS_OK)
        return tx_fail(tx, &seen, error);
    return STATUS_OK;
}
