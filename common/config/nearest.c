#include "common/config/nearest.h"

#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One row of the table of edits between the beginnings of a and b; rows[0] is the new one. */
static void fill_row(size_t (*rows)[CONFIG_NEAREST_BYTES + 1], const char *a, size_t i,
                     const char *b)
{
    rows[0][0] = i;
    for (size_t j = 1; b[j - 1] != '\0'; j++) {
        size_t replaced = rows[1][j - 1] + (a[i - 1] != b[j - 1]);

        rows[0][j] = least(replaced, least(rows[1][j], rows[0][j - 1]) + 1);
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            rows[0][j] = least(rows[0][j], rows[2][j - 2] + 1);
    }
}

size_t config_distance(const char *a, const char *b)
{
    size_t rows[3][CONFIG_NEAREST_BYTES + 1];
    size_t a_size = strlen(a), b_size = strlen(b);

    if (a_size > CONFIG_NEAREST_BYTES || b_size > CONFIG_NEAREST_BYTES)
        return CONFIG_NEAREST_BYTES;
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        memcpy(rows[2], rows[1], sizeof rows[2]);
        memcpy(rows[1], rows[0], sizeof rows[1]);
        fill_row(rows, a, i, b);
    }
    return rows[0][b_size];
}

bool config_is_near(const char *name, size_t distance)
{
    size_t size = strlen(name);

    return distance <= (size < 5 ? 1 : size < 12 ? 2 : 3);
}
