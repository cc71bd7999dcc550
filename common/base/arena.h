/* Memory with one end: everything of a batch or a request is taken from an arena and given back by
 * one reset. Has a byte limit; what would pass it gets NULL, so callers cap input first. */
#ifndef TRIBUTARY_BASE_ARENA_H
#define TRIBUTARY_BASE_ARENA_H

#include "common/base/slice.h"
#include "common/base/status.h"

#include <stddef.h>

struct arena;

/* limit in bytes. Never NULL. */
struct arena *arena_new(size_t limit);
void arena_free(struct arena *arena);

/* For whoever got NULL of a batch's arena: REJECT with the code no_room. The same work in smaller
 * parts may fit. */
enum status arena_no_room(struct error *error) MUST_CHECK;

/* Gives everything back; keeps at most one block for reuse. */
void arena_reset(struct arena *arena);

/* Uninitialised memory, aligned for any type. NULL beyond the limit. */
void *arena_alloc(struct arena *arena, size_t size);

/* Zeroed memory for count items. NULL beyond the limit. */
void *arena_zalloc(struct arena *arena, size_t count, size_t size);

/* A copy that lives as long as the arena; data is NULL beyond the limit. */
struct slice arena_copy(struct arena *arena, struct slice slice);

/* The same as a C string. */
char *arena_text(struct arena *arena, struct slice slice);

#endif
