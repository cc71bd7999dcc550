#include "consumers/analytics/store.h"

#include "common/base/timestamp.h"

enum { COLUMN_BYTES = 32 * 1024 * 1024 };

#define MICROSECONDS_A_HOUR INT64_C(3600000000)

static const struct postgres_statement ledger_statement = {
    .name = "ledger_add",
    .sql =
        "INSERT INTO ledger (user_key, id_hash, source_offset, amount_minor, occurred_at,"
        "  correction_offset, partition, category_key, classified_key, mcc, confidence,"
        "  currency, event_id, account, merchant, description)"
        " SELECT new.user_key, new.id_hash, new.source_offset, new.amount_minor, new.occurred_at,"
        "  coalesce(latest.source_offset, -1), new.partition,"
        "  coalesce(latest.category_key, new.category_key), new.category_key, new.mcc,"
        "  new.confidence, new.currency, new.event_id, new.account, new.merchant, new.description"
        " FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        "  AS new (user_key, id_hash, source_offset, amount_minor, occurred_at, partition,"
        "  category_key, mcc, confidence, currency, event_id, account, merchant, description)"
        " LEFT JOIN LATERAL ("
        "  SELECT category_key, source_offset FROM corrections"
        "  WHERE user_key = new.user_key AND transaction_hash = new.id_hash"
        "   AND kind = 'correction' AND transaction_id = new.event_id"
        "  ORDER BY source_offset DESC LIMIT 1) AS latest ON true"
        " ON CONFLICT DO NOTHING RETURNING user_key, id_hash, category_key",
    .types = {POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY,
              POSTGRES_TIMESTAMPTZ_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_INT4_ARRAY,
              POSTGRES_INT4_ARRAY, POSTGRES_FLOAT8_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY,
              POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY},
};
enum { LEDGER_COLUMNS = 14 };

static const struct postgres_statement corrections_statement = {
    .name = "corrections_add",
    .sql = "INSERT INTO corrections (user_key, feedback_hash, transaction_hash, source_offset,"
           "  received_at, partition, category_key, rating, kind, feedback_id, transaction_id)"
           " SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
           " ON CONFLICT DO NOTHING RETURNING user_key, feedback_hash",
    .types = {POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY,
              POSTGRES_TIMESTAMPTZ_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_INT4_ARRAY,
              POSTGRES_INT4_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY},
};
enum { CORRECTIONS_COLUMNS = 11 };

#define PAIRS "unnest($1, $2) AS asked (user_key, hash)"

static const struct postgres_statement ledger_ids_statement = {
    .name = "ledger_ids",
    .sql = "SELECT ledger.user_key, id_hash, event_id FROM " PAIRS
           " JOIN ledger ON ledger.user_key = asked.user_key AND id_hash = hash",
    .types = {POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY},
};
static const struct postgres_statement corrections_ids_statement = {
    .name = "corrections_ids",
    .sql = "SELECT corrections.user_key, feedback_hash, feedback_id FROM " PAIRS
           " JOIN corrections ON corrections.user_key = asked.user_key AND feedback_hash = hash",
    .types = {POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY},
};
static const struct postgres_statement lock_statement = {
    .name = "ledger_lock",
    .sql = "SELECT ledger.user_key, id_hash, event_id, category_key, correction_offset,"
           "  amount_minor, currency, occurred_at"
           " FROM (SELECT DISTINCT * FROM unnest($1, $2)) AS asked (user_key, hash)"
           " JOIN ledger ON ledger.user_key = asked.user_key AND id_hash = hash"
           " FOR UPDATE OF ledger",
    .types = {POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY},
};
enum { PAIRS_COLUMNS = 2 };

static const struct postgres_statement move_statement = {
    .name = "ledger_move",
    .sql = "UPDATE ledger SET category_key = moved.category_key,"
           "  correction_offset = moved.source_offset"
           " FROM unnest($1, $2, $3, $4) AS moved (user_key, hash, category_key, source_offset)"
           " WHERE ledger.user_key = moved.user_key AND id_hash = hash",
    .types = {POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_INT8_ARRAY},
};
enum { MOVE_COLUMNS = 4 };

/* Day and month sums share their parameters: only the period differs. */
#define USER_SUM_TYPES                                                                             \
    {                                                                                              \
        POSTGRES_INT8_ARRAY, POSTGRES_DATE_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_TEXT_ARRAY,        \
            POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY                                               \
    }

static const struct postgres_statement days_statement = {
    .name = "days_add",
    .sql =
        "INSERT INTO day_sums AS old (user_key, day, category_key, currency, sum_minor, events)"
        " SELECT * FROM unnest($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (user_key, day, category_key, currency) DO UPDATE SET"
        "  sum_minor = old.sum_minor + excluded.sum_minor, events = old.events + excluded.events",
    .types = USER_SUM_TYPES,
};
static const struct postgres_statement months_statement = {
    .name = "months_add",
    .sql = "WITH changed AS (INSERT INTO month_sums AS old"
           "  (user_key, month, category_key, currency, sum_minor, events)"
           " SELECT * FROM unnest($1, $2, $3, $4, $5, $6)"
           " ON CONFLICT (user_key, month, category_key, currency) DO UPDATE SET"
           "  sum_minor = old.sum_minor + excluded.sum_minor, events = old.events + excluded.events"
           " RETURNING user_key, month, category_key, currency, sum_minor, events)"
           " SELECT user_key, month, category, currency, sum_minor, events"
           " FROM changed JOIN categories USING (category_key) ORDER BY user_key, month",
    .types = USER_SUM_TYPES,
};
enum { USER_SUM_COLUMNS = 6 };

/* OFFSET 0 makes it an index look-up a month, however small the planner believes the table to be.
 */
static const struct postgres_statement read_months_statement = {
    .name = "months_read",
    .sql = "SELECT asked.user_key, asked.month, category, currency, sum_minor, events"
           " FROM unnest($1, $2) AS asked (user_key, month)"
           " CROSS JOIN LATERAL (SELECT * FROM month_sums AS m WHERE m.user_key = asked.user_key"
           "  AND m.month = asked.month OFFSET 0) AS m JOIN categories USING (category_key)"
           " ORDER BY 1, 2",
    .types = {POSTGRES_INT8_ARRAY, POSTGRES_DATE_ARRAY},
};
enum { MONTH_COLUMNS = 2 };

static const struct postgres_statement hours_statement = {
    .name = "hours_add",
    .sql =
        "INSERT INTO tenant_hour_sums_by_partition AS old"
        "  (tenant_key, hour, category_key, currency, partition, sum_minor, events)"
        " SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (tenant_key, hour, category_key, currency, partition) DO UPDATE SET"
        "  sum_minor = old.sum_minor + excluded.sum_minor, events = old.events + excluded.events",
    .types = {POSTGRES_INT4_ARRAY, POSTGRES_TIMESTAMPTZ_ARRAY, POSTGRES_INT4_ARRAY,
              POSTGRES_TEXT_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY},
};
enum { HOUR_COLUMNS = 7 };

void store_init(struct store *store)
{
    postgres_arrays_init(store->ledger, &ledger_statement, COLUMN_BYTES);
    postgres_arrays_init(store->corrections, &corrections_statement, COLUMN_BYTES);
    postgres_arrays_init(store->pairs, &lock_statement, COLUMN_BYTES);
    postgres_arrays_init(store->moves, &move_statement, COLUMN_BYTES);
    postgres_arrays_init(store->users, &days_statement, COLUMN_BYTES);
    postgres_arrays_init(store->tenants, &hours_statement, COLUMN_BYTES);
}

void store_done(struct store *store)
{
    postgres_arrays_done(store->ledger, LEDGER_COLUMNS);
    postgres_arrays_done(store->corrections, CORRECTIONS_COLUMNS);
    postgres_arrays_done(store->pairs, PAIRS_COLUMNS);
    postgres_arrays_done(store->moves, MOVE_COLUMNS);
    postgres_arrays_done(store->users, USER_SUM_COLUMNS);
    postgres_arrays_done(store->tenants, HOUR_COLUMNS);
}

static void ledger_append(struct postgres_array *column, const struct record *record)
{
    const struct classification *output = record->classification;
    const struct transaction *event = output->transaction;

    postgres_array_append_int8(column++, record->user_key);
    postgres_array_append_int8(column++, record->id_hash);
    postgres_array_append_int8(column++, record->range.to);
    postgres_array_append_int8(column++, event->amount_minor);
    postgres_array_append_timestamptz(column++, event->occurred_at);
    postgres_array_append_int4(column++, record->partition);
    postgres_array_append_int4(column++, record->category_key);
    postgres_array_append_int4(column++, event->mcc);
    postgres_array_append_float8(column++, (double)output->confidence);
    postgres_array_append_text(column++, event->currency);
    postgres_array_append_text(column++, event->id);
    postgres_array_append_text(column++, event->account);
    postgres_array_append_text(column++, event->merchant);
    postgres_array_append_text(column, event->description);
}

enum status store_add_ledger(struct store *store, struct postgres_tx *tx,
                             const struct record *const *records, size_t count,
                             struct postgres_result **ret_new, struct error *error)
{
    struct postgres_value values[LEDGER_COLUMNS];

    postgres_arrays_reset(store->ledger, LEDGER_COLUMNS);
    for (size_t i = 0; i < count; i++)
        ledger_append(store->ledger, records[i]);
    postgres_arrays_values(store->ledger, LEDGER_COLUMNS, values);
    return postgres_tx_run(tx, &ledger_statement, values, ret_new, error);
}

static void corrections_append(struct postgres_array *column, const struct record *record)
{
    const struct feedback *event = record->feedback;

    postgres_array_append_int8(column++, record->user_key);
    postgres_array_append_int8(column++, record->id_hash);
    postgres_array_append_int8(column++, record->transaction_hash);
    postgres_array_append_int8(column++, record->offset);
    postgres_array_append_timestamptz(column++, event->received_at);
    postgres_array_append_int4(column++, record->partition);
    postgres_array_append_int4(column++, record->category_key);
    postgres_array_append_int4(column++, event->rating);
    postgres_array_append_text(column++, slice_of(feedback_kind_name(event->kind)));
    postgres_array_append_text(column++, event->id);
    postgres_array_append_text(column, event->transaction_id);
}

enum status store_add_corrections(struct store *store, struct postgres_tx *tx,
                                  const struct record *const *records, size_t count,
                                  struct postgres_result **ret_new, struct error *error)
{
    struct postgres_value values[CORRECTIONS_COLUMNS];

    postgres_arrays_reset(store->corrections, CORRECTIONS_COLUMNS);
    for (size_t i = 0; i < count; i++)
        corrections_append(store->corrections, records[i]);
    postgres_arrays_values(store->corrections, CORRECTIONS_COLUMNS, values);
    return postgres_tx_run(tx, &corrections_statement, values, ret_new, error);
}

enum status store_ids(struct store *store, struct postgres_tx *tx, bool of_feedback,
                      const struct record *const *records, size_t count,
                      struct postgres_result **ret_ids, struct error *error)
{
    struct postgres_value values[PAIRS_COLUMNS];

    postgres_arrays_reset(store->pairs, PAIRS_COLUMNS);
    for (size_t i = 0; i < count; i++) {
        postgres_array_append_int8(&store->pairs[0], records[i]->user_key);
        postgres_array_append_int8(&store->pairs[1], records[i]->id_hash);
    }
    postgres_arrays_values(store->pairs, PAIRS_COLUMNS, values);
    return postgres_tx_run(tx, of_feedback ? &corrections_ids_statement : &ledger_ids_statement,
                           values, ret_ids, error);
}

enum status store_lock_ledger(struct store *store, struct postgres_tx *tx,
                              const struct record *const *records, size_t count,
                              struct postgres_result **ret_rows, struct error *error)
{
    struct postgres_value values[PAIRS_COLUMNS];

    postgres_arrays_reset(store->pairs, PAIRS_COLUMNS);
    for (size_t i = 0; i < count; i++) {
        postgres_array_append_int8(&store->pairs[0], records[i]->user_key);
        postgres_array_append_int8(&store->pairs[1], records[i]->transaction_hash);
    }
    postgres_arrays_values(store->pairs, PAIRS_COLUMNS, values);
    return postgres_tx_run(tx, &lock_statement, values, ret_rows, error);
}

enum status store_recategorise(struct store *store, struct postgres_tx *tx,
                               const struct record *const *corrections, size_t count,
                               struct error *error)
{
    struct postgres_value values[MOVE_COLUMNS];

    if (count == 0)
        return STATUS_OK;
    postgres_arrays_reset(store->moves, MOVE_COLUMNS);
    for (size_t i = 0; i < count; i++) {
        postgres_array_append_int8(&store->moves[0], corrections[i]->user_key);
        postgres_array_append_int8(&store->moves[1], corrections[i]->transaction_hash);
        postgres_array_append_int4(&store->moves[2], corrections[i]->category_key);
        postgres_array_append_int8(&store->moves[3], corrections[i]->offset);
    }
    postgres_arrays_values(store->moves, MOVE_COLUMNS, values);
    return postgres_tx_post(tx, &move_statement, values, error);
}

static int32_t first_day_of_month(int32_t month)
{
    return timestamp_days_of_date(month / 12, month % 12 + 1, 1);
}

static void user_sums_fill(struct store *store, const struct sums *sums, bool months,
                           struct postgres_value *ret_values)
{
    postgres_arrays_reset(store->users, USER_SUM_COLUMNS);
    for (size_t i = 0; i < sums->count; i++) {
        const struct sum *sum = &sums->items[i];
        int32_t day = months ? first_day_of_month(sum->period) : sum->period;

        postgres_array_append_int8(&store->users[0], sum->owner);
        postgres_array_append_date(&store->users[1], day);
        postgres_array_append_int4(&store->users[2], sum->category);
        postgres_array_append_text(&store->users[3], slice_of(sum->currency));
        postgres_array_append_int8(&store->users[4], sum->minor);
        postgres_array_append_int8(&store->users[5], sum->events);
    }
    postgres_arrays_values(store->users, USER_SUM_COLUMNS, ret_values);
}

static void hour_sums_fill(struct store *store, const struct sums *sums,
                           struct postgres_value *ret_values)
{
    postgres_arrays_reset(store->tenants, HOUR_COLUMNS);
    for (size_t i = 0; i < sums->count; i++) {
        const struct sum *sum = &sums->items[i];

        postgres_array_append_int4(&store->tenants[0], (int32_t)sum->owner);
        postgres_array_append_timestamptz(&store->tenants[1], sum->period * MICROSECONDS_A_HOUR);
        postgres_array_append_int4(&store->tenants[2], sum->category);
        postgres_array_append_text(&store->tenants[3], slice_of(sum->currency));
        postgres_array_append_int4(&store->tenants[4], sum->partition);
        postgres_array_append_int8(&store->tenants[5], sum->minor);
        postgres_array_append_int8(&store->tenants[6], sum->events);
    }
    postgres_arrays_values(store->tenants, HOUR_COLUMNS, ret_values);
}

enum status store_add_sums(struct store *store, struct postgres_tx *tx, const struct sum_sets *sets,
                           struct postgres_result **ret_months, struct error *error)
{
    struct postgres_value values[HOUR_COLUMNS];
    enum status status;

    user_sums_fill(store, &sets->days, false, values);
    if ((status = postgres_tx_post(tx, &days_statement, values, error)) != STATUS_OK)
        return status;
    hour_sums_fill(store, &sets->hours, values);
    if ((status = postgres_tx_post(tx, &hours_statement, values, error)) != STATUS_OK)
        return status;
    user_sums_fill(store, &sets->months, true, values);
    return postgres_tx_run(tx, &months_statement, values, ret_months, error);
}

enum status store_read_months(struct store *store, struct postgres *db,
                              const struct store_month *months, size_t count,
                              struct postgres_result **ret_months, struct error *error)
{
    struct postgres_value values[MONTH_COLUMNS];

    postgres_arrays_reset(store->users, MONTH_COLUMNS);
    for (size_t i = 0; i < count; i++) {
        postgres_array_append_int8(&store->users[0], months[i].user_key);
        postgres_array_append_date(&store->users[1], months[i].first_day);
    }
    postgres_arrays_values(store->users, MONTH_COLUMNS, values);
    return postgres_run(db, &read_months_statement, values, ret_months, error);
}
