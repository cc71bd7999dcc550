/* A result too large to hold, read in pieces: a server-side cursor (DECLARE … CURSOR, FETCH n).
 * Lives inside a transaction and ends with it; embedded, nothing to free. */
#ifndef TRIBUTARY_POSTGRES_CURSOR_H
#define TRIBUTARY_POSTGRES_CURSOR_H

#include "common/base/status.h"
#include "common/postgres/tx.h"

struct postgres_cursor {
    struct postgres_tx *tx;
    const struct postgres_statement *statement;
    unsigned number; /* its name within the transaction */
    int rows;
};

/* statement is a SELECT; `rows` a piece, 1 or more. */
enum status postgres_cursor_open(struct postgres_cursor *cursor, struct postgres_tx *tx,
                                 const struct postgres_statement *statement,
                                 const struct postgres_value *values, int rows,
                                 struct error *error) MUST_CHECK;

/* The next piece; one without rows at the end. Given to the caller. */
enum status postgres_cursor_next(struct postgres_cursor *cursor,
                                 struct postgres_result **ret_result,
                                 struct error *error) MUST_CHECK;

#endif
