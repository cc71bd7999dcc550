#include "common/postgres/commit.h"

#include "common/base/must.h"
#include "common/postgres/transaction.h"

#include <string.h>

/* Not prepared: short, and plain to see for whoever watches the wire. */
static const struct postgres_statement commit = {.name = "COMMIT", .sql = "COMMIT", .once = true};
static const struct postgres_statement rollback = {
    .name = "ROLLBACK", .sql = "ROLLBACK", .once = true};
static const struct postgres_statement savepoint = {
    .name = "SAVEPOINT", .sql = "SAVEPOINT tx", .once = true};
static const struct postgres_statement rollback_to = {
    .name = "ROLLBACK TO", .sql = "ROLLBACK TO SAVEPOINT tx", .once = true};
static const struct postgres_statement release = {
    .name = "RELEASE", .sql = "RELEASE SAVEPOINT tx", .once = true};

/* As a transaction's lock it cannot outlive the work that it protects. */
static const struct postgres_statement advisory_lock = {
    .name = "advisory_lock",
    .sql = "SELECT pg_advisory_xact_lock($1)",
    .once = true,
    .types = {POSTGRES_INT8},
};

static enum status tx_start(struct postgres *db, bool snapshot, struct postgres_tx **ret_tx,
                            struct error *error)
{
    enum status status = postgres_ready(db, error);

    if (status != STATUS_OK)
        return status;
    db->tx = (struct postgres_tx){.db = db, .open = true, .snapshot = snapshot};
    *ret_tx = &db->tx;
    return STATUS_OK;
}

enum status postgres_tx_begin(struct postgres *db, struct postgres_tx **ret_tx, struct error *error)
{
    return tx_start(db, false, ret_tx, error);
}

enum status postgres_tx_begin_snapshot(struct postgres *db, struct postgres_tx **ret_tx,
                                       struct error *error)
{
    return tx_start(db, true, ret_tx, error);
}

/* Reads everything up to COMMIT's own answer. An error of the server before it, or in its place,
 * is certain: nothing was committed. A connection that ends instead says nothing, whatever its last
 * words were. */
static enum postgres_commit commit_read(struct postgres *db, struct error *seen)
{
    int64_t deadline_ms = postgres_statement_deadline(db);
    enum postgres_commit outcome = POSTGRES_COMMITTED;
    PGresult *result = NULL;

    while (db->pipeline.wanted > 0) {
        PQclear(result);
        result = NULL;
        if (pipeline_receive(db, deadline_ms, &result, seen) != STATUS_OK)
            return db->conn != NULL ? POSTGRES_ROLLED_BACK : POSTGRES_UNKNOWN;
    }
    if (strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        error_set(seen, STATUS_RETRY, "postgres COMMIT: the server rolled back");
        outcome = POSTGRES_ROLLED_BACK;
    }
    PQclear(result);
    return outcome;
}

static enum postgres_commit commit_send(struct postgres_tx *tx, struct error *seen)
{
    struct postgres *db = tx->db;
    struct error dropped = {0};
    enum postgres_commit outcome;

    if (db->conn == NULL) {
        error_set(seen, STATUS_RETRY, "postgres COMMIT: the connection is gone");
        return POSTGRES_ROLLED_BACK;
    }
    if (pipeline_queue(db, PENDING_WANTED, &commit, NULL, seen) != STATUS_OK)
        return db->conn != NULL ? POSTGRES_ROLLED_BACK : POSTGRES_UNKNOWN; /* perhaps half sent */
    outcome = commit_read(db, seen);
    if (outcome == POSTGRES_COMMITTED) {
        tx->begun = false;
        (void)!pipeline_finish(db, postgres_statement_deadline(db), &dropped);
    }
    return outcome;
}

enum status postgres_tx_commit(struct postgres_tx *tx, enum postgres_commit *ret_outcome,
                               struct error *error)
{
    struct error seen = {0};
    enum status status = STATUS_OK;

    MUST(tx->open);
    *ret_outcome = POSTGRES_ROLLED_BACK;
    if (tx->failure.status == STATUS_OK)
        *ret_outcome = tx->begun ? commit_send(tx, &seen) : POSTGRES_COMMITTED; /* of nothing */
    if (*ret_outcome != POSTGRES_COMMITTED)
        status = tx_fail(tx, &seen, error);
    postgres_tx_rollback(tx); /* of what is not committed; ends the handle */
    return status;
}

/* Reads and drops what is under way, then runs one statement that a failed transaction allows. */
static enum status tx_run_alone(struct postgres_tx *tx, const struct postgres_statement *statement,
                                struct error *error)
{
    struct postgres *db = tx->db;
    int64_t deadline_ms = postgres_statement_deadline(db);
    struct error seen = {0}, ignored = {0};
    enum status status;

    if (pipeline_finish(db, deadline_ms, &seen) != STATUS_OK)
        tx_fail(tx, &seen, &ignored);
    if (db->conn == NULL)
        return error_set(error, STATUS_RETRY, "postgres %s: the connection is gone",
                         statement->name);
    status = pipeline_queue(db, PENDING_POSTED, statement, NULL, error);
    return status == STATUS_OK ? pipeline_finish(db, deadline_ms, error) : status;
}

void postgres_tx_rollback(struct postgres_tx *tx)
{
    struct error dropped = {0};

    if (tx == NULL || !tx->open)
        return;
    if (tx->begun && tx->db->conn != NULL && tx_run_alone(tx, &rollback, &dropped) != STATUS_OK)
        postgres_disconnect(tx->db);
    tx->open = false;
}

enum status postgres_tx_savepoint(struct postgres_tx *tx, struct error *error)
{
    return tx_queue(tx, PENDING_POSTED, &savepoint, NULL, error);
}

enum status postgres_tx_release(struct postgres_tx *tx, struct error *error)
{
    return tx_queue(tx, PENDING_POSTED, &release, NULL, error);
}

enum status postgres_tx_rollback_to(struct postgres_tx *tx, struct error *error)
{
    struct error seen = {0};

    MUST(tx->open && tx->begun);
    if (tx_run_alone(tx, &rollback_to, &seen) != STATUS_OK)
        return tx_fail(tx, &seen, error); /* an older failure took the savepoint with it */
    error_clear(&tx->failure);
    return STATUS_OK;
}

enum status postgres_tx_lock(struct postgres_tx *tx, int64_t key, struct error *error)
{
    const struct postgres_value values[] = {postgres_int8(key)};

    return postgres_tx_run(tx, &advisory_lock, values, NULL, error);
}
