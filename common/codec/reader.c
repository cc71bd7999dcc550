#include "common/codec/reader.h"

/* A block of an array or a map: a count, and where it ends when the writer told. */
struct block {
    size_t count;
    const char *end; /* NULL when it did not */
};

/* At most ten bytes, of which the last holds one bit. */
bool codec_read_varint(struct codec_reader *reader, int64_t *ret)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte;

        if (reader->at == reader->end)
            return codec_fail(reader, CODEC_TRUNCATED);
        byte = (uint8_t)*reader->at++;
        if (shift == 63 && byte > 1)
            return codec_fail(reader, CODEC_BAD_VARINT);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
            return true;
        }
    }
    return codec_fail(reader, CODEC_BAD_VARINT);
}

bool codec_check_text(struct codec_reader *reader, struct slice text)
{
    if (memchr(text.data, '\0', text.size) != NULL)
        return codec_fail(reader, CODEC_EMBEDDED_NUL);
    return utf8_valid(text) || codec_fail(reader, CODEC_BAD_UTF8);
}

/* A negative count is followed by the block's size in bytes. */
static bool read_block(struct codec_reader *reader, size_t max, struct block *ret)
{
    struct block block = {.end = NULL};
    int64_t count, size;

    if (!codec_read_long(reader, &count))
        return false;
    if (count > (int64_t)max || count < -(int64_t)max)
        return codec_fail(reader, CODEC_TOO_MANY_ITEMS);
    if (count < 0) {
        if (!codec_read_long(reader, &size))
            return false;
        if (size < 0 || size > reader->end - reader->at)
            return codec_fail(reader, CODEC_BAD_LENGTH);
        block.end = reader->at + size;
        count = -count;
    }
    block.count = (size_t)count;
    *ret = block;
    return true;
}

static void *take(struct codec_reader *reader, size_t size)
{
    void *place = arena_alloc(reader->arena, size);

    if (place == NULL)
        codec_fail(reader, CODEC_ARENA_FULL);
    return place;
}

/* Almost always one block is all; the second takes the room for any further ones. */
static bool make_room(struct codec_reader *reader, const struct codec_items *items, size_t count,
                      size_t more, char **all)
{
    char *place = take(reader, (count == 0 ? more : items->max) * items->size);

    if (place == NULL)
        return false;
    if (count > 0)
        memcpy(place, *all, count * items->size);
    *all = place;
    return true;
}

bool codec_read_items(struct codec_reader *reader, const struct codec_items *items,
                      const void **ret_items, size_t *ret_count)
{
    char *all = NULL;
    size_t count = 0;
    struct block block;

    for (size_t blocks = 0;; blocks++) {
        if (!read_block(reader, items->max - count, &block))
            return false;
        if (block.count == 0)
            break;
        if (blocks < 2 && !make_room(reader, items, count, block.count, &all))
            return false;
        for (size_t i = 0; i < block.count; i++, count++)
            if (!items->read(reader, all + count * items->size))
                return false;
        if (block.end != NULL && reader->at != block.end)
            return codec_fail(reader, CODEC_BAD_LENGTH);
    }
    *ret_items = all;
    *ret_count = count;
    return true;
}

static bool read_pair(struct codec_reader *reader, void *place)
{
    struct text_pair *pair = place;

    return codec_read_text(reader, &pair->key) && codec_read_text(reader, &pair->value);
}

bool codec_read_map(struct codec_reader *reader, size_t max, const struct text_pair **ret_pairs,
                    size_t *ret_count)
{
    const struct codec_items pairs = {max, sizeof(struct text_pair), read_pair};
    const void *items;

    if (!codec_read_items(reader, &pairs, &items, ret_count))
        return false;
    *ret_pairs = items;
    return true;
}

bool codec_read_option(struct codec_reader *reader, const struct codec_items *item,
                       const void **ret_item)
{
    int64_t branch;
    void *place = NULL;

    if (!codec_read_long(reader, &branch))
        return false;
    if (branch != 0 && branch != 1)
        return codec_fail(reader, CODEC_UNION_RANGE);
    if (branch == 1) {
        place = take(reader, item->size);
        if (place == NULL || !item->read(reader, place))
            return false;
    }
    *ret_item = place;
    return true;
}

bool codec_skip_text(struct codec_reader *reader)
{
    struct slice skipped;

    return codec_read_text(reader, &skipped);
}

bool codec_skip_bytes(struct codec_reader *reader)
{
    struct slice skipped;

    return codec_read_bytes(reader, &skipped);
}

bool codec_skip_int(struct codec_reader *reader)
{
    int32_t skipped;

    return codec_read_int(reader, &skipped);
}

bool codec_skip_long(struct codec_reader *reader)
{
    int64_t skipped;

    return codec_read_long(reader, &skipped);
}

bool codec_skip_float(struct codec_reader *reader)
{
    float skipped;

    return codec_read_float(reader, &skipped);
}

bool codec_skip_boolean(struct codec_reader *reader)
{
    bool skipped;

    return codec_read_boolean(reader, &skipped);
}
