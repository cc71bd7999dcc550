/* The copy of a user's weights in Redis: a cache that may be flushed at any time.
 *
 *     <prefix>weights:<tenant>:<user>     v = number of the last change, d = the state's bytes
 *
 * Written by the learner after COMMIT and by whoever reads it back from Postgres, always
 * set-if-newer. */
#ifndef TRIBUTARY_WEIGHTS_REDIS_COPY_H
#define TRIBUTARY_WEIGHTS_REDIS_COPY_H

#include "common/base/slice.h"
#include "common/base/status.h"
#include "common/redis/redis.h"

#include <stdint.h>

enum { REDIS_COPY_PIPELINE = 256 }; /* commands between two waits */

/* The newest of a user; state empty: the user never taught anything. */
struct weights_copy {
    struct slice tenant;
    struct slice user;
    int64_t number;
    struct slice state;
};

/* Writes all that are newer than what is there. OK: every one of them, or something as new, is
 * there. Otherwise nothing is known of any. */
enum status redis_copy_write(struct redis *redis, const struct weights_copy *copies, size_t count,
                             struct error *error) MUST_CHECK;

/* Called for copies[i] with what was found; found is false when there is none. The state is valid
 * during the call. */
typedef void redis_copy_found(void *context, size_t index, bool found, int64_t number,
                              struct slice state);

/* One pipelined round trip for a few hundred users. Failure: the remaining ones are not told. */
enum status redis_copy_read(struct redis *redis, const struct weights_copy *copies, size_t count,
                            redis_copy_found *found, void *context, struct error *error) MUST_CHECK;

#endif
