#include "common/weights/changelog_store.h"

#include "common/postgres/array.h"

enum { COLUMN_BYTES = 64 * 1024 };

static const struct postgres_statement counters_statement = {
    .name = "changelog_counters",
    .sql = "SELECT partition, published, last FROM weight_counters WHERE partition = ANY ($1)",
    .types = {POSTGRES_INT4_ARRAY},
};

/* A range with two ends and LIMIT 1 make index look-ups of it, whatever the planner thinks of the
 * numbers. */
static const struct postgres_statement changes_statement = {
    .name = "changelog_changes",
    .sql = "SELECT asked.partition, number, coalesce(tenant, ''), coalesce(user_id, '')"
           " FROM unnest($1, $2, $3) AS asked (partition, above, up_to)"
           " CROSS JOIN LATERAL (SELECT max(number) AS number, user_key FROM weight_audit"
           "  WHERE weight_audit.partition = asked.partition AND number > above AND number <= up_to"
           "  GROUP BY user_key) AS changed"
           " LEFT JOIN LATERAL (SELECT tenant_key, user_id FROM users"
           "  WHERE users.user_key = changed.user_key LIMIT 1) AS named ON true"
           " LEFT JOIN LATERAL (SELECT tenant FROM tenants"
           "  WHERE tenants.tenant_key = named.tenant_key LIMIT 1) AS owner ON true",
    .types = {POSTGRES_INT4_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY},
};
static void set(struct changelog_span *span, int64_t published, int64_t last)
{
    span->published = published;
    span->last = last;
    if (span->above == CHANGELOG_SPAN_UNKNOWN)
        span->above = published;
}

static void set_from(struct changelog_span *spans, size_t count, const struct postgres_result *rows)
{
    for (size_t row = 0; row < postgres_result_rows(rows); row++)
        for (size_t i = 0; i < count; i++)
            if (spans[i].partition == postgres_result_int4(rows, row, 0))
                set(&spans[i], postgres_result_int8(rows, row, 1),
                    postgres_result_int8(rows, row, 2));
}

enum status changelog_store_counters(struct postgres *db, struct changelog_span *spans,
                                     size_t count, struct error *error)
{
    struct postgres_array asked;
    struct postgres_value value;
    OWNED(postgres_result) rows = NULL;
    enum status status;

    postgres_array_init(&asked, POSTGRES_INT4_ARRAY, COLUMN_BYTES);
    for (size_t i = 0; i < count; i++)
        postgres_array_append_int4(&asked, spans[i].partition);
    value = postgres_array_value(&asked);
    status = postgres_run(db, &counters_statement, &value, &rows, error);
    postgres_array_done(&asked);
    if (status == STATUS_OK)
        set_from(spans, count, rows);
    for (size_t i = 0; i < count; i++)
        if (spans[i].above == CHANGELOG_SPAN_UNKNOWN)
            spans[i].above = 0;
    return status;
}

enum status changelog_store_changes(struct postgres *db, const struct changelog_span *spans,
                                    size_t count, struct postgres_result **ret_rows,
                                    struct error *error)
{
    struct postgres_array columns[3];
    struct postgres_value values[3];
    enum status status = STATUS_OK;

    postgres_arrays_init(columns, &changes_statement, COLUMN_BYTES);
    for (size_t i = 0; i < count; i++)
        if (!spans[i].passed && spans[i].last > spans[i].above) {
            postgres_array_append_int4(&columns[0], spans[i].partition);
            postgres_array_append_int8(&columns[1], spans[i].above);
            postgres_array_append_int8(&columns[2], spans[i].last);
        }
    postgres_arrays_values(columns, 3, values);
    if (columns[0].count > 0)
        status = postgres_run(db, &changes_statement, values, ret_rows, error);
    postgres_arrays_done(columns, 3);
    return status;
}
