#include "common/http/block.h"

#include "common/base/must.h"

enum {
    BLOCK_UNIT = 4096,
    POOL_LOOKS = 8,           /* blocks of the pool that are looked at for one large enough */
    POOL_FREE_BYTES = 4 << 20 /* kept at most */
};

void http_block_pool_init(struct http_block_pool *pool, size_t limit_bytes)
{
    *pool = (struct http_block_pool){.limit_bytes = limit_bytes};
}

void http_block_pool_done(struct http_block_pool *pool)
{
    while (pool->free != NULL) {
        struct http_block *block = pool->free;

        pool->free = block->next;
        free(block);
    }
}

static struct http_block *take_free(struct http_block_pool *pool, size_t capacity)
{
    struct http_block **place = &pool->free;

    for (int looks = 0; *place != NULL && looks < POOL_LOOKS; looks++) {
        struct http_block *block = *place;

        if (block->capacity >= capacity) {
            *place = block->next;
            pool->free_bytes -= block->capacity;
            return block;
        }
        place = &block->next;
    }
    return NULL;
}

struct http_block *http_block_take(struct http_block_pool *pool, size_t capacity)
{
    struct http_block *block;

    capacity = (capacity + BLOCK_UNIT - 1) / BLOCK_UNIT * BLOCK_UNIT;
    if (pool->used_bytes + capacity > pool->limit_bytes)
        return NULL;
    block = take_free(pool, capacity);
    if (block == NULL) {
        block = malloc(sizeof *block + capacity);
        MUST(block != NULL);
        block->capacity = capacity;
    }
    block->next = NULL;
    block->size = 0;
    block->references = 1;
    pool->used_bytes += block->capacity;
    return block;
}

bool http_block_charge(struct http_block_pool *pool, size_t size)
{
    if (pool->used_bytes + size > pool->limit_bytes)
        return false;
    pool->used_bytes += size;
    return true;
}

void http_block_discharge(struct http_block_pool *pool, size_t size)
{
    MUST(pool->used_bytes >= size);
    pool->used_bytes -= size;
}

void http_block_release(struct http_block_pool *pool, struct http_block *block)
{
    MUST(block->references > 0);
    if (--block->references > 0)
        return;
    if (pool != NULL)
        pool->used_bytes -= block->capacity;
    if (pool == NULL || pool->free_bytes + block->capacity > POOL_FREE_BYTES) {
        free(block);
        return;
    }
    block->next = pool->free;
    pool->free = block;
    pool->free_bytes += block->capacity;
}
