/* What a consumer group does inside the transaction that the sink runtime owns: run statements.
 * There is no BEGIN, COMMIT or ROLLBACK here; those are in commit.h, for the owner alone.
 *
 * After a failure nothing else runs: each further call returns the same first error, and the owner
 * rolls back. Values are copied at once, so arrays may be reused when a call returns. */
#ifndef TRIBUTARY_POSTGRES_TX_H
#define TRIBUTARY_POSTGRES_TX_H

#include "common/base/status.h"
#include "common/postgres/result.h"
#include "common/postgres/statement.h"
#include "common/postgres/value.h"

/* While a sent statement waits to be received, at most so many may be sent or posted behind it. */
enum { POSTGRES_TX_OPEN_MAX = 128 };

struct postgres_tx;

/* Runs a statement and waits for its answer, together with those of all that was posted before it.
 * ret_result: given to the caller; NULL when it is not wanted. Not while a sent one is not
 * received. */
enum status postgres_tx_run(struct postgres_tx *tx, const struct postgres_statement *statement,
                            const struct postgres_value *values,
                            struct postgres_result **ret_result, struct error *error) MUST_CHECK;

/* Queues a statement whose rows nobody needs: it costs no round trip. When it fails, the next run,
 * receive or commit says so, and nothing behind it takes effect. */
enum status postgres_tx_post(struct postgres_tx *tx, const struct postgres_statement *statement,
                             const struct postgres_value *values, struct error *error) MUST_CHECK;

/* Queues a statement whose rows are asked for later: several share one round trip. */
enum status postgres_tx_send(struct postgres_tx *tx, const struct postgres_statement *statement,
                             const struct postgres_value *values, struct error *error) MUST_CHECK;

/* The rows of the oldest statement that was sent and not yet received. */
enum status postgres_tx_receive(struct postgres_tx *tx, struct postgres_result **ret_result,
                                struct error *error) MUST_CHECK;

#endif
