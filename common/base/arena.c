#include "common/base/arena.h"

#include "common/base/must.h"

#include <stdalign.h>
#include <stdint.h>

enum { ARENA_BLOCK_BYTES = 64 * 1024 };

struct block {
    struct block *next;
    size_t capacity;
    alignas(max_align_t) char data[];
};

struct arena {
    struct block *blocks; /* newest first */
    size_t used;          /* of the newest block */
    size_t held;          /* bytes of all blocks */
    size_t limit;
};

struct arena *arena_new(size_t limit)
{
    struct arena *arena = must_alloc(sizeof *arena);

    arena->limit = limit;
    return arena;
}

enum status arena_no_room(struct error *error)
{
    return error_set_code(error, STATUS_REJECT, "no_room", "the batch's memory is used up");
}

static void arena_drop(struct arena *arena, struct block *keep)
{
    struct block *block = arena->blocks;

    while (block != NULL) {
        struct block *next = block->next;

        if (block != keep)
            free(block);
        block = next;
    }
    arena->blocks = keep;
    arena->used = 0;
    arena->held = keep == NULL ? 0 : keep->capacity;
    if (keep != NULL)
        keep->next = NULL;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    arena_drop(arena, NULL);
    free(arena);
}

void arena_reset(struct arena *arena)
{
    arena_drop(arena, arena->blocks);
}

static bool arena_add_block(struct arena *arena, size_t size)
{
    size_t capacity = size > ARENA_BLOCK_BYTES ? size : ARENA_BLOCK_BYTES;
    struct block *block;

    if (capacity > arena->limit - arena->held)
        capacity = size;
    if (capacity > arena->limit - arena->held)
        return false;
    block = malloc(sizeof *block + capacity);
    MUST(block != NULL);
    block->next = arena->blocks;
    block->capacity = capacity;
    arena->blocks = block;
    arena->used = 0;
    arena->held += capacity;
    return true;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    void *place;

    if (size > arena->limit)
        return NULL;
    size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (arena->blocks == NULL || size > arena->blocks->capacity - arena->used)
        if (!arena_add_block(arena, size))
            return NULL;
    place = arena->blocks->data + arena->used;
    arena->used += size;
    return place;
}

void *arena_zalloc(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    void *place;

    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    place = arena_alloc(arena, total);
    if (place != NULL)
        memset(place, 0, total);
    return place;
}

struct slice arena_copy(struct arena *arena, struct slice slice)
{
    char *place = arena_alloc(arena, slice.size);

    if (place == NULL)
        return (struct slice){NULL, 0};
    if (slice.size > 0)
        memcpy(place, slice.data, slice.size);
    return (struct slice){place, slice.size};
}

char *arena_text(struct arena *arena, struct slice slice)
{
    char *place = arena_alloc(arena, slice.size + 1);

    if (place == NULL)
        return NULL;
    if (slice.size > 0)
        memcpy(place, slice.data, slice.size);
    place[slice.size] = '\0';
    return place;
}
