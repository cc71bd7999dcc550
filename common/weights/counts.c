#include "common/weights/counts.h"

#include "common/base/must.h"
#include "common/postgres/array.h"

#include <stdlib.h>

enum { COLUMN_BYTES = 64 * 1024, MANY = 8 * ENGINE_UNIT };

static const struct postgres_statement counters_statement = {
    .name = "counts_counters",
    .sql = "SELECT partition, last FROM weight_counters WHERE partition < 1024",
};

/* A range with two ends, and OFFSET 0 and LIMIT 1 that keep it from being turned into a join of
 * whole tables. */
static const struct postgres_statement changed_statement = {
    .name = "counts_changed",
    .sql = "SELECT coalesce(tenant, ''), subject, category, units"
           " FROM (SELECT DISTINCT tenant_key, subject, category"
           "  FROM unnest($1, $2, $3) AS asked (partition, above, up_to)"
           "  CROSS JOIN LATERAL (SELECT tenant_key, subject, category FROM merchant_counts"
           "   WHERE merchant_counts.partition = asked.partition AND number > above"
           "   AND number <= up_to OFFSET 0) AS changed) AS which"
           " CROSS JOIN LATERAL (SELECT sum(units)::int8 AS units FROM merchant_counts AS part"
           "  WHERE part.tenant_key = which.tenant_key AND part.subject = which.subject"
           "   AND part.category = which.category) AS summed"
           " LEFT JOIN LATERAL (SELECT tenant FROM tenants"
           "  WHERE tenants.tenant_key = which.tenant_key LIMIT 1) AS owner ON true",
    .types = {POSTGRES_INT4_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY},
};

static const struct postgres_statement scan_statement = {
    .name = "counts_scan",
    .sql = "SELECT coalesce(tenant, ''), subject, category, units, tenant_key"
           " FROM (SELECT tenant_key, subject, category, sum(units)::int8 AS units"
           "  FROM merchant_counts WHERE (tenant_key, subject, category) > ($1, $2, $3)"
           "  GROUP BY tenant_key, subject, category"
           "  ORDER BY tenant_key, subject, category LIMIT $4) AS slice"
           " LEFT JOIN LATERAL (SELECT tenant FROM tenants"
           "  WHERE tenants.tenant_key = slice.tenant_key LIMIT 1) AS owner ON true"
           " ORDER BY tenant_key, subject, category",
    .types = {POSTGRES_INT4, POSTGRES_INT8, POSTGRES_TEXT, POSTGRES_INT8},
};
enum { COLUMN_TENANT, COLUMN_SUBJECT, COLUMN_CATEGORY, COLUMN_UNITS, COLUMN_TENANT_KEY };

static void put(struct engine_counts *counts, const struct postgres_result *rows, size_t row)
{
    const struct engine_count count = {
        .tenant = postgres_result_text(rows, row, COLUMN_TENANT),
        .subject = (uint64_t)postgres_result_int8(rows, row, COLUMN_SUBJECT),
        .category = postgres_result_text(rows, row, COLUMN_CATEGORY),
        .units = postgres_result_int8(rows, row, COLUMN_UNITS)};

    /* Refused ones are counted by the engine: a metric. */
    (void)engine_counts_set(counts, &count);
}

/* ---- What has changed ---- */

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

/* Changes up to `last`, at most `each` of a partition. *ret_cut: partitions that have more. */
static int64_t measure(const struct counts_reader *reader, const int64_t *last, int64_t each,
                       int64_t *ret_cut)
{
    int64_t changes = 0;

    *ret_cut = 0;
    for (int32_t p = 0; p < COUNTS_PARTITIONS; p++) {
        int64_t behind = last[p] - reader->cursors[p];

        *ret_cut += behind > each;
        if (behind > 0)
            changes += behind < each ? behind : each;
    }
    return changes;
}

/* How many of each partition make a slice: what those with few leave goes to those with more. */
static int64_t share(const struct counts_reader *reader, const int64_t *last)
{
    int64_t each = 0, left = reader->slice, cut;

    (void)measure(reader, last, each, &cut);
    while (cut > 0 && left >= cut) {
        each += left / cut;
        left = reader->slice - measure(reader, last, each, &cut);
    }
    return each > 0 ? each : 1;
}

static int64_t next_cursor(int64_t cursor, int64_t last, int64_t each)
{
    if (last <= cursor)
        return cursor;
    return last - cursor > each ? cursor + each : last;
}

/* Only partitions with changes are asked for. */
static enum status ask_changed(const struct counts_reader *reader, struct postgres *db,
                               const int64_t *next, struct postgres_result **ret_rows,
                               struct error *error)
{
    struct postgres_array columns[3];
    struct postgres_value values[3];
    enum status status = STATUS_OK;

    postgres_arrays_init(columns, &changed_statement, COLUMN_BYTES);
    for (int32_t p = 0; p < COUNTS_PARTITIONS; p++)
        if (next[p] > reader->cursors[p]) {
            postgres_array_append_int4(&columns[0], p);
            postgres_array_append_int8(&columns[1], reader->cursors[p]);
            postgres_array_append_int8(&columns[2], next[p]);
        }
    postgres_arrays_values(columns, 3, values);
    status = postgres_run(db, &changed_statement, values, ret_rows, error);
    postgres_arrays_done(columns, 3);
    return status;
}

static enum status read_changed(struct counts_reader *reader, struct postgres *db,
                                struct engine_counts *counts, bool *ret_more, struct error *error)
{
    int64_t last[COUNTS_PARTITIONS] = {0}, next[COUNTS_PARTITIONS], each, cut;
    OWNED(postgres_result) rows = NULL;
    enum status status = read_counters(db, last, error);
    int64_t changes = measure(reader, last, INT64_MAX, &cut);

    if (status != STATUS_OK || changes == 0)
        return status;
    if (changes > COUNTS_BEHIND) {
        memcpy(reader->cursors, last, sizeof last);
        reader->scan.again = true;
        return STATUS_OK;
    }
    each = share(reader, last);
    for (int32_t p = 0; p < COUNTS_PARTITIONS; p++)
        next[p] = next_cursor(reader->cursors[p], last[p], each);
    if ((status = ask_changed(reader, db, next, &rows, error)) != STATUS_OK)
        return status;
    for (size_t row = 0; row < postgres_result_rows(rows); row++)
        put(counts, rows, row);
    memcpy(reader->cursors, next, sizeof next);
    *ret_more = measure(reader, last, INT64_MAX, &cut) > 0;
    return STATUS_OK;
}

/* ---- The whole ---- */

static void set_place(struct counts_scan *scan, const struct postgres_result *rows, size_t row)
{
    struct slice category = postgres_result_text(rows, row, COLUMN_CATEGORY);

    scan->tenant_key = postgres_result_int4(rows, row, COLUMN_TENANT_KEY);
    scan->subject = postgres_result_int8(rows, row, COLUMN_SUBJECT);
    scan->category_size =
        category.size < sizeof scan->category ? category.size : sizeof scan->category;
    memcpy(scan->category, category.data, scan->category_size);
}

/* From the begin of the table: the second pass, the first of the next reading, or nothing. */
static void end_pass(struct counts_scan *scan)
{
    if (!scan->rest)
        *scan = (struct counts_scan){.running = true, .again = scan->again, .rest = true};
    else
        *scan = (struct counts_scan){.running = scan->again};
}

static enum status read_scan(struct counts_reader *reader, struct postgres *db,
                             struct engine_counts *counts, struct error *error)
{
    struct counts_scan *scan = &reader->scan;
    const struct postgres_value values[] = {
        postgres_int4(scan->tenant_key), postgres_int8(scan->subject),
        postgres_text((struct slice){scan->category, scan->category_size}),
        postgres_int8(reader->slice)};
    OWNED(postgres_result) rows = NULL;
    enum status status = postgres_run(db, &scan_statement, values, &rows, error);
    size_t count;

    if (status != STATUS_OK)
        return status;
    count = postgres_result_rows(rows);
    for (size_t row = 0; row < count; row++)
        if ((postgres_result_int8(rows, row, COLUMN_UNITS) < MANY) == scan->rest)
            put(counts, rows, row);
    if (count > 0)
        set_place(scan, rows, count - 1);
    if (count < (size_t)reader->slice)
        end_pass(scan);
    return STATUS_OK;
}

enum status counts_read(struct counts_reader *reader, struct postgres *db,
                        struct engine_counts *counts, bool *ret_more, struct error *error)
{
    bool more = false;
    enum status status;

    if (reader->slice == 0)
        reader->slice = COUNTS_SLICE;
    status = read_changed(reader, db, counts, &more, error);
    if (reader->scan.again && !reader->scan.running)
        reader->scan = (struct counts_scan){.running = true};
    if (status == STATUS_OK && reader->scan.running)
        status = read_scan(reader, db, counts, error);
    if (status != STATUS_OK) {
        reader->slice = reader->slice > 1 ? reader->slice / 2 : 1;
        return status;
    }
    reader->slice = reader->slice < COUNTS_SLICE / 2 ? reader->slice * 2 : COUNTS_SLICE;
    *ret_more = more || reader->scan.running;
    return STATUS_OK;
}
