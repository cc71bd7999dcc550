#include "common/weights/counts.h"

#include "common/base/must.h"
#include "common/postgres/array.h"

#include <stdlib.h>

enum { COLUMN_BYTES = 64 * 1024 };

static const struct postgres_statement counters_statement = {
    .name = "counts_counters",
    .sql = "SELECT partition, last FROM weight_counters WHERE partition < 1024",
};

static const struct postgres_statement changed_statement = {
    .name = "counts_changed",
    .sql = "SELECT tenant, subject, category, sum(units)::int8"
           " FROM (SELECT DISTINCT tenant_key, subject, category"
           "  FROM unnest($1, $2) AS seen (partition, number)"
           "  JOIN merchant_counts AS changed ON changed.partition = seen.partition"
           "   AND changed.number > seen.number) AS which"
           " JOIN merchant_counts USING (tenant_key, subject, category)"
           " JOIN tenants USING (tenant_key)"
           " GROUP BY tenant, subject, category ORDER BY 4 DESC LIMIT $3",
    .types = {POSTGRES_INT4_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8},
};

/* Read before the changes, so that what comes in between is read again, not missed. */
static enum status read_counters(struct postgres *db, int64_t *ret_last, struct error *error)
{
    OWNED(postgres_result) rows = NULL;
    enum status status = postgres_run(db, &counters_statement, NULL, &rows, error);

    for (size_t row = 0; status == STATUS_OK && row < postgres_result_rows(rows); row++) {
        int32_t partition = postgres_result_int4(rows, row, 0);

        if (partition >= 0)
            ret_last[partition] = postgres_result_int8(rows, row, 1);
    }
    return status;
}

/* Only partitions with changes are asked for. */
static enum status ask(const struct counts_reader *reader, struct postgres *db, const int64_t *last,
                       struct postgres_result **ret_rows, struct error *error)
{
    struct postgres_array columns[2];
    struct postgres_value values[3];
    enum status status = STATUS_OK;
    bool first = true;

    postgres_array_init(&columns[0], POSTGRES_INT4_ARRAY, COLUMN_BYTES);
    postgres_array_init(&columns[1], POSTGRES_INT8_ARRAY, COLUMN_BYTES);
    for (int32_t p = 0; p < COUNTS_PARTITIONS; p++) {
        first = first && reader->cursors[p] == 0;
        if (last[p] <= reader->cursors[p])
            continue;
        postgres_array_append_int4(&columns[0], p);
        postgres_array_append_int8(&columns[1], reader->cursors[p]);
    }
    postgres_arrays_values(columns, 2, values);
    values[2] = first ? postgres_int8(COUNTS_FIRST_ROWS) : postgres_int8(INT64_MAX);
    if (columns[0].count > 0)
        status = postgres_run(db, &changed_statement, values, ret_rows, error);
    postgres_arrays_done(columns, 2);
    return status;
}

enum status counts_read(struct counts_reader *reader, struct postgres *db,
                        struct engine_counts *counts, struct error *error)
{
    int64_t last[COUNTS_PARTITIONS] = {0};
    OWNED(postgres_result) rows = NULL;
    enum status status;

    if ((status = read_counters(db, last, error)) != STATUS_OK ||
        (status = ask(reader, db, last, &rows, error)) != STATUS_OK || rows == NULL)
        return status;
    for (size_t row = 0; row < postgres_result_rows(rows); row++) {
        const struct engine_count count = {.tenant = postgres_result_text(rows, row, 0),
                                           .subject = (uint64_t)postgres_result_int8(rows, row, 1),
                                           .category = postgres_result_text(rows, row, 2),
                                           .units = postgres_result_int8(rows, row, 3)};

        /* Refused ones are counted by the engine: a metric. */
        (void)engine_counts_set(counts, &count);
    }
    memcpy(reader->cursors, last, sizeof last);
    return STATUS_OK;
}
