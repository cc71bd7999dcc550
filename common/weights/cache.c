#include "common/weights/cache.h"

#include "common/base/must.h"

#include <stdlib.h>

enum { KEY_BYTES = 160 };

/* tenant, 0, user: tenants hold no 0. */
static size_t make_key(struct slice tenant, struct slice user, char *key)
{
    size_t size = tenant.size + 1 + user.size;

    MUST(size <= KEY_BYTES); /* checked events have shorter names */
    memcpy(key, tenant.data, tenant.size);
    key[tenant.size] = '\0';
    memcpy(key + tenant.size + 1, user.data, user.size);
    return size;
}

void cache_drop(struct cache *cache, struct cache_user *entry)
{
    HASH_DEL(cache->users, entry);
    cache->bytes -= entry->bytes;
    engine_user_free(entry->user);
    free(entry);
}

void cache_done(struct cache *cache)
{
    struct cache_user *entry, *next;

    HASH_ITER(hh, cache->users, entry, next)
    cache_drop(cache, entry);
}

void cache_drop_partition(struct cache *cache, int32_t partition)
{
    struct cache_user *entry, *next;

    HASH_ITER(hh, cache->users, entry, next)
    if (entry->partition == partition)
        cache_drop(cache, entry);
}

struct cache_user *cache_find(struct cache *cache, struct slice tenant, struct slice user)
{
    struct cache_user *found;
    char key[KEY_BYTES];
    size_t size = make_key(tenant, user, key);

    HASH_FIND(hh, cache->users, key, size, found);
    return found;
}

struct cache_user *cache_put(struct cache *cache, struct slice tenant, struct slice user,
                             const struct cache_user *state)
{
    struct cache_user *entry = cache_find(cache, tenant, user);
    char key[KEY_BYTES];
    size_t size = make_key(tenant, user, key);

    if (entry != NULL && entry->number >= state->number) {
        engine_user_free(state->user);
        return entry;
    }
    if (entry != NULL)
        cache_drop(cache, entry);
    entry = must_alloc(sizeof *entry + size);
    entry->partition = state->partition;
    entry->number = state->number;
    entry->user = state->user;
    entry->used = state->used;
    entry->bytes = sizeof *entry + size;
    if (state->user != NULL)
        entry->bytes += engine_user_memory(state->user);
    entry->key_size = size;
    memcpy(entry->key, key, size);
    HASH_ADD_KEYPTR(hh, cache->users, entry->key, entry->key_size, entry);
    cache->bytes += entry->bytes;
    return entry;
}

/* uthash keeps the order of insertion. One that was used since moves to the end: a second chance.
 */
void cache_shrink(struct cache *cache, uint64_t used)
{
    size_t chances = HASH_COUNT(cache->users);

    while (cache->bytes > cache->limit && chances-- > 0) {
        struct cache_user *oldest = cache->users;

        if (oldest->used + 64 <= used) {
            cache_drop(cache, oldest);
            continue;
        }
        HASH_DEL(cache->users, oldest);
        HASH_ADD_KEYPTR(hh, cache->users, oldest->key, oldest->key_size, oldest);
    }
    while (cache->bytes > cache->limit && cache->users != NULL && cache->users->used != used)
        cache_drop(cache, cache->users);
}
