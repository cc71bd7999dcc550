/* A statement's values as libpq takes them. For the files of this folder. */
#ifndef TRIBUTARY_POSTGRES_PARAMETERS_H
#define TRIBUTARY_POSTGRES_PARAMETERS_H

#include "common/base/status.h"
#include "common/postgres/statement.h"
#include "common/postgres/value.h"

#include <libpq-fe.h>

enum { POSTGRES_BINARY = 1 }; /* libpq's code of the format */

struct postgres_parameters {
    int count;
    const char *data[POSTGRES_PARAMETERS_MAX]; /* borrowed from the values */
    int sizes[POSTGRES_PARAMETERS_MAX];
    int formats[POSTGRES_PARAMETERS_MAX];
    Oid types[POSTGRES_PARAMETERS_MAX];
};

/* Aborts where a value has another type than the statement says; REJECT for an array beyond its
 * limit. */
enum status postgres_parameters_fill(struct postgres_parameters *parameters,
                                     const struct postgres_statement *statement,
                                     const struct postgres_value *values, struct error *error);

#endif
