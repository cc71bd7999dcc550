#include "common/base/must.h"
#include "common/engine/user_state.h"

#include <stdlib.h>
#include <string.h>

struct engine_user *engine_user_new(void)
{
    return must_alloc(sizeof(struct engine_user));
}

void engine_user_free(struct engine_user *user)
{
    if (user == NULL)
        return;
    free(user->merchants);
    free(user->cells);
    free(user->labels);
    free(user);
}

size_t engine_user_memory(const struct engine_user *user)
{
    return sizeof *user + user->cell_capacity * (sizeof *user->merchants + sizeof *user->cells) +
           user->label_capacity * sizeof *user->labels;
}

uint32_t engine_user_lessons(const struct engine_user *user)
{
    return user->lessons;
}

void user_reserve_cells(struct engine_user *user, size_t count)
{
    if (count <= user->cell_capacity)
        return;
    user->merchants = must_realloc(user->merchants, count * sizeof *user->merchants);
    user->cells = must_realloc(user->cells, count * sizeof *user->cells);
    user->cell_capacity = (uint16_t)count;
}

void user_reserve_labels(struct engine_user *user, size_t count)
{
    if (count <= user->label_capacity)
        return;
    user->labels = must_realloc(user->labels, count * sizeof *user->labels);
    user->label_capacity = (uint16_t)count;
}

int user_cell_find(const struct engine_user *user, uint64_t merchant_hash)
{
    for (int i = user->cell_count - 1; i >= 0; i--) {
        if (user->merchants[i] == merchant_hash)
            return i;
    }
    return -1;
}

/* Takes the cell out; those behind it move up. */
static struct user_cell cell_remove(struct engine_user *user, int at)
{
    struct user_cell cell = user->cells[at];
    size_t behind = (size_t)(user->cell_count - 1 - at);

    memmove(&user->cells[at], &user->cells[at + 1], behind * sizeof *user->cells);
    memmove(&user->merchants[at], &user->merchants[at + 1], behind * sizeof *user->merchants);
    user->cell_count--;
    return cell;
}

static size_t grown(size_t capacity, size_t limit)
{
    size_t more = capacity < 4 ? 4 : capacity + capacity / 2;

    return more < limit ? more : limit;
}

struct user_cell *user_cell_touch(struct engine_user *user, uint64_t merchant_hash)
{
    struct user_cell cell = {.units = {0}};
    int at = user_cell_find(user, merchant_hash);

    if (at >= 0)
        cell = cell_remove(user, at);
    else if (user->cell_count == ENGINE_USER_CELLS_MAX)
        cell_remove(user, 0);
    if (user->cell_count == user->cell_capacity)
        user_reserve_cells(user, grown(user->cell_capacity, ENGINE_USER_CELLS_MAX));
    user->merchants[user->cell_count] = merchant_hash;
    user->cells[user->cell_count] = cell;
    return &user->cells[user->cell_count++];
}

int user_label_find(const struct engine_user *user, struct slice name, uint64_t hash)
{
    for (int i = 0; i < user->label_count; i++) {
        if (user->labels[i].hash == hash && slice_equal(user_label_name(user, i), name))
            return i;
    }
    return -1;
}

/* Empties the least used label's place, in every cell too. */
static int label_evict(struct engine_user *user)
{
    int least = 0;

    for (int i = 1; i < user->label_count; i++) {
        if (user->labels[i].slow < user->labels[least].slow)
            least = i;
    }
    for (int i = user->cell_count - 1; i >= 0; i--) {
        int place = user_cell_place(&user->cells[i], least);

        if (place < 0)
            continue;
        user->cells[i].units[place] = 0;
        user_cell_compact(&user->cells[i]);
        if (user_cell_sum(&user->cells[i]) == 0)
            cell_remove(user, i);
    }
    return least;
}

int user_label_add(struct engine_user *user, struct slice name, uint64_t hash)
{
    int at = user_label_find(user, name, hash);

    if (at >= 0)
        return at;
    if (user->label_count == ENGINE_USER_LABELS_MAX) {
        at = label_evict(user);
    } else {
        if (user->label_count == user->label_capacity)
            user_reserve_labels(user, grown(user->label_capacity, ENGINE_USER_LABELS_MAX));
        at = user->label_count++;
    }
    user->labels[at] = (struct user_label){.hash = hash, .size = (uint8_t)name.size};
    memcpy(user->labels[at].name, name.data, name.size);
    return at;
}

int user_cell_place(const struct user_cell *cell, int label)
{
    for (int i = 0; i < ENGINE_CELL_LABELS_MAX && cell->units[i] > 0; i++) {
        if (cell->labels[i] == label)
            return i;
    }
    return -1;
}

int user_cell_place_add(struct user_cell *cell, int label)
{
    int place = user_cell_place(cell, label);

    if (place >= 0)
        return place;
    place = 0;
    for (int i = 1; i < ENGINE_CELL_LABELS_MAX; i++) {
        if (cell->units[i] < cell->units[place])
            place = i;
    }
    cell->units[place] = 0;
    cell->times[place] = 0;
    cell->labels[place] = (uint8_t)label;
    return place;
}

void user_cell_compact(struct user_cell *cell)
{
    int kept = 0;

    for (int i = 0; i < ENGINE_CELL_LABELS_MAX; i++) {
        if (cell->units[i] == 0)
            continue;
        cell->units[kept] = cell->units[i];
        cell->labels[kept] = cell->labels[i];
        cell->times[kept] = cell->times[i];
        kept++;
    }
    for (; kept < ENGINE_CELL_LABELS_MAX; kept++) {
        cell->units[kept] = 0;
        cell->labels[kept] = 0;
        cell->times[kept] = 0;
    }
}
