/* The SQL of the changelog. */
#ifndef TRIBUTARY_WEIGHTS_CHANGELOG_STORE_H
#define TRIBUTARY_WEIGHTS_CHANGELOG_STORE_H

#include "common/base/status.h"
#include "common/postgres/postgres.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHANGELOG_SPAN_UNKNOWN = -1 };

/* What is new in a partition: (above, last]. */
struct changelog_span {
    int32_t partition;
    int64_t above; /* CHANGELOG_SPAN_UNKNOWN: becomes `published` */
    int64_t published;
    int64_t last;
    bool passed; /* it is too much to be read */
};

/* Where the spans end. A partition without a row was never taught anything. */
enum status changelog_store_counters(struct postgres *db, struct changelog_span *spans,
                                     size_t count, struct error *error) MUST_CHECK;

enum {
    CHANGELOG_STORE_PARTITION,
    CHANGELOG_STORE_NUMBER,
    CHANGELOG_STORE_TENANT,
    CHANGELOG_STORE_USER,
};

/* Who was changed in the spans that are not passed, each once with his last number there. NULL:
 * nobody. */
enum status changelog_store_changes(struct postgres *db, const struct changelog_span *spans,
                                    size_t count, struct postgres_result **ret_rows,
                                    struct error *error) MUST_CHECK;

#endif
