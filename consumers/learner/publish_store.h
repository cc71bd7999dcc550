/* The SQL of publishing, in autocommit: what caches have been told, and what not yet. */
#ifndef TRIBUTARY_LEARNER_PUBLISH_STORE_H
#define TRIBUTARY_LEARNER_PUBLISH_STORE_H

#include "common/base/status.h"
#include "common/postgres/postgres.h"

#include <stdint.h>

/* Caches know all changes of the partition up to `number`. */
enum status publish_store_advance(struct postgres *db, int32_t partition, int64_t number,
                                  struct error *error) MUST_CHECK;

enum {
    PUBLISH_STORE_UP_TO, /* the number that the slice ends with */
    PUBLISH_STORE_LAST,  /* of the partition */
    PUBLISH_STORE_NUMBER,
    PUBLISH_STORE_TENANT,
    PUBLISH_STORE_USER,
    PUBLISH_STORE_STATE,
};

/* Who was changed by the next `numbers` above `published`, as he is now. No row: nobody is left. A
 * number of 0: the row is of nobody, and only says where the slice ends. */
enum status publish_store_next(struct postgres *db, int32_t partition, int64_t numbers,
                               struct postgres_result **ret_rows, struct error *error) MUST_CHECK;

#endif
