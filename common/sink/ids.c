#include "common/sink/ids.h"

#include "common/base/must.h"

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

const struct record **ids_leads(const struct ids *ids, struct arena *arena, size_t *ret_count)
{
    const struct record **leads = arena_alloc(arena, ids->count * sizeof *leads);

    *ret_count = 0;
    for (size_t i = 0; leads != NULL && i < ids->count; i++)
        if (ids->leads[i] == i)
            leads[(*ret_count)++] = ids->records[i];
    return leads;
}

static size_t find_row(const struct ids *ids, const struct postgres_result *rows, size_t row)
{
    size_t lead =
        ids_find(ids, postgres_result_int8(rows, row, 0), postgres_result_int8(rows, row, 1));

    MUST(lead < ids->count);
    return lead;
}

void ids_judge_new(const struct ids *ids, const struct postgres_result *rows,
                   struct verdicts *verdicts)
{
    for (size_t row = 0; row < postgres_result_rows(rows); row++)
        verdict_set(verdicts, ids->indices[find_row(ids, rows, row)], VERDICT_APPLIED);
}

const struct record **ids_unjudged(const struct ids *ids, struct arena *arena,
                                   const struct verdicts *verdicts, size_t *ret_count)
{
    const struct record **known = arena_alloc(arena, ids->count * sizeof *known);

    *ret_count = 0;
    for (size_t i = 0; known != NULL && i < ids->count; i++)
        if (ids->leads[i] == i && verdicts->items[ids->indices[i]] == VERDICT_NONE)
            known[(*ret_count)++] = ids->records[i];
    return known;
}

static void judge_repeat(const struct ids *ids, size_t position, struct slice stored,
                         struct verdicts *verdicts)
{
    if (slice_equal(ids_text(ids->records[position]), stored))
        verdict_set(verdicts, ids->indices[position], VERDICT_DUPLICATE);
    else
        verdict_reject(verdicts, ids->indices[position], "id_collision");
}

/* A lead that is neither new nor known was left out, and what repeats it with it. */
static void judge_left(const struct ids *ids, size_t position, struct verdicts *verdicts,
                       const char *left_out)
{
    size_t lead = ids->leads[position];

    if (lead == position || verdicts->items[ids->indices[lead]] == VERDICT_REJECTED) {
        MUST(left_out != NULL);
        verdict_reject(verdicts, ids->indices[position], left_out);
    } else {
        judge_repeat(ids, position, ids_text(ids->records[lead]), verdicts);
    }
}

/* What repeats a lead is compared with what stands in the table: the lead's own id if it was new.
 */
void ids_judge_known(const struct ids *ids, const struct postgres_result *rows,
                     struct verdicts *verdicts, const char *left_out)
{
    for (size_t row = 0; rows != NULL && row < postgres_result_rows(rows); row++) {
        struct slice stored = postgres_result_text(rows, row, 2);
        size_t lead = find_row(ids, rows, row);

        for (size_t i = lead; i < ids->count && ids->leads[i] == lead; i++)
            judge_repeat(ids, i, stored, verdicts);
    }
    for (size_t i = 0; i < ids->count; i++)
        if (verdicts->items[ids->indices[i]] == VERDICT_NONE)
            judge_left(ids, i, verdicts, left_out);
}
