/* The inside of struct postgres_tx. For the files of this folder. */
#ifndef TRIBUTARY_POSTGRES_TRANSACTION_H
#define TRIBUTARY_POSTGRES_TRANSACTION_H

#include "common/postgres/connection.h"

/* Copies the transaction's failure to the caller. */
enum status tx_failed(struct postgres_tx *tx, struct error *error);

/* Remembers the first failure and tells it. */
enum status tx_fail(struct postgres_tx *tx, const struct error *seen, struct error *error);

/* Queues BEGIN if that has not been done. */
enum status tx_queue_begin(struct postgres_tx *tx, struct error *error);

/* Queues a statement, BEGIN before the first. */
enum status tx_queue(struct postgres_tx *tx, enum pending_kind kind,
                     const struct postgres_statement *statement,
                     const struct postgres_value *values, struct error *error);

#endif
