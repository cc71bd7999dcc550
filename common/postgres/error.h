/* The one mapping from Postgres's error codes (SQLSTATE, appendix A of its manual) to our classes.
 *
 *   retry   08 40 53 55 57 58, 25006, 25P03, 25P04, and no code at all (the connection is gone)
 *   lost    TR001, raised by the guard function of a sink
 *   reject  22, 23514
 *   fatal   42, 21, and everything else
 *
 * struct error carries the SQLSTATE as code and the statement's name with the server's primary
 * message as text: never DETAIL, CONTEXT or the values that messages of class 22 quote, which are
 * somebody's data. */
#ifndef TRIBUTARY_POSTGRES_ERROR_H
#define TRIBUTARY_POSTGRES_ERROR_H

#include "common/base/status.h"

#define POSTGRES_SQLSTATE_LOST "TR001"

/* Five characters; NULL or empty when the server gave none. */
enum status postgres_error_class(const char *sqlstate);

#endif
