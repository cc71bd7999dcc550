/* The analytics group: the ledger and the sums that people and dashboards read, each transaction
 * and each correction once, in one transaction a batch. Redis gets the month's sums after it. */
#include "consumers/analytics/analytics.h"

#include "common/sink/categories.h"
#include "common/sink/ids.h"
#include "consumers/analytics/budget.h"
#include "consumers/analytics/hot.h"
#include "consumers/analytics/store.h"

#include <stdlib.h>

struct analytics {
    struct store store;
    struct budget budget;
    struct hot hot;
};

/* One batch on its way. */
struct work {
    struct analytics *self;
    struct postgres_tx *tx;
    const struct batch *batch;
    struct verdicts *verdicts;
    struct sum_sets sums;
};

static bool is_output(const struct record *record)
{
    return record->classification != NULL;
}

static bool is_feedback(const struct record *record)
{
    return record->feedback != NULL && !categories_refuse(record);
}

/* Inserts what the leads are, and says of each record what it was. *ret_new: the rows that were. */
static enum status add_new(struct work *work, const struct ids *ids, bool feedback,
                           struct postgres_result **ret_new, struct error *error)
{
    struct store *store = &work->self->store;
    struct arena *arena = work->batch->arena;
    OWNED(postgres_result) stored = NULL;
    const struct record **list;
    size_t count;
    enum status status;

    if ((list = ids_leads(ids, arena, &count)) == NULL)
        return arena_no_room(error);
    status = feedback ? store_add_corrections(store, work->tx, list, count, ret_new, error)
                      : store_add_ledger(store, work->tx, list, count, ret_new, error);
    if (status != STATUS_OK)
        return status;
    ids_judge_new(ids, *ret_new, work->verdicts);
    if ((list = ids_unjudged(ids, arena, work->verdicts, &count)) == NULL)
        return arena_no_room(error);
    if (count > 0)
        status = store_ids(store, work->tx, feedback, list, count, &stored, error);
    if (status == STATUS_OK)
        ids_judge_known(ids, stored, work->verdicts, NULL);
    return status;
}

/* ---- Transactions ---- */

static struct movement movement_of(const struct record *record, int32_t category)
{
    const struct transaction *event = record->classification->transaction;

    return (struct movement){.user_key = record->user_key,
                             .tenant_key = record->tenant_key,
                             .partition = record->partition,
                             .category = category,
                             .currency = event->currency,
                             .occurred_us = event->occurred_at,
                             .minor = event->amount_minor,
                             .events = 1};
}

/* New rows count under the category that the table gave them: a correction may have come first. */
static void add_new_money(struct work *work, const struct ids *ids,
                          const struct postgres_result *rows)
{
    for (size_t row = 0; row < postgres_result_rows(rows); row++) {
        size_t lead =
            ids_find(ids, postgres_result_int8(rows, row, 0), postgres_result_int8(rows, row, 1));
        struct movement movement =
            movement_of(ids->records[lead], postgres_result_int4(rows, row, 2));

        sum_sets_add(&work->sums, &movement);
    }
}

static enum status apply_transactions(struct work *work, const struct ids *ids, struct error *error)
{
    OWNED(postgres_result) rows = NULL;
    enum status status = STATUS_OK;

    if (ids->count > 0)
        status = add_new(work, ids, false, &rows, error);
    if (status == STATUS_OK && rows != NULL)
        add_new_money(work, ids, rows);
    return status;
}

/* ---- Corrections ---- */

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

/* By transaction; of one transaction the latest first. */
static int correction_compare(const void *left, const void *right)
{
    const struct record *a = *(const struct record *const *)left;
    const struct record *b = *(const struct record *const *)right;
    int order = COMPARE(a->user_key, b->user_key);

    if (order == 0)
        order = COMPARE(a->transaction_hash, b->transaction_hash);
    return order != 0 ? order : COMPARE(b->offset, a->offset);
}

/* The new correction with the highest offset for this ledger row, among `count` sorted ones; NULL
 * when none of them is about that very id. */
static const struct record *latest_correction(const struct record *const *corrections, size_t count,
                                              const struct postgres_result *rows, size_t row)
{
    const struct record ledger = {.user_key = postgres_result_int8(rows, row, 0),
                                  .transaction_hash = postgres_result_int8(rows, row, 1),
                                  .offset = INT64_MAX};
    const struct record *wanted = &ledger;
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (correction_compare(&corrections[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < count && corrections[low]->user_key == ledger.user_key &&
           corrections[low]->transaction_hash == ledger.transaction_hash;
         low++)
        if (slice_equal(corrections[low]->feedback->transaction_id,
                        postgres_result_text(rows, row, 2)))
            return corrections[low];
    return NULL;
}

/* Money leaves the category in the ledger row and comes to the corrected one. */
static void move_money(struct work *work, const struct record *correction,
                       const struct postgres_result *rows, size_t row)
{
    struct movement movement = {.user_key = correction->user_key,
                                .tenant_key = correction->tenant_key,
                                .partition = correction->partition,
                                .category = postgres_result_int4(rows, row, 3),
                                .currency = postgres_result_text(rows, row, 6),
                                .occurred_us = postgres_result_timestamptz(rows, row, 7),
                                .minor = -postgres_result_int8(rows, row, 5),
                                .events = -1};

    sum_sets_add(&work->sums, &movement);
    movement.category = correction->category_key;
    movement.minor = -movement.minor;
    movement.events = 1;
    sum_sets_add(&work->sums, &movement);
}

static enum status move_corrected(struct work *work, const struct ids *ids, struct error *error)
{
    OWNED(postgres_result) rows = NULL;
    const struct record **corrections, **moves;
    size_t count = 0, moved = 0;
    enum status status;

    corrections = arena_alloc(work->batch->arena, ids->count * sizeof *corrections);
    moves = arena_alloc(work->batch->arena, ids->count * sizeof *moves);
    if (corrections == NULL || moves == NULL)
        return arena_no_room(error);
    for (size_t i = 0; i < ids->count; i++)
        if (work->verdicts->items[ids->indices[i]] == VERDICT_APPLIED &&
            ids->records[i]->feedback->kind == FEEDBACK_KIND_CORRECTION)
            corrections[count++] = ids->records[i];
    if (count == 0)
        return STATUS_OK;
    qsort(corrections, count, sizeof *corrections, correction_compare);
    status = store_lock_ledger(&work->self->store, work->tx, corrections, count, &rows, error);
    if (status != STATUS_OK)
        return status;
    for (size_t row = 0; row < postgres_result_rows(rows); row++) {
        const struct record *latest = latest_correction(corrections, count, rows, row);

        if (latest == NULL || latest->offset <= postgres_result_int8(rows, row, 4))
            continue;
        move_money(work, latest, rows, row);
        moves[moved++] = latest;
    }
    return store_recategorise(&work->self->store, work->tx, moves, moved, error);
}

static enum status apply_feedback(struct work *work, const struct ids *ids, struct error *error)
{
    OWNED(postgres_result) rows = NULL;
    enum status status;

    if (ids->count == 0)
        return STATUS_OK;
    status = add_new(work, ids, true, &rows, error);
    return status == STATUS_OK ? move_corrected(work, ids, error) : status;
}

/* ---- The descriptor ---- */

static enum status analytics_apply(void *state, struct postgres_tx *tx, const struct batch *batch,
                                   struct verdicts *verdicts, struct error *error)
{
    struct work work = {.self = state, .tx = tx, .batch = batch, .verdicts = verdicts};
    OWNED(postgres_result) months = NULL;
    struct ids outputs, feedback;
    enum status status;

    hot_forget(&work.self->hot);
    /* A correction moves money twice, a transaction once. */
    if (!sum_sets_init(&work.sums, batch->arena, 2 * batch->count) ||
        !ids_init(&outputs, batch->arena, batch, is_output) ||
        !ids_init(&feedback, batch->arena, batch, is_feedback))
        return arena_no_room(error);
    categories_reject(batch, verdicts);
    if ((status = apply_transactions(&work, &outputs, error)) != STATUS_OK ||
        (status = apply_feedback(&work, &feedback, error)) != STATUS_OK)
        return status;
    sum_sets_fold(&work.sums);
    if (work.sums.days.count == 0 && work.sums.months.count == 0 && work.sums.hours.count == 0)
        return STATUS_OK;
    status = store_add_sums(&work.self->store, tx, &work.sums, &months, error);
    if (status == STATUS_OK)
        status = budget_tell(&work.self->budget, tx, &work.sums.months, batch->arena,
                             batch->now.wall_us, error);
    if (status == STATUS_OK)
        hot_note(&work.self->hot, batch, months);
    return status;
}

static enum status analytics_open(void *state, const struct sink_context *context,
                                  struct error *error)
{
    struct analytics *self = state;

    (void)error;
    if (self->hot.redis != NULL) /* opened before, and tried again */
        return STATUS_OK;
    store_init(&self->store);
    budget_init(&self->budget);
    hot_init(&self->hot, context, &self->store);
    return STATUS_OK;
}

static void analytics_committed(void *state, const struct batch *batch,
                                const struct verdicts *verdicts)
{
    struct analytics *self = state;

    (void)batch;
    (void)verdicts;
    hot_write(&self->hot);
}

static void analytics_close(void *state)
{
    struct analytics *self = state;

    store_done(&self->store);
    budget_done(&self->budget);
    hot_done(&self->hot);
}

static const struct input inputs[] = {
    {"classifications", INPUT_CLASSIFICATIONS},
    {"feedback", INPUT_FEEDBACK},
};

const struct sink analytics_sink = {
    .name = "analytics",
    .inputs = inputs,
    .input_count = sizeof inputs / sizeof inputs[0],
    .state_size = sizeof(struct analytics),
    .uses_redis = true,
    .keeps_rejects = true,
    .open = analytics_open,
    .apply = analytics_apply,
    .committed = analytics_committed,
    .close = analytics_close,
};
