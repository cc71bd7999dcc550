#include "common/json/keys.h"

#include "common/base/must.h"
#include "common/json/json.h"

enum { KEYS_FIRST = 64 };

void json_keys_init(struct json_keys *keys, size_t depth_max)
{
    *keys = (struct json_keys){.levels = must_alloc(depth_max * sizeof *keys->levels)};
}

void json_keys_done(struct json_keys *keys)
{
    free(keys->entries);
    free(keys->levels);
}

void json_keys_reset(struct json_keys *keys)
{
    keys->count = 0;
}

void json_keys_begin(struct json_keys *keys, size_t depth)
{
    keys->levels[depth] = (struct json_keys_level){.first = keys->count};
}

void json_keys_end(struct json_keys *keys, size_t depth)
{
    keys->count = keys->levels[depth].first;
}

/* Of the size and both ends only: two keys with one hash are compared, and an object has at most
 * JSON_KEYS_MAX of them. */
static uint64_t hash_of(struct slice name)
{
    const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t head = 0, tail = 0;

    if (name.size >= sizeof head) {
        memcpy(&head, name.data, sizeof head);
        memcpy(&tail, name.data + name.size - sizeof tail, sizeof tail);
    } else if (name.size >= sizeof(uint32_t)) {
        memcpy(&head, name.data, sizeof(uint32_t));
        memcpy(&tail, name.data + name.size - sizeof(uint32_t), sizeof(uint32_t));
    } else {
        for (size_t i = 0; i < name.size; i++)
            head = head << 8 | (uint8_t)name.data[i];
    }
    return ((head * factor) ^ (tail + name.size)) * factor;
}

static bool is_there(const struct json_keys *keys, size_t first, const struct json_keys_entry *key)
{
    for (size_t i = first; i < keys->count; i++)
        if (keys->entries[i].hash == key->hash && slice_equal(keys->entries[i].name, key->name))
            return true;
    return false;
}

static void grow(struct json_keys *keys)
{
    keys->capacity = keys->capacity == 0 ? KEYS_FIRST : 2 * keys->capacity;
    keys->entries = must_realloc(keys->entries, keys->capacity * sizeof *keys->entries);
}

enum json_keys_verdict json_keys_add(struct json_keys *keys, size_t depth, struct slice name)
{
    struct json_keys_level *level = &keys->levels[depth];
    struct json_keys_entry key = {name, hash_of(name)};
    uint64_t bit = UINT64_C(1) << (key.hash >> 58);

    if (keys->count - level->first == JSON_KEYS_MAX)
        return JSON_KEYS_TOO_MANY;
    if ((level->seen & bit) != 0 && is_there(keys, level->first, &key))
        return JSON_KEYS_TWICE;
    level->seen |= bit;
    if (keys->count == keys->capacity)
        grow(keys);
    keys->entries[keys->count++] = key;
    return JSON_KEYS_NEW;
}
