/* The user's bytes, little-endian:
 *
 *     u8 version, u32 lessons,
 *     u8 labels, each: u8 size, name, u32 slow, u16 fast,
 *     u16 cells, the oldest first, each: u64 merchant, u8 labels (1..4),
 *         each: u8 label, u16 units (not 0), u8 times
 *
 * One state has one encoding, and only what the encoder writes is decoded. */
#include "common/engine/tenant.h"
#include "common/engine/user_state.h"

#include <stdbool.h>
#include <string.h>

enum { VERSION = 1, CELL_HEAD_SIZE = 9, CELL_LABEL_SIZE = 4, LABEL_SIZE_MIN = 8 };

_Static_assert(8 + ENGINE_USER_LABELS_MAX * (7 + ENGINE_CATEGORY_SIZE) +
                       ENGINE_USER_CELLS_MAX *
                           (CELL_HEAD_SIZE + ENGINE_CELL_LABELS_MAX * CELL_LABEL_SIZE) <=
                   ENGINE_USER_BYTES_MAX,
               "the largest user fits");

static void put(struct buffer *buffer, uint64_t value, size_t size)
{
    char bytes[8];

    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(value >> (8 * i) & 0xff);
    buffer_append(buffer, bytes, size);
}

static void put_label(struct buffer *buffer, const struct user_label *label)
{
    put(buffer, label->size, 1);
    buffer_append(buffer, label->name, label->size);
    put(buffer, label->slow, 4);
    put(buffer, label->fast, 2);
}

static void put_cell(struct buffer *buffer, uint64_t merchant, const struct user_cell *cell)
{
    uint64_t count = 0;

    while (count < ENGINE_CELL_LABELS_MAX && cell->units[count] > 0)
        count++;
    put(buffer, merchant, 8);
    put(buffer, count, 1);
    for (uint64_t i = 0; i < count; i++) {
        put(buffer, cell->labels[i], 1);
        put(buffer, cell->units[i], 2);
        put(buffer, cell->times[i], 1);
    }
}

void engine_user_encode(const struct engine_user *user, struct buffer *buffer)
{
    put(buffer, VERSION, 1);
    put(buffer, user->lessons, 4);
    put(buffer, user->label_count, 1);
    for (int i = 0; i < user->label_count; i++)
        put_label(buffer, &user->labels[i]);
    put(buffer, user->cell_count, 2);
    for (int i = 0; i < user->cell_count; i++)
        put_cell(buffer, user->merchants[i], &user->cells[i]);
}

/* Reads on past the end as zeros, and remembers it. */
struct reader {
    struct slice rest;
    bool failed;
};

static struct slice get_bytes(struct reader *reader, size_t size)
{
    struct slice bytes = {reader->rest.data, size};

    if (size > reader->rest.size) {
        reader->failed = true;
        return (struct slice){NULL, 0};
    }
    reader->rest.data += size;
    reader->rest.size -= size;
    return bytes;
}

static uint64_t get(struct reader *reader, size_t size)
{
    struct slice bytes = get_bytes(reader, size);
    uint64_t value = 0;

    for (size_t i = 0; i < bytes.size; i++)
        value |= (uint64_t)(unsigned char)bytes.data[i] << (8 * i);
    return value;
}

static bool get_label(struct reader *reader, struct engine_user *user)
{
    struct slice name = get_bytes(reader, get(reader, 1));
    struct user_label *label = &user->labels[user->label_count];

    if (name.size == 0 || name.size > ENGINE_CATEGORY_SIZE)
        return false;
    *label = (struct user_label){.size = (uint8_t)name.size};
    memcpy(label->name, name.data, name.size);
    label->hash = tenant_category_hash(name);
    label->slow = (uint32_t)get(reader, 4);
    label->fast = (uint16_t)get(reader, 2);
    if (user_label_find(user, name, label->hash) >= 0)
        return false;
    user->label_count++;
    return !reader->failed;
}

static bool get_cell(struct reader *reader, struct engine_user *user)
{
    struct user_cell cell = {.units = {0}};
    uint64_t merchant = get(reader, 8);
    uint64_t count = get(reader, 1);

    if (merchant == 0 || count == 0 || count > ENGINE_CELL_LABELS_MAX ||
        user_cell_find(user, merchant) >= 0)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        uint8_t label = (uint8_t)get(reader, 1);

        if (label >= user->label_count || user_cell_place(&cell, label) >= 0)
            return false;
        cell.labels[i] = label;
        cell.units[i] = (uint16_t)get(reader, 2);
        cell.times[i] = (uint8_t)get(reader, 1);
        if (cell.units[i] == 0)
            return false;
    }
    user->merchants[user->cell_count] = merchant;
    user->cells[user->cell_count++] = cell;
    return !reader->failed;
}

/* What is reserved is bounded by the bytes that are there. */
static bool get_user(struct reader *reader, struct engine_user *user)
{
    uint64_t count;

    if (get(reader, 1) != VERSION)
        return false;
    user->lessons = (uint32_t)get(reader, 4);
    count = get(reader, 1);
    if (count > ENGINE_USER_LABELS_MAX || count * LABEL_SIZE_MIN > reader->rest.size)
        return false;
    user_reserve_labels(user, count);
    while (user->label_count < count) {
        if (!get_label(reader, user))
            return false;
    }
    count = get(reader, 2);
    if (count > ENGINE_USER_CELLS_MAX ||
        count * (CELL_HEAD_SIZE + CELL_LABEL_SIZE) > reader->rest.size)
        return false;
    user_reserve_cells(user, count);
    while (user->cell_count < count) {
        if (!get_cell(reader, user))
            return false;
    }
    return !reader->failed && reader->rest.size == 0;
}

enum status engine_user_decode(struct slice bytes, struct engine_user **ret_user,
                               struct error *error)
{
    OWNED(engine_user) user = engine_user_new();
    struct reader reader = {bytes, false};

    if (bytes.size > 0 && !get_user(&reader, user))
        return error_set(error, STATUS_REJECT, "user state of %zu bytes: not of version %d, or bad",
                         bytes.size, VERSION);
    *ret_user = TAKE(user);
    return STATUS_OK;
}
