#include "consumers/notifier/sender/store.h"

enum { COLUMN_BYTES = 8 * 1024 * 1024 };

#define UNDEFINED_TABLE "42P01" /* SQLSTATE */

/* The endpoints with rows that wait, whenever they are due: steps from one to the next in the
 * index, so it costs by endpoints and not by rows. */
#define BUSY                                                                                       \
    "WITH RECURSIVE busy AS ("                                                                     \
    " (SELECT endpoint_id FROM outbox WHERE state = 'due' ORDER BY endpoint_id LIMIT 1)"           \
    " UNION ALL"                                                                                   \
    " SELECT (SELECT outbox.endpoint_id FROM outbox"                                               \
    "  WHERE state = 'due' AND outbox.endpoint_id > busy.endpoint_id"                              \
    "  ORDER BY outbox.endpoint_id LIMIT 1)"                                                       \
    " FROM busy WHERE busy.endpoint_id IS NOT NULL)"

static const struct postgres_statement schema_statement = {
    .name = "sender_schema",
    .sql = "SELECT schema_version FROM meta",
    .once = true,
};

/* Each endpoint gives what it has room for, so one with a long queue keeps none from another. */
static const struct postgres_statement lease_statement = {
    .name = "sender_lease",
    .sql = BUSY
    ", taken AS ("
    " SELECT due.id FROM busy JOIN endpoints USING (endpoint_id)"
    " JOIN unnest($1::text[], $2::int4[]) AS channels (channel, slots) USING (channel)"
    " LEFT JOIN unnest($3::uuid[], $4::int4[]) AS limits (endpoint_id, slots) USING (endpoint_id)"
    " CROSS JOIN LATERAL (SELECT id, due_at FROM outbox"
    "  WHERE outbox.endpoint_id = busy.endpoint_id AND state = 'due' AND due_at <= now()"
    "  ORDER BY due_at LIMIT coalesce(limits.slots, channels.slots)"
    "  FOR UPDATE SKIP LOCKED) AS due"
    " WHERE disabled_at IS NULL ORDER BY due.due_at LIMIT $5"
    "), leased AS ("
    " UPDATE outbox SET lease = $6, due_at = now() + $7 * interval '1 millisecond',"
    "  attempts = attempts + 1"
    " FROM taken WHERE outbox.id = taken.id RETURNING outbox.*)"
    " SELECT leased.id, endpoint_id, channel, tenant, user_id, payload, url, secret,"
    "  previous_secret, allow_private, attempts, leased.created_at"
    " FROM leased JOIN endpoints USING (endpoint_id)"
    " JOIN users USING (user_key) JOIN tenants ON tenants.tenant_key = leased.tenant_key",
    .types = {POSTGRES_TEXT_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_UUID_ARRAY, POSTGRES_INT4_ARRAY,
              POSTGRES_INT8, POSTGRES_UUID, POSTGRES_INT8},
};
enum { LEASE_PARAMETERS = 7 };

static const struct postgres_statement gone_statement = {
    .name = "sender_gone",
    .sql = "UPDATE endpoints SET disabled_at = now(), disabled_reason = '410 Gone'"
           " WHERE endpoint_id = ANY ($1) AND disabled_at IS NULL",
    .types = {POSTGRES_UUID_ARRAY},
};

/* The log takes every attempt that was made, whoever owns the row by now. */
static const struct postgres_statement mark_statement = {
    .name = "sender_mark",
    .sql = "WITH told AS (SELECT * FROM"
           " unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
           "  AS told (id, lease, state, delay_ms, status, attempt, elapsed_ms, tried, outcome,"
           "   detail)),"
           " logged AS (INSERT INTO deliveries"
           "  (outbox_id, attempt, status, elapsed_ms, outcome, detail)"
           "  SELECT id, attempt, status, elapsed_ms, outcome, detail FROM told WHERE tried)"
           " UPDATE outbox SET state = told.state, lease = NULL, last_status = told.status,"
           "  attempts = attempts - CASE WHEN tried THEN 0 ELSE 1 END,"
           "  due_at = CASE WHEN told.state = 'due'"
           "   THEN now() + delay_ms * interval '1 millisecond' ELSE due_at END,"
           "  done_at = CASE WHEN told.state = 'due' THEN NULL ELSE now() END"
           " FROM told WHERE outbox.id = told.id AND outbox.lease = told.lease"
           " RETURNING outbox.id",
    .types = {POSTGRES_UUID_ARRAY, POSTGRES_UUID_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_INT8_ARRAY,
              POSTGRES_INT4_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_BOOL_ARRAY,
              POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY},
};

static const struct postgres_statement oldest_statement = {
    .name = "sender_oldest",
    .sql =
        BUSY " SELECT coalesce(extract(epoch FROM now() - min(first.due_at)), 0)::float8"
             " FROM busy JOIN endpoints USING (endpoint_id)"
             " CROSS JOIN LATERAL (SELECT due_at FROM outbox"
             "  WHERE outbox.endpoint_id = busy.endpoint_id AND state = 'due' AND due_at <= now()"
             "  ORDER BY due_at LIMIT 1) AS first"
             " WHERE disabled_at IS NULL",
};

static const struct postgres_statement prune_statement = {
    .name = "sender_prune",
    .sql = "DELETE FROM deliveries WHERE ctid = ANY (ARRAY("
           "SELECT ctid FROM deliveries WHERE at < now() - $1 * interval '1 millisecond'"
           " ORDER BY at LIMIT 10000 FOR UPDATE SKIP LOCKED))",
    .types = {POSTGRES_INT8},
};

static void channels_fill(struct postgres_array *columns)
{
    for (size_t i = 0; i < CHANNELS; i++) {
        postgres_array_append_text(&columns[0], slice_of(channels[i]->name));
        postgres_array_append_int4(&columns[1], (int32_t)channels[i]->per_endpoint);
    }
}

void store_init(struct store *store)
{
    postgres_arrays_init(store->marks, &mark_statement, COLUMN_BYTES);
    postgres_array_init(&store->channels[0], POSTGRES_TEXT_ARRAY, COLUMN_BYTES);
    postgres_array_init(&store->channels[1], POSTGRES_INT4_ARRAY, COLUMN_BYTES);
    postgres_array_init(&store->limits[0], POSTGRES_UUID_ARRAY, COLUMN_BYTES);
    postgres_array_init(&store->limits[1], POSTGRES_INT4_ARRAY, COLUMN_BYTES);
    postgres_array_init(&store->gone, POSTGRES_UUID_ARRAY, COLUMN_BYTES);
    channels_fill(store->channels);
}

void store_done(struct store *store)
{
    postgres_arrays_done(store->marks, STORE_MARK_COLUMNS);
    postgres_arrays_done(store->channels, STORE_CHANNEL_COLUMNS);
    postgres_arrays_done(store->limits, STORE_LIMIT_COLUMNS);
    postgres_array_done(&store->gone);
}

enum status store_check_schema(struct postgres *db, struct error *error)
{
    OWNED(postgres_result) result = NULL;
    enum status status = postgres_run(db, &schema_statement, NULL, &result, error);
    int32_t version;

    if (status != STATUS_OK && strcmp(error->code, UNDEFINED_TABLE) == 0) {
        error_clear(error);
        return error_set(error, STATUS_RETRY, "no schema yet: run `tributary init`");
    }
    if (status != STATUS_OK)
        return status;
    version = postgres_result_rows(result) == 1 ? postgres_result_int4(result, 0, 0) : 0;
    if (version < TRIBUTARY_SCHEMA_VERSION)
        return error_set(error, STATUS_RETRY,
                         "the database has schema version %d, this program needs %d: run `tributary"
                         " migrate`",
                         version, TRIBUTARY_SCHEMA_VERSION);
    if (version > TRIBUTARY_SCHEMA_VERSION)
        return error_set(error, STATUS_FATAL,
                         "the database has schema version %d, this program needs %d: use the same"
                         " release",
                         version, TRIBUTARY_SCHEMA_VERSION);
    return STATUS_OK;
}

void store_limits_reset(struct store *store)
{
    postgres_arrays_reset(store->limits, STORE_LIMIT_COLUMNS);
}

void store_limits_add(struct store *store, const struct crypto_uuid *endpoint, size_t slots)
{
    postgres_array_append_uuid(&store->limits[0], endpoint->bytes);
    postgres_array_append_int4(&store->limits[1], (int32_t)slots);
}

enum status store_lease(struct store *store, struct postgres *db, const uint8_t *lease,
                        int64_t lease_ms, size_t most, struct postgres_result **ret_rows,
                        struct error *error)
{
    const struct postgres_value values[LEASE_PARAMETERS] = {
        postgres_array_value(&store->channels[0]),
        postgres_array_value(&store->channels[1]),
        postgres_array_value(&store->limits[0]),
        postgres_array_value(&store->limits[1]),
        postgres_int8((int64_t)most),
        postgres_uuid(lease),
        postgres_int8(lease_ms),
    };

    return postgres_run(db, &lease_statement, values, ret_rows, error);
}

void store_marks_reset(struct store *store)
{
    postgres_arrays_reset(store->marks, STORE_MARK_COLUMNS);
    postgres_array_reset(&store->gone);
}

void store_marks_add(struct store *store, const struct mark *mark)
{
    struct postgres_array *column = store->marks;

    postgres_array_append_uuid(column++, mark->id.bytes);
    postgres_array_append_uuid(column++, mark->lease);
    postgres_array_append_text(column++, slice_of(mark->state));
    postgres_array_append_int8(column++, mark->delay_ms);
    postgres_array_append_int4(column++, mark->status);
    postgres_array_append_int4(column++, mark->attempt);
    postgres_array_append_int4(column++, (int32_t)mark->elapsed_ms);
    postgres_array_append_bool(column++, mark->outcome != NULL);
    postgres_array_append_text(column++, slice_of(mark->outcome != NULL ? mark->outcome : ""));
    postgres_array_append_text(column, slice_of(mark->detail));
    if (mark->gone)
        postgres_array_append_uuid(&store->gone, mark->endpoint.bytes);
}

enum status store_mark(struct store *store, struct postgres *db, struct postgres_result **ret_ids,
                       struct error *error)
{
    struct postgres_value values[STORE_MARK_COLUMNS];
    enum status status = STATUS_OK;

    if (store->gone.count > 0) {
        values[0] = postgres_array_value(&store->gone);
        status = postgres_run(db, &gone_statement, values, NULL, error);
    }
    if (status != STATUS_OK)
        return status;
    postgres_arrays_values(store->marks, STORE_MARK_COLUMNS, values);
    return postgres_run(db, &mark_statement, values, ret_ids, error);
}

enum status store_oldest_s(struct postgres *db, double *ret_age_s, struct error *error)
{
    OWNED(postgres_result) result = NULL;
    enum status status = postgres_run(db, &oldest_statement, NULL, &result, error);

    if (status == STATUS_OK)
        *ret_age_s = postgres_result_float8(result, 0, 0);
    return status;
}

enum status store_prune(struct postgres *db, int64_t keep_ms, struct error *error)
{
    const struct postgres_value value = postgres_int8(keep_ms);

    return postgres_run(db, &prune_statement, &value, NULL, error);
}
