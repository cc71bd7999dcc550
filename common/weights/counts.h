/* The tenants' counts, as a classifier holds them: added up over partitions by the database, read
 * anew where they have changed. */
#ifndef TRIBUTARY_WEIGHTS_COUNTS_H
#define TRIBUTARY_WEIGHTS_COUNTS_H

#include "common/base/status.h"
#include "common/engine/counts.h"
#include "common/postgres/postgres.h"

#include <stdint.h>

enum { COUNTS_PARTITIONS = 1024, COUNTS_FIRST_ROWS = 100000 };

struct counts_reader {
    int64_t cursors[COUNTS_PARTITIONS]; /* numbers up to which changes were read */
};

/* Puts what has changed since the last reading into counts, the largest first; the first reading
 * takes COUNTS_FIRST_ROWS at most. */
enum status counts_read(struct counts_reader *reader, struct postgres *db,
                        struct engine_counts *counts, struct error *error) MUST_CHECK;

#endif
