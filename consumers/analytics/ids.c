#include "consumers/analytics/ids.h"

#include <stdlib.h>

struct slice ids_text(const struct record *record)
{
    return record->feedback != NULL ? record->feedback->id
                                    : record->classification->transaction->id;
}

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int key_compare(const struct record *record, int64_t user_key, int64_t id_hash)
{
    int order = COMPARE(record->user_key, user_key);

    return order != 0 ? order : COMPARE(record->id_hash, id_hash);
}

/* Records of a batch lie in one array, so their addresses tell their order. */
static int record_compare(const void *left, const void *right)
{
    const struct record *a = *(const struct record *const *)left;
    const struct record *b = *(const struct record *const *)right;
    int order = key_compare(a, b->user_key, b->id_hash);

    return order != 0 ? order : COMPARE(a, b);
}

bool ids_init(struct ids *ids, struct arena *arena, const struct batch *batch,
              bool (*takes)(const struct record *record))
{
    ids->count = 0;
    ids->records = arena_alloc(arena, batch->count * sizeof *ids->records);
    ids->indices = arena_alloc(arena, batch->count * sizeof *ids->indices);
    ids->leads = arena_alloc(arena, batch->count * sizeof *ids->leads);
    if (ids->records == NULL || ids->indices == NULL || ids->leads == NULL)
        return false;
    for (size_t i = 0; i < batch->count; i++)
        if (takes(&batch->records[i]))
            ids->records[ids->count++] = &batch->records[i];
    if (ids->count > 1)
        qsort(ids->records, ids->count, sizeof *ids->records, record_compare);
    for (size_t i = 0; i < ids->count; i++) {
        const struct record *record = ids->records[i];
        bool repeats =
            i > 0 && key_compare(ids->records[i - 1], record->user_key, record->id_hash) == 0;

        ids->indices[i] = (size_t)(record - batch->records);
        ids->leads[i] = repeats ? ids->leads[i - 1] : i;
    }
    return true;
}

size_t ids_find(const struct ids *ids, int64_t user_key, int64_t id_hash)
{
    size_t low = 0, high = ids->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (key_compare(ids->records[middle], user_key, id_hash) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ids->count && key_compare(ids->records[low], user_key, id_hash) == 0 ? low
                                                                                      : ids->count;
}
