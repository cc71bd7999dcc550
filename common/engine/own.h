/* The user's half of an answer. Inside the engine only. */
#ifndef TRIBUTARY_ENGINE_OWN_H
#define TRIBUTARY_ENGINE_OWN_H

#include "common/engine/board.h"
#include "common/engine/user.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the user's own counts say by themselves: of this merchant, or else in general. */
struct own {
    const struct engine_user *user; /* NULL: nothing */
    uint16_t columns[ENGINE_USER_LABELS_MAX];
    double base[ENGINE_USER_LABELS_MAX]; /* the labels' shares among everything */
    bool known;                          /* something speaks for some category */
    bool merchant;                       /* the user filed this merchant before */
    int label;                           /* the strongest */
    double share;                        /* its share, 0..1 */
    int64_t evidence;                    /* labels */
};

/* Adds the user's categories to the board; user may be NULL. */
void own_columns(struct own *own, struct board *board, const struct engine_user *user);

/* Straight after board_prior: keeps what the user's categories are worth to everybody. */
void own_base(struct own *own, const struct board *board);

/* The board becomes the user's opinion. */
void own_refine(struct own *own, struct board *board, uint64_t merchant_hash);

#endif
