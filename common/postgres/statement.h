/* One SQL statement of ours, declared `static const` beside the code that uses it. Each connection
 * prepares it when it is first used there, known by its address, and again after a reconnect.
 *
 *     static const struct postgres_statement ledger_insert = {
 *         .name = "ledger_insert",
 *         .sql = "INSERT INTO ledger … SELECT … FROM unnest($1, $2) …",
 *         .types = {POSTGRES_INT8_ARRAY, POSTGRES_TEXT_ARRAY},
 *     };
 *
 * The text is fixed; whatever changes is a parameter. */
#ifndef TRIBUTARY_POSTGRES_STATEMENT_H
#define TRIBUTARY_POSTGRES_STATEMENT_H

#include "common/postgres/type.h"

#include <stdbool.h>

enum {
    POSTGRES_PARAMETERS_MAX = 48,
    POSTGRES_STATEMENTS_MAX = 192, /* different ones on one connection */
};

struct postgres_statement {
    const char *name; /* for error lines and the server's list of prepared statements */
    const char *sql;
    bool once;                                             /* not prepared: for what runs seldom */
    enum postgres_type types[POSTGRES_PARAMETERS_MAX + 1]; /* of $1, $2, …; ends with 0 */
};

#endif
