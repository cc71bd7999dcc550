/* A user's counts in memory. Inside the engine only. */
#ifndef TRIBUTARY_ENGINE_USER_STATE_H
#define TRIBUTARY_ENGINE_USER_STATE_H

#include "common/base/slice.h"
#include "common/engine/features.h"
#include "common/engine/user.h"

#include <stdint.h>

/* A category that the user uses. */
struct user_label {
    uint64_t hash; /* tenant_category_hash(name) */
    uint32_t slow; /* units, kept by USER_KEEP_SLOW a lesson */
    uint16_t fast; /* units, kept by USER_KEEP_RECENT a lesson */
    uint8_t size;
    char name[ENGINE_CATEGORY_SIZE];
};

/* What the user filed one merchant under. */
struct user_cell {
    uint16_t units[ENGINE_CELL_LABELS_MAX]; /* kept by USER_KEEP_RECENT a lesson here; 0: free, and
                                               so are those behind it */
    uint8_t labels[ENGINE_CELL_LABELS_MAX];
    uint8_t times[ENGINE_CELL_LABELS_MAX]; /* how often the user said so; stops at 255 */
};

/* What a lesson keeps of older ones, in 1/65536. The recent share is so small that a correction
 * holds at once: any number of older equal labels, less what the correction takes back, weigh less
 * than it. */
enum {
    USER_KEEP_RECENT = 39322, /* .6: cells, and recent habits */
    USER_KEEP_SLOW = 64881,   /* .99: habits */
    /* The fifth roots of both: what silence keeps. */
    USER_KEEP_RECENT_WEAK = 59171,
    USER_KEEP_SLOW_WEAK = 65404
};

/* Cells are in the order of their last lesson, the oldest first; `merchants` holds their hashes. */
struct engine_user {
    uint32_t lessons;
    uint16_t cell_count, cell_capacity;
    uint16_t label_count, label_capacity;
    uint64_t *merchants;
    struct user_cell *cells;
    struct user_label *labels;
};

/* -1: none. */
int user_cell_find(const struct engine_user *user, uint64_t merchant_hash);
int user_label_find(const struct engine_user *user, struct slice name, uint64_t hash);

/* The merchant's cell, made where it is missing, as the one with the latest lesson. */
struct user_cell *user_cell_touch(struct engine_user *user, uint64_t merchant_hash);

/* The name's number, made where it is missing. name: 1..ENGINE_CATEGORY_SIZE bytes. */
int user_label_add(struct engine_user *user, struct slice name, uint64_t hash);

/* -1: not in the cell. */
int user_cell_place(const struct user_cell *cell, int label);

/* The label's place in the cell, made where it is missing. */
int user_cell_place_add(struct user_cell *cell, int label);

/* Labels of no units leave the cell. */
void user_cell_compact(struct user_cell *cell);

/* Room for that many; for the decoder. */
void user_reserve_cells(struct engine_user *user, size_t count);
void user_reserve_labels(struct engine_user *user, size_t count);

static inline struct slice user_label_name(const struct engine_user *user, int label)
{
    return (struct slice){user->labels[label].name, user->labels[label].size};
}

static inline uint32_t user_cell_sum(const struct user_cell *cell)
{
    uint32_t sum = 0;

    for (int i = 0; i < ENGINE_CELL_LABELS_MAX; i++)
        sum += cell->units[i];
    return sum;
}

#endif
