/* Which records of a batch have an id of their own, and which repeat one before them. Pure. */
#ifndef TRIBUTARY_ANALYTICS_IDS_H
#define TRIBUTARY_ANALYTICS_IDS_H

#include "common/base/arena.h"
#include "common/worker/batch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Records under (user_key, id_hash), in that order; of equal ones the first in the batch leads. */
struct ids {
    const struct record **records;
    size_t *indices; /* of the same records in the batch */
    size_t *leads;   /* position, in these lists, of the one that leads each */
    size_t count;
};

/* Sorts the records that `takes` accepts. False when the arena has no room. */
bool ids_init(struct ids *ids, struct arena *arena, const struct batch *batch,
              bool (*takes)(const struct record *record));

/* The position of the lead with that key; count when there is none. */
size_t ids_find(const struct ids *ids, int64_t user_key, int64_t id_hash);

/* The full id of a record: the transaction's or the feedback's. */
struct slice ids_text(const struct record *record);

#endif
