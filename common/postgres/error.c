#include "common/postgres/error.h"

#include "common/postgres/failure.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { FAILURE_LINE_SIZE = 200 };

struct error_class {
    const char *prefix;
    enum status status;
};

enum status postgres_error_class(const char *sqlstate)
{
    static const struct error_class classes[] = {
        {POSTGRES_SQLSTATE_LOST, STATUS_LOST},
        {"22", STATUS_REJECT},    /* data exception */
        {"23514", STATUS_REJECT}, /* check violation */
        {"08", STATUS_RETRY},     /* connection exception */
        {"25006", STATUS_RETRY},  /* read only: a standby, until the primary is found again */
        {"25P03", STATUS_RETRY},  /* idle in transaction for too long */
        {"25P04", STATUS_RETRY},  /* transaction timeout (PostgreSQL 17) */
        {"40", STATUS_RETRY},     /* serialization failure, deadlock */
        {"53", STATUS_RETRY},     /* disk full, out of memory, too many connections */
        {"55", STATUS_RETRY},     /* lock not available */
        {"57", STATUS_RETRY},     /* cancelled, shut down, starting up */
        {"58", STATUS_RETRY},     /* the server's disk */
    };

    if (sqlstate == NULL || sqlstate[0] == '\0')
        return STATUS_RETRY;
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strncmp(sqlstate, classes[i].prefix, strlen(classes[i].prefix)) == 0)
            return classes[i].status;
    return STATUS_FATAL;
}

/* Everything between the first and the last double quote of a message goes. */
static void line_mask_quoted(char *line)
{
    char *first = strchr(line, '"');
    char *last = strrchr(line, '"');

    if (first != NULL && last > first)
        memmove(first + 1, last, strlen(last) + 1);
}

enum status postgres_failure_result(const PGresult *result, const char *what, struct error *error)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    char line[FAILURE_LINE_SIZE];

    /* A message without fields is libpq's own: the connection is gone. */
    if (primary == NULL)
        primary = PQresultErrorMessage(result);
    snprintf(line, sizeof line, "%.*s", (int)strcspn(primary, "\n"), primary);
    if (sqlstate != NULL && strncmp(sqlstate, "22", 2) == 0)
        line_mask_quoted(line);
    return error_set_code(error, postgres_error_class(sqlstate), sqlstate == NULL ? "" : sqlstate,
                          "postgres %s: %s", what, line);
}

bool postgres_failure_ends_session(const PGresult *result)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    return severity == NULL || strcmp(severity, "ERROR") != 0 || sqlstate == NULL ||
           strcmp(sqlstate, "25006") == 0;
}

/* "…: FATAL:  28P01: password …" -> "28P01". False when the line has none. */
static bool line_find_sqlstate(const char *line, char *ret_sqlstate)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (const char *at = strstr(line, ":  "); at != NULL; at = strstr(at + 1, ":  "))
        if (strspn(at + 3, digits) == 5 && strncmp(at + 8, ": ", 2) == 0) {
            memcpy(ret_sqlstate, at + 3, 5);
            ret_sqlstate[5] = '\0';
            return true;
        }
    return false;
}

/* With several hosts there is a paragraph for each; the last attempt counts. */
static const char *message_last_attempt(const char *message)
{
    static const char start[] = "\nconnection to server ";
    const char *last = message;

    for (const char *at = strstr(message, start); at != NULL; at = strstr(at + 1, start))
        last = at + 1;
    return last;
}

enum status postgres_failure_connection(const PGconn *conn, const char *what, struct error *error)
{
    const char *attempt = message_last_attempt(PQerrorMessage(conn));
    char line[FAILURE_LINE_SIZE], sqlstate[6] = "";

    snprintf(line, sizeof line, "%.*s", (int)strcspn(attempt, "\n"), attempt);
    line_find_sqlstate(line, sqlstate);
    return error_set_code(error, postgres_error_class(sqlstate), sqlstate, "postgres %s: %s", what,
                          line[0] != '\0' ? line : "the connection is gone");
}
