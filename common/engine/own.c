#include "common/engine/own.h"

#include "common/engine/user_state.h"

#include <math.h>

/* In labels: what the tenant's opinion weighs against the user's habits, and against what the user
 * said of this merchant. */
#define HABIT_WEIGHT    8.0
#define MERCHANT_WEIGHT 1.0

/* Habits count half once they rest on so many labels. A few, of what was corrected lately rather
 * than of what the user buys, made answers worse than the tenant's alone. */
#define HABIT_TRUST 20.0

void own_columns(struct own *own, struct board *board, const struct engine_user *user)
{
    own->user = user;
    own->known = false;
    own->merchant = false;
    if (user == NULL)
        return;
    for (int i = 0; i < user->label_count; i++)
        own->columns[i] =
            (uint16_t)board_column(board, user_label_name(user, i), user->labels[i].hash);
}

void own_base(struct own *own, const struct board *board)
{
    if (own->user == NULL)
        return;
    for (int i = 0; i < own->user->label_count; i++)
        own->base[i] = board->shares[own->columns[i]];
}

/* A user who files twice as often under a category as everybody does makes it likelier here too.
 * The factor is the geometric mean of the long and the recent habit, as far as it is trusted. */
static void refine_habits(const struct own *own, struct board *board)
{
    double labels = (double)own->evidence;
    double trust = labels / (labels + HABIT_TRUST);
    double all = 1;

    for (int i = 0; i < own->user->label_count; i++) {
        const struct user_label *label = &own->user->labels[i];
        double unit = (double)ENGINE_UNIT * HABIT_WEIGHT * own->base[i];
        double full = sqrt((1 + label->slow / unit) * (1 + label->fast / unit));
        double factor = 1 + trust * (full - 1);
        double *share = &board->shares[own->columns[i]];

        all += *share * (factor - 1);
        *share *= factor;
    }
    board_scale(board, 1 / all);
}

static void refine_merchant(const struct user_cell *cell, const struct own *own,
                            struct board *board)
{
    double all = (double)user_cell_sum(cell) / (double)ENGINE_UNIT + MERCHANT_WEIGHT;

    board_scale(board, MERCHANT_WEIGHT / all);
    for (int i = 0; i < ENGINE_CELL_LABELS_MAX && cell->units[i] > 0; i++)
        board->shares[own->columns[cell->labels[i]]] +=
            cell->units[i] / ((double)ENGINE_UNIT * all);
}

static void say_merchant(struct own *own, const struct user_cell *cell)
{
    int best = 0;

    own->evidence = 0;
    for (int i = 0; i < ENGINE_CELL_LABELS_MAX && cell->units[i] > 0; i++) {
        own->evidence += cell->times[i];
        if (cell->units[i] > cell->units[best])
            best = i;
    }
    own->merchant = true;
    own->known = true;
    own->label = cell->labels[best];
    own->share = cell->units[best] / (double)user_cell_sum(cell);
}

static void say_habits(struct own *own)
{
    const struct engine_user *user = own->user;
    uint64_t sum = 0;
    int best = 0;

    for (int i = 0; i < user->label_count; i++) {
        sum += user->labels[i].slow;
        if (user->labels[i].slow > user->labels[best].slow)
            best = i;
    }
    if (sum == 0)
        return;
    own->known = true;
    own->label = best;
    own->share = user->labels[best].slow / (double)sum;
    own->evidence = (int64_t)((sum + ENGINE_UNIT / 2) / ENGINE_UNIT);
}

void own_refine(struct own *own, struct board *board, uint64_t merchant_hash)
{
    int cell;

    if (own->user == NULL)
        return;
    say_habits(own);
    if (own->known)
        refine_habits(own, board);
    cell = merchant_hash == 0 ? -1 : user_cell_find(own->user, merchant_hash);
    if (cell < 0)
        return;
    refine_merchant(&own->user->cells[cell], own, board);
    say_merchant(own, &own->user->cells[cell]);
}
