/* From libpq's results and connections to struct error. For the files of this folder. */
#ifndef TRIBUTARY_POSTGRES_FAILURE_H
#define TRIBUTARY_POSTGRES_FAILURE_H

#include "common/base/status.h"

#include <libpq-fe.h>
#include <stdbool.h>

/* what: the statement's name, or what was being done. */
enum status postgres_failure_result(const PGresult *result, const char *what, struct error *error);

/* The server closes the session after such an error, or it is of no more use to us (read only). */
bool postgres_failure_ends_session(const PGresult *result);

/* The connection failed. While connecting, libpq gives the SQLSTATE only in the text and only with
 * PQERRORS_VERBOSE. */
enum status postgres_failure_connection(const PGconn *conn, const char *what, struct error *error);

#endif
