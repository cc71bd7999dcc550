/* Which records of a batch have an id of their own, which repeat one before them, and what that
 * makes of each: for groups whose effects have the unique key (user_key, id_hash). Pure.
 *
 *     ids_init; insert ids_leads with ON CONFLICT DO NOTHING RETURNING user_key, hash;
 * ids_judge_new; read the full ids under the keys of ids_unjudged, if any; ids_judge_known */
#ifndef TRIBUTARY_SINK_IDS_H
#define TRIBUTARY_SINK_IDS_H

#include "common/base/arena.h"
#include "common/postgres/result.h"
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

/* The leads: what may be inserted, each key once. NULL when the arena has no room. */
const struct record **ids_leads(const struct ids *ids, struct arena *arena, size_t *ret_count);

/* rows: user_key and hash of each lead that was inserted: APPLIED. */
void ids_judge_new(const struct ids *ids, const struct postgres_result *rows,
                   struct verdicts *verdicts);

/* The leads that were there before. NULL when the arena has no room. */
const struct record **ids_unjudged(const struct ids *ids, struct arena *arena,
                                   const struct verdicts *verdicts, size_t *ret_count);

/* rows: user_key, hash and full id of what stands under their keys; NULL for none. They and all
 * that repeat a lead become DUPLICATE, or REJECTED (id_collision) where the same hash has another
 * id. left_out: the reason why leads may be neither new nor there; NULL: there is none. */
void ids_judge_known(const struct ids *ids, const struct postgres_result *rows,
                     struct verdicts *verdicts, const char *left_out);

#endif
