#include "common/outbox/outbox.h"

#include "common/base/must.h"
#include "common/base/timestamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { COLUMN_BYTES = 32 * 1024 * 1024, SUBJECT_BYTES = 512 };

static const struct postgres_statement endpoints_statement = {
    .name = "outbox_endpoints",
    .sql = "SELECT endpoint_id, coalesce(tenant_key, 0) FROM endpoints"
           " WHERE (tenant_key = ANY ($1) OR tenant_key IS NULL) AND disabled_at IS NULL",
    .types = {POSTGRES_INT4_ARRAY},
};
static const struct postgres_statement append_statement = {
    .name = "outbox_append",
    .sql = "INSERT INTO outbox (id, endpoint_id, user_key, tenant_key, kind, subject, payload)"
           " SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)"
           " ON CONFLICT DO NOTHING RETURNING id",
    .types = {POSTGRES_UUID_ARRAY, POSTGRES_UUID_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT4_ARRAY,
              POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY},
};

/* A row that an item comes to. */
struct row {
    struct crypto_uuid id;
    struct crypto_uuid endpoint;
    struct outbox_item *item;
};

struct rows {
    struct row *items;
    size_t count;
};

void outbox_init(struct outbox *outbox)
{
    postgres_array_init(&outbox->tenants, POSTGRES_INT4_ARRAY, COLUMN_BYTES);
    postgres_arrays_init(outbox->columns, &append_statement, COLUMN_BYTES);
}

void outbox_done(struct outbox *outbox)
{
    postgres_array_done(&outbox->tenants);
    postgres_arrays_done(outbox->columns, OUTBOX_COLUMNS);
}

static struct slice subject_text(int64_t user_key, struct slice subject, char *text)
{
    int size = snprintf(text, SUBJECT_BYTES, "%" PRId64 "/%.*s", user_key, SLICE_FORMAT(subject));

    MUST(size > 0 && size < SUBJECT_BYTES);
    return (struct slice){text, (size_t)size};
}

struct crypto_uuid outbox_id(struct crypto_uuid endpoint, const char *kind, int64_t user_key,
                             struct slice subject)
{
    char text[SUBJECT_BYTES];

    return crypto_uuid5(crypto_uuid5(endpoint, slice_of(kind)),
                        subject_text(user_key, subject, text));
}

/* By id; of equal ones the first item of the batch stands first. */
static int row_compare(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    int order = memcmp(a->id.bytes, b->id.bytes, sizeof a->id.bytes);

    return order != 0 ? order : (a->item > b->item) - (a->item < b->item);
}

static bool same_id(const struct row *a, const struct row *b)
{
    return memcmp(a->id.bytes, b->id.bytes, sizeof a->id.bytes) == 0;
}

/* An endpoint without a tenant serves all of them. */
static bool serves(const struct postgres_result *endpoints, size_t e,
                   const struct outbox_item *item)
{
    int32_t tenant_key = postgres_result_int4(endpoints, e, 1);

    return tenant_key == 0 || tenant_key == item->tenant_key;
}

/* Counts in ret_rows of each item; the sum. */
static size_t items_count_rows(struct outbox_item *items, size_t count,
                               const struct postgres_result *endpoints)
{
    size_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        for (size_t e = 0; e < postgres_result_rows(endpoints); e++)
            items[i].ret_rows += serves(endpoints, e, &items[i]);
        sum += items[i].ret_rows;
    }
    return sum;
}

static void rows_fold(struct rows *rows)
{
    size_t kept = 0;

    if (rows->count > 1)
        qsort(rows->items, rows->count, sizeof *rows->items, row_compare);
    for (size_t i = 0; i < rows->count; i++)
        if (i == 0 || !same_id(&rows->items[i], &rows->items[kept - 1]))
            rows->items[kept++] = rows->items[i];
    rows->count = kept;
}

/* The rows that the items come to, sorted, each id once. */
static bool rows_make(struct rows *rows, struct arena *arena, struct outbox_item *items,
                      size_t count, const struct postgres_result *endpoints)
{
    size_t sum = items_count_rows(items, count, endpoints);

    rows->count = 0;
    rows->items = arena_alloc(arena, (sum + 1) * sizeof *rows->items);
    if (rows->items == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        for (size_t e = 0; e < postgres_result_rows(endpoints); e++) {
            struct row row = {.item = &items[i]};

            if (!serves(endpoints, e, &items[i]))
                continue;
            memcpy(row.endpoint.bytes, postgres_result_uuid(endpoints, e, 0),
                   sizeof row.endpoint.bytes);
            row.id = outbox_id(row.endpoint, items[i].kind, items[i].user_key, items[i].subject);
            rows->items[rows->count++] = row;
        }
    rows_fold(rows);
    return true;
}

static void columns_fill(struct postgres_array *columns, const struct rows *rows)
{
    char text[SUBJECT_BYTES];

    postgres_arrays_reset(columns, OUTBOX_COLUMNS);
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->items[i];
        const struct outbox_item *item = row->item;

        postgres_array_append_uuid(&columns[0], row->id.bytes);
        postgres_array_append_uuid(&columns[1], row->endpoint.bytes);
        postgres_array_append_int8(&columns[2], item->user_key);
        postgres_array_append_int4(&columns[3], item->tenant_key);
        postgres_array_append_text(&columns[4], slice_of(item->kind));
        postgres_array_append_text(&columns[5], subject_text(item->user_key, item->subject, text));
        postgres_array_append_text(&columns[6], item->payload);
    }
}

static void rows_judge(const struct rows *rows, const struct postgres_result *inserted)
{
    for (size_t i = 0; i < postgres_result_rows(inserted); i++) {
        struct row wanted = {.item = NULL};
        size_t low = 0, high = rows->count;

        memcpy(wanted.id.bytes, postgres_result_uuid(inserted, i, 0), sizeof wanted.id.bytes);
        while (low < high) {
            size_t middle = low + (high - low) / 2;

            if (row_compare(&rows->items[middle], &wanted) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        MUST(low < rows->count && same_id(&rows->items[low], &wanted));
        rows->items[low].item->ret_new++;
    }
}

static enum status read_endpoints(struct outbox *outbox, struct postgres_tx *tx,
                                  const struct outbox_item *items, size_t count,
                                  struct postgres_result **ret_endpoints, struct error *error)
{
    struct postgres_value value;

    postgres_array_reset(&outbox->tenants);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || items[i].tenant_key != items[i - 1].tenant_key)
            postgres_array_append_int4(&outbox->tenants, items[i].tenant_key);
    value = postgres_array_value(&outbox->tenants);
    return postgres_tx_run(tx, &endpoints_statement, &value, ret_endpoints, error);
}

enum status outbox_append(struct outbox *outbox, struct postgres_tx *tx, struct outbox_item *items,
                          size_t count, struct arena *arena, struct error *error)
{
    struct postgres_value values[OUTBOX_COLUMNS];
    OWNED(postgres_result) endpoints = NULL;
    OWNED(postgres_result) inserted = NULL;
    struct rows rows;
    enum status status;

    for (size_t i = 0; i < count; i++)
        items[i].ret_rows = items[i].ret_new = 0;
    if (count == 0)
        return STATUS_OK;
    if ((status = read_endpoints(outbox, tx, items, count, &endpoints, error)) != STATUS_OK)
        return status;
    if (!rows_make(&rows, arena, items, count, endpoints))
        return arena_no_room(error);
    if (rows.count == 0)
        return STATUS_OK;
    columns_fill(outbox->columns, &rows);
    postgres_arrays_values(outbox->columns, OUTBOX_COLUMNS, values);
    if ((status = postgres_tx_run(tx, &append_statement, values, &inserted, error)) == STATUS_OK)
        rows_judge(&rows, inserted);
    return status;
}

void outbox_payload_begin(struct json_writer *writer, struct buffer *out, const char *kind,
                          int64_t at_us)
{
    char time[TIMESTAMP_TEXT_SIZE];

    timestamp_format(at_us, time);
    json_writer_init(writer, out);
    json_write_object_begin(writer);
    json_write_key(writer, "type");
    json_write_text(writer, kind);
    json_write_key(writer, "timestamp");
    json_write_text(writer, time);
    json_write_key(writer, "data");
    json_write_object_begin(writer);
}

void outbox_payload_end(struct json_writer *writer)
{
    json_write_object_end(writer);
    json_write_object_end(writer);
}
