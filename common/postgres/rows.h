/* The inside of struct postgres_result. For the files of this folder. */
#ifndef TRIBUTARY_POSTGRES_ROWS_H
#define TRIBUTARY_POSTGRES_ROWS_H

#include "common/base/status.h"
#include "common/postgres/result.h"

#include <libpq-fe.h>

/* Hands the rows to the caller who asked for them on success, else frees them. result may be NULL.
 */
void postgres_result_give(enum status status, PGresult *result,
                          struct postgres_result **ret_result);

#endif
