/* Inside common/json: the keys of the objects that are open, to refuse one that comes twice. */
#ifndef TRIBUTARY_JSON_KEYS_H
#define TRIBUTARY_JSON_KEYS_H

#include "common/base/slice.h"

#include <stdint.h>

struct json_keys_entry {
    struct slice name;
    uint64_t hash;
};

/* The keys of one object: those from `first` to the next object's. */
struct json_keys_level {
    size_t first;
    uint64_t seen; /* a bit for each hash: most keys are told new by it */
};

struct json_keys {
    struct json_keys_entry *entries; /* owned */
    size_t count;
    size_t capacity;
    struct json_keys_level *levels; /* owned, by depth */
};

void json_keys_init(struct json_keys *keys, size_t depth_max);
void json_keys_done(struct json_keys *keys);
void json_keys_reset(struct json_keys *keys);

/* An object at this depth begins and ends. */
void json_keys_begin(struct json_keys *keys, size_t depth);
void json_keys_end(struct json_keys *keys, size_t depth);

enum json_keys_verdict {
    JSON_KEYS_NEW,
    JSON_KEYS_TWICE,
    JSON_KEYS_TOO_MANY,
};

/* name must stay where it is until the object ends. */
enum json_keys_verdict json_keys_add(struct json_keys *keys, size_t depth, struct slice name);

#endif
