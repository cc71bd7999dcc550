/* What one user filed under what: counts by merchant, and which categories the user uses at all. It
 * is self-contained (it holds its own category names) and bounded, and lives as bytes in Postgres,
 * Redis and memory.
 *
 * Bounds: 512 cells, the least recently taught falls out; four labels a cell, the weakest falls
 * out; 48 categories a user, the least used falls out. All sums are integers; the same lessons in
 * the same order give the same bytes on every machine.
 *
 * One thread at a time. */
#ifndef TRIBUTARY_ENGINE_USER_H
#define TRIBUTARY_ENGINE_USER_H

#include "common/base/buffer.h"
#include "common/base/owned.h"
#include "common/base/slice.h"
#include "common/base/status.h"

#include <stddef.h>
#include <stdint.h>

enum {
    ENGINE_USER_CELLS_MAX = 512,
    ENGINE_USER_LABELS_MAX = 48,
    ENGINE_CELL_LABELS_MAX = 4,
    ENGINE_USER_BYTES_MAX = 16 * 1024 /* no encoded user is larger; typically 1 KB */
};

struct engine_user;

/* A user who never said anything. Never NULL. */
struct engine_user *engine_user_new(void);
void engine_user_free(struct engine_user *user);
OWNED_DEFINE(engine_user);

/* Appends the state's bytes, at most ENGINE_USER_BYTES_MAX. Where the buffer's limit is too small
 * its overflow is set. */
void engine_user_encode(const struct engine_user *user, struct buffer *buffer);

/* Any bytes are safe. REJECT: not a state that this version wrote. No bytes at all are a new user.
 */
enum status engine_user_decode(struct slice bytes, struct engine_user **ret_user,
                               struct error *error) MUST_CHECK;

/* Bytes of memory that it takes, for the accounts of a cache. */
size_t engine_user_memory(const struct engine_user *user);

/* Lessons learnt so far; wraps never, stops at its largest value. */
uint32_t engine_user_lessons(const struct engine_user *user);

#endif
