/* Users' weights as Postgres has them: the truth. */
#ifndef TRIBUTARY_WEIGHTS_STORED_H
#define TRIBUTARY_WEIGHTS_STORED_H

#include "common/base/status.h"
#include "common/postgres/postgres.h"
#include "common/weights/redis_copy.h"

#include <stddef.h>

/* Result: index of the asked, number, state of those who ever taught anything. */
enum status stored_find(struct postgres *db, const struct weights_copy *asked, size_t count,
                        struct postgres_result **ret_rows, struct error *error) MUST_CHECK;

#endif
