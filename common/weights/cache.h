/* Users in memory, by name: a bounded cache, the least recently used goes first. */
#ifndef TRIBUTARY_WEIGHTS_CACHE_H
#define TRIBUTARY_WEIGHTS_CACHE_H

#include "common/base/slice.h"
#include "common/engine/user.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

struct cache_user {
    UT_hash_handle hh;
    int32_t partition;
    int64_t number;           /* of the change that the state is after; 0: none ever */
    struct engine_user *user; /* NULL: the user never taught anything */
    size_t bytes;
    uint64_t used; /* by the batch of that number */
    size_t key_size;
    char key[];
};

struct cache {
    struct cache_user *users; /* in the order of use, as far as cache_shrink needs it */
    size_t bytes;
    size_t limit;
};

void cache_done(struct cache *cache);

/* NULL: not there. */
struct cache_user *cache_find(struct cache *cache, struct slice tenant, struct slice user);

/* Takes `user`. Replaces what is there; keeps it, and frees `user`, where that is newer. */
struct cache_user *cache_put(struct cache *cache, struct slice tenant, struct slice user,
                             const struct cache_user *state);

void cache_drop(struct cache *cache, struct cache_user *entry);
void cache_drop_partition(struct cache *cache, int32_t partition);

/* Back below the limit, but for what batch `used` needs. */
void cache_shrink(struct cache *cache, uint64_t used);

#endif
