#include "common/engine/board.h"

#include <string.h>

/* The tenant's chart is taken to have at least this many categories, and one more than are known.
 */
enum { CHART_SIZE = 16 };

void board_init(struct board *board, const struct engine_tenant *tenant)
{
    board->tenant = tenant;
    board->tenant_size = tenant == NULL ? 0 : tenant->category_count;
    board->size = board->tenant_size;
    board->total = 0;
}

size_t board_column(struct board *board, struct slice name, uint64_t hash)
{
    int number = board->tenant == NULL ? -1 : tenant_category_find(board->tenant, name, hash);

    if (number >= 0)
        return (size_t)number;
    for (size_t i = board->tenant_size; i < board->size; i++) {
        if (slice_equal(board->extras[i - board->tenant_size], name))
            return i;
    }
    board->extras[board->size - board->tenant_size] = name;
    return board->size++;
}

struct slice board_name(const struct board *board, size_t column)
{
    if (column < board->tenant_size)
        return tenant_category(board->tenant, column);
    return board->extras[column - board->tenant_size];
}

/* One label is spread evenly over the chart; names beyond it share what is left. */
void board_prior(struct board *board)
{
    size_t known = board->tenant_size;
    size_t extras = board->size - known;
    size_t chart = known + 1 > CHART_SIZE ? known + 1 : CHART_SIZE;
    double even = 1.0 / (double)chart;
    double spare = (double)(chart - known) * even;
    double extra = (double)extras * even <= spare ? even : spare / (double)extras;

    for (size_t i = 0; i < known; i++) {
        int64_t units = board->tenant->totals[i];
        double labels = units > 0 ? (double)units / (double)ENGINE_UNIT : 0;

        board->shares[i] = labels + even;
        board->total += labels;
    }
    for (size_t i = known; i < board->size; i++)
        board->shares[i] = extra;
    board_scale(board, 1.0 / (board->total + 1));
}

void board_scale(struct board *board, double factor)
{
    for (size_t i = 0; i < board->size; i++)
        board->shares[i] *= factor;
}

void board_blend_one(struct board *board, size_t column, double labels, double weight)
{
    board_scale(board, weight / (labels + weight));
    board->shares[column] += labels / (labels + weight);
}

static int name_order(struct slice a, struct slice b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = memcmp(a.data, b.data, common);

    if (order != 0)
        return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

size_t board_best(const struct board *board)
{
    size_t best = 0;

    for (size_t i = 1; i < board->size; i++) {
        if (board->shares[i] < board->shares[best])
            continue;
        if (board->shares[i] > board->shares[best] ||
            name_order(board_name(board, i), board_name(board, best)) < 0)
            best = i;
    }
    return best;
}
