#include "common/postgres/cursor.h"

#include "common/base/buffer.h"
#include "common/base/must.h"
#include "common/postgres/transaction.h"

#include <stdio.h>

enum { CURSOR_SQL_BYTES = 64 * 1024, FETCH_SQL_BYTES = 80 };

enum status postgres_cursor_open(struct postgres_cursor *cursor, struct postgres_tx *tx,
                                 const struct postgres_statement *statement,
                                 const struct postgres_value *values, int rows, struct error *error)
{
    struct postgres_statement declare = *statement;
    struct buffer sql;
    enum status status;

    MUST(rows > 0);
    *cursor = (struct postgres_cursor){tx, statement, ++tx->cursors, rows};
    buffer_init(&sql, CURSOR_SQL_BYTES);
    buffer_format(&sql, "DECLARE c%u NO SCROLL CURSOR FOR ", cursor->number);
    buffer_append_text(&sql, statement->sql);
    buffer_append_byte(&sql, '\0');
    MUST(!sql.overflow);
    declare.sql = sql.data;
    declare.once = true;
    status = postgres_tx_post(tx, &declare, values, error);
    buffer_done(&sql);
    return status;
}

enum status postgres_cursor_next(struct postgres_cursor *cursor,
                                 struct postgres_result **ret_result, struct error *error)
{
    char sql[FETCH_SQL_BYTES];
    const struct postgres_statement fetch = {
        .name = cursor->statement->name,
        .sql = sql,
        .once = true,
    };

    snprintf(sql, sizeof sql, "FETCH FORWARD %d FROM c%u", cursor->rows, cursor->number);
    return postgres_tx_run(cursor->tx, &fetch, NULL, ret_result, error);
}
