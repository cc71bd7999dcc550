/* Beginning and ending a transaction: for its owner alone (the sink runtime, the operator's tool),
 * never for a consumer group.
 *
 *     postgres_tx_begin(db, &tx, error)       connects if needed; BEGIN travels with the first
 * statement postgres_tx_post(tx, &guard, …)         the guard raises TR001 unless exactly one row
 * matched: apply(state, tx, …)                     an UPDATE of no row would let the rest commit
 *     postgres_tx_commit(tx, &outcome, error)
 *
 * One transaction at a time on a connection. The handle ends with commit or rollback. READ
 * COMMITTED. */
#ifndef TRIBUTARY_POSTGRES_COMMIT_H
#define TRIBUTARY_POSTGRES_COMMIT_H

#include "common/base/status.h"
#include "common/postgres/tx.h"

#include <stdint.h>

struct postgres;

/* How a transaction ended. UNKNOWN: COMMIT went out and no answer came; it may even take effect
 * later. Only a locking read of a row that the transaction wrote tells (SELECT … FOR UPDATE): it
 * waits while the old backend may still commit, and 55P03 (RETRY) means to ask again. A plain read
 * lies. */
enum postgres_commit {
    POSTGRES_COMMITTED,
    POSTGRES_ROLLED_BACK, /* certain: nothing took effect, or will */
    POSTGRES_UNKNOWN,
};

enum status postgres_tx_begin(struct postgres *db, struct postgres_tx **ret_tx,
                              struct error *error) MUST_CHECK;

/* The same, read only, everything seen as of the first statement (REPEATABLE READ). */
enum status postgres_tx_begin_snapshot(struct postgres *db, struct postgres_tx **ret_tx,
                                       struct error *error) MUST_CHECK;

/* Commits and ends the handle. ret_outcome is set whatever is returned; OK means COMMITTED and
 * nothing else does. What was posted travels with COMMIT; if it fails, all is rolled back. */
enum status postgres_tx_commit(struct postgres_tx *tx, enum postgres_commit *ret_outcome,
                               struct error *error) MUST_CHECK;

/* Rolls back and ends the handle. Cannot fail: a connection in doubt is closed. NULL is fine. */
void postgres_tx_rollback(struct postgres_tx *tx);

/* Savepoints nest. rollback_to undoes what came after the newest, keeps it, and clears the
 * transaction's failure; when the connection itself is gone it returns that error. release
 * forgets the newest. Savepoint and release are posted. */
enum status postgres_tx_savepoint(struct postgres_tx *tx, struct error *error) MUST_CHECK;
enum status postgres_tx_rollback_to(struct postgres_tx *tx, struct error *error) MUST_CHECK;
enum status postgres_tx_release(struct postgres_tx *tx, struct error *error) MUST_CHECK;

/* Waits (at most lock_timeout) for the advisory lock `key`, held until the transaction ends. */
enum status postgres_tx_lock(struct postgres_tx *tx, int64_t key, struct error *error) MUST_CHECK;

/* Like postgres_script, inside the transaction. The text must not end it. */
enum status postgres_tx_script(struct postgres_tx *tx, const char *sql,
                               struct error *error) MUST_CHECK;

#endif
