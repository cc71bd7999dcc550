#include "consumers/learner/store.h"

#include "common/base/must.h"

enum { COLUMN_BYTES = 32 * 1024 * 1024 };

static const struct postgres_statement shown_statement = {
    .name = "shown_add",
    .sql = "INSERT INTO shown (user_key, id_hash, source_offset, amount_minor, occurred_at,"
           "  partition, mcc, confidence, currency, category, event_id, merchant, description)"
           " SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
           " ON CONFLICT DO NOTHING RETURNING user_key, id_hash",
    .types = {POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY,
              POSTGRES_TIMESTAMPTZ_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_INT4_ARRAY,
              POSTGRES_FLOAT8_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY,
              POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY},
};
enum { SHOWN_COLUMNS = 13 };

/* What would wait for its transaction beside PARKED_MAX others is left out. LIMIT 1 makes each
 * look-up one of an index, however small the planner believes the tables to be. */
#define PARKED_MAX "256"
static const struct postgres_statement parked_statement = {
    .name = "lessons_add",
    .sql = "INSERT INTO lessons (user_key, feedback_hash, transaction_hash, source_offset,"
           "  partition, rating, kind, category, feedback_id, transaction_id)"
           " SELECT n.user_key, feedback_hash, n.transaction_hash, source_offset, partition,"
           "  rating, kind, category, feedback_id, n.transaction_id"
           " FROM (SELECT said.*, row_number() OVER (PARTITION BY said.user_key,"
           "   said.transaction_hash ORDER BY said.source_offset) AS place"
           "  FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS said (user_key,"
           "   feedback_hash, transaction_hash, source_offset, partition, rating, kind, category,"
           "   feedback_id, transaction_id)"
           "  LEFT JOIN LATERAL (SELECT true AS known FROM lessons AS l"
           "   WHERE l.user_key = said.user_key AND l.feedback_hash = said.feedback_hash LIMIT 1)"
           "   AS old ON true WHERE known IS NULL) AS n"
           " LEFT JOIN LATERAL (SELECT true AS met FROM shown WHERE shown.user_key = n.user_key"
           "  AND id_hash = n.transaction_hash AND event_id = n.transaction_id LIMIT 1) AS s"
           "  ON true"
           " WHERE met OR (place <= " PARKED_MAX " AND place + (SELECT count(*) FROM lessons AS l"
           "  WHERE l.user_key = n.user_key AND l.transaction_hash = n.transaction_hash"
           "   AND NOT learnt) <= " PARKED_MAX ")"
           " ON CONFLICT DO NOTHING RETURNING user_key, feedback_hash",
    .types = {POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY,
              POSTGRES_INT4_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY,
              POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY},
};
enum { PARKED_COLUMNS = 10 };

#define PAIR_TYPES                                                                                 \
    {                                                                                              \
        POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY                                                   \
    }
enum { PAIR_COLUMNS = 2 };

static const struct postgres_statement shown_ids_statement = {
    .name = "shown_ids",
    .sql = "SELECT shown.user_key, id_hash, event_id FROM unnest($1, $2) AS asked (user_key, hash)"
           " JOIN shown ON shown.user_key = asked.user_key AND id_hash = hash",
    .types = PAIR_TYPES,
};
static const struct postgres_statement said_ids_statement = {
    .name = "lessons_ids",
    .sql = "SELECT lessons.user_key, feedback_hash, feedback_id"
           " FROM unnest($1, $2) AS asked (user_key, hash)"
           " JOIN lessons ON lessons.user_key = asked.user_key AND feedback_hash = hash",
    .types = PAIR_TYPES,
};
static const struct postgres_statement find_statement = {
    .name = "lessons_find",
    .sql = "SELECT l.user_key, u.tenant_key, l.partition, l.transaction_hash, l.feedback_hash,"
           "  l.source_offset, l.kind, l.rating, l.category, s.category, s.merchant,"
           "  s.description, s.currency, s.amount_minor, s.mcc, s.occurred_at"
           " FROM (SELECT DISTINCT * FROM unnest($1, $2)) AS asked (user_key, hash)"
           " JOIN lessons AS l ON l.user_key = asked.user_key AND l.transaction_hash = hash"
           "  AND NOT l.learnt"
           " JOIN shown AS s ON s.user_key = l.user_key AND s.id_hash = l.transaction_hash"
           "  AND s.event_id = l.transaction_id"
           " JOIN users AS u ON u.user_key = l.user_key LIMIT $3",
    .types = {POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8},
};
/* Of a batch at once: a record has a lesson as a rule, and PARKED_MAX at most. */
enum { LESSONS_MIN = 300, LESSONS_A_RECORD = 4 };
static const struct postgres_statement learnt_statement = {
    .name = "lessons_learnt",
    .sql = "UPDATE lessons SET learnt = true FROM unnest($1, $2) AS done (user_key, hash)"
           " WHERE lessons.user_key = done.user_key AND feedback_hash = hash",
    .types = PAIR_TYPES,
};

static const struct postgres_statement counters_statement = {
    .name = "counters_raise",
    .sql = "INSERT INTO weight_counters AS old (partition, last)"
           " SELECT * FROM unnest($1, $2)"
           " ON CONFLICT (partition) DO UPDATE SET last = old.last + excluded.last"
           " RETURNING partition, last",
    .types = {POSTGRES_INT4_ARRAY, POSTGRES_INT8_ARRAY},
};
enum { COUNTER_COLUMNS = 2 };

static const struct postgres_statement states_statement = {
    .name = "weights_read",
    .sql = "SELECT user_key, tenant, user_id, state FROM users JOIN tenants USING (tenant_key)"
           " LEFT JOIN weights USING (user_key) WHERE user_key = ANY ($1)",
    .types = {POSTGRES_INT8_ARRAY},
};

static const struct postgres_statement weights_statement = {
    .name = "weights_write",
    .sql = "INSERT INTO weights (user_key, partition, number, state)"
           " SELECT * FROM unnest($1, $2, $3, $4)"
           " ON CONFLICT (user_key) DO UPDATE SET partition = excluded.partition,"
           "  number = excluded.number, state = excluded.state",
    .types = {POSTGRES_INT8_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_BYTEA_ARRAY},
};
enum { WEIGHT_COLUMNS = 4 };

static const struct postgres_statement audit_statement = {
    .name = "audit_write",
    .sql = "INSERT INTO weight_audit (partition, number, user_key, transaction_hash, feedback_hash,"
           "  source_offset, add_before, add_after, take_before, take_after, learnt_at)"
           " SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    .types = {POSTGRES_INT4_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY,
              POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_INT4_ARRAY,
              POSTGRES_INT4_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_TIMESTAMPTZ_ARRAY},
};
enum { AUDIT_COLUMNS = 11 };

static const struct postgres_statement counts_statement = {
    .name = "counts_add",
    .sql = "INSERT INTO merchant_counts AS old"
           "  (tenant_key, subject, category, partition, units, number)"
           " SELECT * FROM unnest($1, $2, $3, $4, $5, $6)"
           " ON CONFLICT (tenant_key, subject, category, partition) DO UPDATE SET"
           "  units = old.units + excluded.units, number = excluded.number",
    .types = {POSTGRES_INT4_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_INT4_ARRAY,
              POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY},
};
enum { COUNT_COLUMNS = 6 };

void store_init(struct store *store)
{
    postgres_arrays_init(store->shown, &shown_statement, COLUMN_BYTES);
    postgres_arrays_init(store->parked, &parked_statement, COLUMN_BYTES);
    postgres_arrays_init(store->pairs, &learnt_statement, COLUMN_BYTES);
    postgres_arrays_init(store->counters, &counters_statement, COLUMN_BYTES);
    postgres_arrays_init(store->weights, &weights_statement, COLUMN_BYTES);
    postgres_arrays_init(store->audit, &audit_statement, COLUMN_BYTES);
    postgres_arrays_init(store->counts, &counts_statement, COLUMN_BYTES);
}

void store_done(struct store *store)
{
    postgres_arrays_done(store->shown, SHOWN_COLUMNS);
    postgres_arrays_done(store->parked, PARKED_COLUMNS);
    postgres_arrays_done(store->pairs, PAIR_COLUMNS);
    postgres_arrays_done(store->counters, COUNTER_COLUMNS);
    postgres_arrays_done(store->weights, WEIGHT_COLUMNS);
    postgres_arrays_done(store->audit, AUDIT_COLUMNS);
    postgres_arrays_done(store->counts, COUNT_COLUMNS);
}

/* ---- What was shown and said ---- */

static void shown_append(struct postgres_array *column, const struct record *record)
{
    const struct classification *output = record->classification;
    const struct transaction *event = output->transaction;

    postgres_array_append_int8(column++, record->user_key);
    postgres_array_append_int8(column++, record->id_hash);
    postgres_array_append_int8(column++, record->range.to);
    postgres_array_append_int8(column++, event->amount_minor);
    postgres_array_append_timestamptz(column++, event->occurred_at);
    postgres_array_append_int4(column++, record->partition);
    postgres_array_append_int4(column++, event->mcc);
    postgres_array_append_float8(column++, (double)output->confidence);
    postgres_array_append_text(column++, event->currency);
    postgres_array_append_text(column++, output->category);
    postgres_array_append_text(column++, event->id);
    postgres_array_append_text(column++, event->merchant);
    postgres_array_append_text(column,
                               event->merchant.size == 0 ? event->description : SLICE_LITERAL(""));
}

static void parked_append(struct postgres_array *column, const struct record *record)
{
    const struct feedback *event = record->feedback;

    postgres_array_append_int8(column++, record->user_key);
    postgres_array_append_int8(column++, record->id_hash);
    postgres_array_append_int8(column++, record->transaction_hash);
    postgres_array_append_int8(column++, record->offset);
    postgres_array_append_int4(column++, record->partition);
    postgres_array_append_int4(column++, event->rating);
    postgres_array_append_text(column++, slice_of(feedback_kind_name(event->kind)));
    postgres_array_append_text(column++, event->category);
    postgres_array_append_text(column++, event->id);
    postgres_array_append_text(column, event->transaction_id);
}

enum status store_add(struct store *store, struct postgres_tx *tx, bool said,
                      const struct record *const *records, size_t count,
                      struct postgres_result **ret_new, struct error *error)
{
    struct postgres_array *columns = said ? store->parked : store->shown;
    size_t column_count = said ? PARKED_COLUMNS : SHOWN_COLUMNS;
    struct postgres_value values[STORE_COLUMNS];

    postgres_arrays_reset(columns, column_count);
    for (size_t i = 0; i < count; i++)
        (said ? parked_append : shown_append)(columns, records[i]);
    postgres_arrays_values(columns, column_count, values);
    return postgres_tx_run(tx, said ? &parked_statement : &shown_statement, values, ret_new, error);
}

static void pairs_values(struct store *store, struct postgres_value *ret_values)
{
    postgres_arrays_values(store->pairs, PAIR_COLUMNS, ret_values);
}

static void pairs_append(struct store *store, int64_t user_key, int64_t hash)
{
    postgres_array_append_int8(&store->pairs[0], user_key);
    postgres_array_append_int8(&store->pairs[1], hash);
}

enum status store_ids(struct store *store, struct postgres_tx *tx, bool said,
                      const struct record *const *records, size_t count,
                      struct postgres_result **ret_ids, struct error *error)
{
    struct postgres_value values[PAIR_COLUMNS];

    postgres_arrays_reset(store->pairs, PAIR_COLUMNS);
    for (size_t i = 0; i < count; i++)
        pairs_append(store, records[i]->user_key, records[i]->id_hash);
    pairs_values(store, values);
    return postgres_tx_run(tx, said ? &said_ids_statement : &shown_ids_statement, values, ret_ids,
                           error);
}

/* ---- Learning ---- */

static enum engine_feedback kind_of(struct slice text)
{
    if (slice_equal(text, SLICE_LITERAL("correction")))
        return ENGINE_CORRECTION;
    return slice_equal(text, SLICE_LITERAL("rating")) ? ENGINE_RATING : ENGINE_CONFIRMATION;
}

static struct lesson lesson_of(const struct postgres_result *rows, size_t row)
{
    return (struct lesson){
        .user_key = postgres_result_int8(rows, row, 0),
        .tenant_key = postgres_result_int4(rows, row, 1),
        .partition = postgres_result_int4(rows, row, 2),
        .transaction_hash = postgres_result_int8(rows, row, 3),
        .feedback_hash = postgres_result_int8(rows, row, 4),
        .source_offset = postgres_result_int8(rows, row, 5),
        .kind = kind_of(postgres_result_text(rows, row, 6)),
        .rating = postgres_result_int4(rows, row, 7),
        .said = postgres_result_text(rows, row, 8),
        .shown = postgres_result_text(rows, row, 9),
        .input = {.merchant = postgres_result_text(rows, row, 10),
                  .description = postgres_result_text(rows, row, 11),
                  .currency = postgres_result_text(rows, row, 12),
                  .amount_minor = postgres_result_int8(rows, row, 13),
                  .mcc = postgres_result_int4(rows, row, 14),
                  .occurred_us = postgres_result_timestamptz(rows, row, 15)},
    };
}

enum status store_find_lessons(struct store *store, struct postgres_tx *tx,
                               const struct batch *batch, struct lessons *lessons,
                               struct postgres_result **ret_rows, struct error *error)
{
    const size_t most = LESSONS_MIN + LESSONS_A_RECORD * batch->count;
    struct postgres_value values[PAIR_COLUMNS + 1];
    enum status status;

    postgres_arrays_reset(store->pairs, PAIR_COLUMNS);
    for (size_t i = 0; i < batch->count; i++)
        pairs_append(store, batch->records[i].user_key, batch->records[i].transaction_hash);
    pairs_values(store, values);
    values[PAIR_COLUMNS] = postgres_int8((int64_t)most + 1);
    if ((status = postgres_tx_run(tx, &find_statement, values, ret_rows, error)) != STATUS_OK)
        return status;
    *lessons = (struct lessons){.count = postgres_result_rows(*ret_rows)};
    if (lessons->count > most)
        return arena_no_room(error);
    lessons->items = arena_alloc(batch->arena, lessons->count * sizeof *lessons->items);
    if (lessons->items == NULL)
        return arena_no_room(error);
    for (size_t row = 0; row < lessons->count; row++)
        lessons->items[row] = lesson_of(*ret_rows, row);
    return STATUS_OK;
}

static enum status raise_counters(struct store *store, struct postgres_tx *tx,
                                  struct lessons *lessons, struct error *error)
{
    struct postgres_value values[COUNTER_COLUMNS];
    OWNED(postgres_result) rows = NULL;
    enum status status;

    postgres_arrays_reset(store->counters, COUNTER_COLUMNS);
    for (size_t i = 0; i < lessons->partition_count; i++) {
        postgres_array_append_int4(&store->counters[0], lessons->partitions[i].partition);
        postgres_array_append_int8(&store->counters[1], lessons->partitions[i].changes);
    }
    postgres_arrays_values(store->counters, COUNTER_COLUMNS, values);
    status = postgres_tx_run(tx, &counters_statement, values, &rows, error);
    for (size_t row = 0; status == STATUS_OK && row < postgres_result_rows(rows); row++)
        for (size_t i = 0; i < lessons->partition_count; i++)
            if (lessons->partitions[i].partition == postgres_result_int4(rows, row, 0))
                lessons->partitions[i].last = postgres_result_int8(rows, row, 1);
    return status;
}

enum status store_start_learning(struct store *store, struct postgres_tx *tx,
                                 struct lessons *lessons, struct postgres_result **ret_states,
                                 struct error *error)
{
    struct postgres_value value;
    enum status status = raise_counters(store, tx, lessons, error);

    if (status != STATUS_OK)
        return status;
    postgres_arrays_reset(store->pairs, PAIR_COLUMNS);
    for (size_t i = 0; i < lessons->pupil_count; i++)
        postgres_array_append_int8(&store->pairs[0], lessons->pupils[i].user_key);
    value = postgres_array_value(&store->pairs[0]);
    if ((status = postgres_tx_run(tx, &states_statement, &value, ret_states, error)) != STATUS_OK)
        return status;
    for (size_t row = 0; row < postgres_result_rows(*ret_states); row++) {
        struct pupil *pupil = lessons_pupil(lessons, postgres_result_int8(*ret_states, row, 0));

        MUST(pupil != NULL);
        pupil->tenant = postgres_result_text(*ret_states, row, 1);
        pupil->user = postgres_result_text(*ret_states, row, 2);
        pupil->old_state = postgres_result_bytea(*ret_states, row, 3);
    }
    return STATUS_OK;
}

static enum status write_weights(struct store *store, struct postgres_tx *tx,
                                 const struct lessons *lessons, struct error *error)
{
    struct postgres_value values[WEIGHT_COLUMNS];

    postgres_arrays_reset(store->weights, WEIGHT_COLUMNS);
    for (size_t i = 0; i < lessons->pupil_count; i++) {
        const struct pupil *pupil = &lessons->pupils[i];

        postgres_array_append_int8(&store->weights[0], pupil->user_key);
        postgres_array_append_int4(&store->weights[1], pupil->partition);
        postgres_array_append_int8(&store->weights[2], pupil->number);
        postgres_array_append_bytea(&store->weights[3], pupil->state);
    }
    postgres_arrays_values(store->weights, WEIGHT_COLUMNS, values);
    return postgres_tx_post(tx, &weights_statement, values, error);
}

static void audit_append(struct postgres_array *column, const struct lesson *lesson, int64_t now_us)
{
    postgres_array_append_int4(column++, lesson->partition);
    postgres_array_append_int8(column++, lesson->number);
    postgres_array_append_int8(column++, lesson->user_key);
    postgres_array_append_int8(column++, lesson->transaction_hash);
    postgres_array_append_int8(column++, lesson->feedback_hash);
    postgres_array_append_int8(column++, lesson->source_offset);
    postgres_array_append_int4(column++, lesson->step.add_before);
    postgres_array_append_int4(column++, lesson->step.add_after);
    postgres_array_append_int4(column++, lesson->step.take_before);
    postgres_array_append_int4(column++, lesson->step.take_after);
    postgres_array_append_timestamptz(column, now_us);
}

static enum status write_audit(struct store *store, struct postgres_tx *tx,
                               const struct lessons *lessons, int64_t now_us, struct error *error)
{
    struct postgres_value values[AUDIT_COLUMNS];
    enum status status;

    postgres_arrays_reset(store->audit, AUDIT_COLUMNS);
    postgres_arrays_reset(store->pairs, PAIR_COLUMNS);
    for (size_t i = 0; i < lessons->count; i++) {
        audit_append(store->audit, &lessons->items[i], now_us);
        pairs_append(store, lessons->items[i].user_key, lessons->items[i].feedback_hash);
    }
    postgres_arrays_values(store->audit, AUDIT_COLUMNS, values);
    if ((status = postgres_tx_post(tx, &audit_statement, values, error)) != STATUS_OK)
        return status;
    pairs_values(store, values);
    return postgres_tx_post(tx, &learnt_statement, values, error);
}

static enum status write_counts(struct store *store, struct postgres_tx *tx,
                                const struct lessons *lessons, struct error *error)
{
    struct postgres_value values[COUNT_COLUMNS];

    if (lessons->change_count == 0)
        return STATUS_OK;
    postgres_arrays_reset(store->counts, COUNT_COLUMNS);
    for (size_t i = 0; i < lessons->change_count; i++) {
        const struct count_change *change = &lessons->changes[i];

        postgres_array_append_int4(&store->counts[0], change->tenant_key);
        postgres_array_append_int8(&store->counts[1], (int64_t)change->subject);
        postgres_array_append_text(&store->counts[2], change->category);
        postgres_array_append_int4(&store->counts[3], change->partition);
        postgres_array_append_int8(&store->counts[4], change->units);
        postgres_array_append_int8(&store->counts[5], change->number);
    }
    postgres_arrays_values(store->counts, COUNT_COLUMNS, values);
    return postgres_tx_post(tx, &counts_statement, values, error);
}

enum status store_finish_learning(struct store *store, struct postgres_tx *tx,
                                  const struct lessons *lessons, int64_t now_us,
                                  struct error *error)
{
    enum status status;

    if ((status = write_weights(store, tx, lessons, error)) != STATUS_OK ||
        (status = write_audit(store, tx, lessons, now_us, error)) != STATUS_OK)
        return status;
    return write_counts(store, tx, lessons, error);
}
