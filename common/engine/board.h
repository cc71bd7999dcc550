/* One probability a category, while an answer is made: first the tenant's categories under their
 * numbers, then names that only the user or the taxonomy brings. What is missing to 1 belongs to
 * categories that nobody has named yet. Inside the engine only. */
#ifndef TRIBUTARY_ENGINE_BOARD_H
#define TRIBUTARY_ENGINE_BOARD_H

#include "common/base/slice.h"
#include "common/engine/tenant.h"
#include "common/engine/user.h"

#include <stddef.h>
#include <stdint.h>

enum {
    BOARD_EXTRAS_MAX = ENGINE_USER_LABELS_MAX + 2,
    BOARD_SIZE = ENGINE_CATEGORIES_MAX + BOARD_EXTRAS_MAX
};

struct board {
    const struct engine_tenant *tenant; /* may be NULL */
    size_t tenant_size;
    size_t size;
    struct slice extras[BOARD_EXTRAS_MAX];
    double total; /* labels that the tenant counted in all */
    double shares[BOARD_SIZE];
};

void board_init(struct board *board, const struct engine_tenant *tenant);

/* The category's column, added where it is missing; all are added before board_prior. */
size_t board_column(struct board *board, struct slice name, uint64_t hash);
struct slice board_name(const struct board *board, size_t column);

/* The shares of everything that the tenant counted. */
void board_prior(struct board *board);

/* Evidence of its own for one column, as `labels` would be, against a board that counts as
 * `weight` labels. */
void board_blend_one(struct board *board, size_t column, double labels, double weight);

/* All shares times `factor`. */
void board_scale(struct board *board, double factor);

/* The column of the largest share; between equals the smaller name. The board is not empty. */
size_t board_best(const struct board *board);

#endif
