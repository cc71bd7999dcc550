/* SQL on a connection of its own: what a test asks must not go through the code under test. */
#include "tests/support/database/database.h"

#include "common/base/buffer.h"
#include "common/base/must.h"
#include "tests/support/process/process.h"

#include <libpq-fe.h>
#include <string.h>

enum { TEXT_LIMIT = 64 << 20 };

/* Never NULL; the caller clears it. */
static PGresult *query(const char *uri, const char *sql)
{
    PGconn *connection = PQconnectdb(uri);
    PGresult *result;
    ExecStatusType status;

    if (PQstatus(connection) != CONNECTION_OK)
        process_fail(NULL, "%s: %s", uri, PQerrorMessage(connection));
    result = PQexec(connection, sql);
    status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        process_fail(NULL, "%s: %s", sql, PQerrorMessage(connection));
    PQfinish(connection);
    return result;
}

void database_execute(const char *uri, const char *sql)
{
    PQclear(query(uri, sql));
}

int64_t database_number(const char *uri, const char *sql)
{
    PGresult *result = query(uri, sql);
    int64_t number = 0;

    if (PQntuples(result) > 0 && PQnfields(result) > 0)
        number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return number;
}

char *database_text(const char *uri, const char *sql)
{
    PGresult *result = query(uri, sql);
    struct buffer text;

    buffer_init(&text, TEXT_LIMIT);
    for (int row = 0; row < PQntuples(result); row++) {
        for (int column = 0; column < PQnfields(result); column++)
            buffer_format(&text, "%s%s", column == 0 ? "" : "|", PQgetvalue(result, row, column));
        buffer_append_byte(&text, '\n');
    }
    buffer_append_byte(&text, 0);
    if (text.overflow)
        process_fail(NULL, "%s: more than %d bytes", sql, TEXT_LIMIT);
    PQclear(result);
    return text.data;
}
