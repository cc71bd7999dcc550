/* The tenant's half of an answer: what everybody filed, refined from the general to the merchant.
 * Inside the engine only. */
#ifndef TRIBUTARY_ENGINE_GLOBAL_H
#define TRIBUTARY_ENGINE_GLOBAL_H

#include "common/engine/board.h"
#include "common/engine/features.h"

#include <stdbool.h>
#include <stddef.h>

/* What one subject's counts say by themselves. */
struct evidence {
    double labels; /* in all; 0: nothing, and the column means nothing */
    double most;   /* of the column */
    size_t column;
};

struct global {
    struct evidence merchant; /* or else its key */
    struct evidence general;  /* merchant category code, or else everything */
    bool known;               /* false: nothing at all speaks for any category */
};

/* Two columns are the taxonomy's: what the merchant category code suggests, and income for a
 * credit. Adds them. -1: does not apply. */
struct seeds {
    int mcc;
    int income;
};

struct seeds global_seeds(struct board *board, const struct engine_features *features);

/* After board_prior: the board becomes the tenant's opinion. */
void global_refine(struct board *board, const struct engine_features *features,
                   const struct seeds *seeds, struct global *ret);

#endif
