/* The memory that requests are read into. A block holds one large request, or several small ones
 * that came together; it goes back to the pool when the last of them is answered, so an idle
 * connection holds none. The sum of what is out is bounded, and what comes back is kept for the
 * next. */
#ifndef TRIBUTARY_HTTP_BLOCK_H
#define TRIBUTARY_HTTP_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

struct http_block {
    struct http_block *next; /* in the pool */
    size_t capacity;
    size_t size; /* bytes read into it */
    unsigned references;
    char data[];
};

struct http_block_pool {
    struct http_block *free; /* the last one given back is the first one taken: it is warm */
    size_t free_bytes;
    size_t used_bytes;
    size_t limit_bytes; /* for used_bytes */
};

void http_block_pool_init(struct http_block_pool *pool, size_t limit_bytes);
void http_block_pool_done(struct http_block_pool *pool);

/* At least `capacity` bytes, one reference. NULL beyond the limit. */
struct http_block *http_block_take(struct http_block_pool *pool, size_t capacity);

/* Puts bytes that lie elsewhere on the account; false, and nothing is done, beyond the limit. */
bool http_block_charge(struct http_block_pool *pool, size_t size);
void http_block_discharge(struct http_block_pool *pool, size_t size);

/* Drops a reference; pool may be NULL when it is gone already. */
void http_block_release(struct http_block_pool *pool, struct http_block *block);

#endif
