/* Bringing the database to the schema of this program. */
#ifndef TRIBUTARY_OPERATOR_MIGRATE_H
#define TRIBUTARY_OPERATOR_MIGRATE_H

#include "common/base/status.h"
#include "common/postgres/postgres.h"

/* Applies what is missing, each file in a transaction of its own under an advisory lock, so that
 * two at once do no harm. Prints what it did. REJECT: the database is newer than this program. */
enum status migrate(struct postgres *db, const char *schema, struct error *error) MUST_CHECK;

#endif
