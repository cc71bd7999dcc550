#include "common/weights/changelog.h"

#include "common/base/must.h"
#include "common/postgres/array.h"

#include <stdlib.h>

enum { COLUMN_BYTES = 64 * 1024, KEY_BYTES = 160, CURSOR_NONE = -1 };

/* One statement, one snapshot: the cursor of a partition that has none is `published` at that
 * moment, and the changes are those above the cursor. Without changes one row a partition comes all
 * the same. */
static const struct postgres_statement read_statement = {
    .name = "changelog_read",
    .sql =
        "SELECT asked.partition, coalesce(counter.published, 0), coalesce(counter.last, 0),"
        "  coalesce(changed.number, 0), coalesce(tenant, ''), coalesce(user_id, '')"
        " FROM unnest($1, $2) AS asked (partition, cursor)"
        " LEFT JOIN weight_counters AS counter ON counter.partition = asked.partition"
        " LEFT JOIN LATERAL ("
        "  SELECT max(number) AS number, user_key FROM weight_audit"
        "  WHERE weight_audit.partition = asked.partition AND number >"
        "   CASE WHEN asked.cursor >= 0 THEN asked.cursor ELSE coalesce(counter.published, 0) END"
        "  GROUP BY user_key) AS changed ON true"
        " LEFT JOIN users USING (user_key) LEFT JOIN tenants USING (tenant_key)",
    .types = {POSTGRES_INT4_ARRAY, POSTGRES_INT8_ARRAY},
};

static size_t make_key(struct slice tenant, struct slice user, char *key)
{
    size_t size = tenant.size + 1 + user.size;

    MUST(size <= KEY_BYTES);
    memcpy(key, tenant.data, tenant.size);
    key[tenant.size] = '\0';
    memcpy(key + tenant.size + 1, user.data, user.size);
    return size;
}

static struct changelog_floor *find_floor(const struct changelog *changelog, const char *key,
                                          size_t size)
{
    struct changelog_floor *found;

    HASH_FIND(hh, changelog->floors, key, size, found);
    return found;
}

static void drop_floor(struct changelog *changelog, struct changelog_floor *floor)
{
    HASH_DEL(changelog->floors, floor);
    free(floor);
}

static void drop_floors(struct changelog *changelog, int32_t partition, int64_t up_to)
{
    struct changelog_floor *floor, *next;

    HASH_ITER(hh, changelog->floors, floor, next)
    if (floor->partition == partition && floor->number <= up_to)
        drop_floor(changelog, floor);
}

void changelog_done(struct changelog *changelog)
{
    struct changelog_floor *floor, *next;

    HASH_ITER(hh, changelog->floors, floor, next)
    drop_floor(changelog, floor);
}

void changelog_take(struct changelog *changelog, int32_t partition, int64_t now_ms)
{
    MUST(partition >= 0 && partition < CHANGELOG_PARTITIONS);
    drop_floors(changelog, partition, INT64_MAX);
    changelog->partitions[partition] =
        (struct changelog_partition){.taken = true, .cursor = CURSOR_NONE, .synced_ms = now_ms};
}

void changelog_revoke(struct changelog *changelog, int32_t partition)
{
    drop_floors(changelog, partition, INT64_MAX);
    changelog->partitions[partition] = (struct changelog_partition){.taken = false};
}

int64_t changelog_floor_of(const struct changelog *changelog, struct slice tenant,
                           struct slice user)
{
    const struct changelog_floor *floor;
    char key[KEY_BYTES];

    if (changelog->floors == NULL)
        return 0;
    floor = find_floor(changelog, key, make_key(tenant, user, key));
    return floor == NULL ? 0 : floor->number;
}

static void raise_floor(struct changelog *changelog, const struct postgres_result *rows, size_t row,
                        int64_t number)
{
    char key[KEY_BYTES];
    size_t size =
        make_key(postgres_result_text(rows, row, 4), postgres_result_text(rows, row, 5), key);
    struct changelog_floor *floor = find_floor(changelog, key, size);

    if (floor == NULL) {
        floor = must_alloc(sizeof *floor + size);
        floor->partition = postgres_result_int4(rows, row, 0);
        floor->key_size = size;
        memcpy(floor->key, key, size);
        HASH_ADD_KEYPTR(hh, changelog->floors, floor->key, floor->key_size, floor);
    }
    if (number > floor->number)
        floor->number = number;
}

static enum status ask(struct changelog *changelog, struct postgres *db,
                       struct postgres_result **ret_rows, struct error *error)
{
    struct postgres_array columns[2];
    struct postgres_value values[2];
    enum status status;

    postgres_arrays_init(columns, &read_statement, COLUMN_BYTES);
    for (int32_t p = 0; p < CHANGELOG_PARTITIONS; p++)
        if (changelog->partitions[p].taken) {
            postgres_array_append_int4(&columns[0], p);
            postgres_array_append_int8(&columns[1], changelog->partitions[p].cursor);
        }
    postgres_arrays_values(columns, 2, values);
    status = columns[0].count == 0 ? STATUS_OK
                                   : postgres_run(db, &read_statement, values, ret_rows, error);
    postgres_arrays_done(columns, 2);
    return status;
}

static void take_row(struct changelog *changelog, const struct postgres_result *rows, size_t row,
                     int64_t now_ms, const struct changelog_callbacks *callbacks)
{
    int32_t number = postgres_result_int4(rows, row, 0);
    struct changelog_partition *partition = &changelog->partitions[number];
    int64_t changed = postgres_result_int8(rows, row, 3);

    if (!partition->synced)
        callbacks->first_sync(callbacks->context, number);
    partition->synced = true;
    partition->synced_ms = now_ms;
    partition->published = postgres_result_int8(rows, row, 1);
    partition->cursor = postgres_result_int8(rows, row, 2);
    if (changed == 0)
        return;
    callbacks->changed(callbacks->context, postgres_result_text(rows, row, 4),
                       postgres_result_text(rows, row, 5), changed);
    /* What is published stands in Redis as it should. */
    if (changed > partition->published)
        raise_floor(changelog, rows, row, changed);
}

enum status changelog_read(struct changelog *changelog, struct postgres *db, int64_t now_ms,
                           const struct changelog_callbacks *callbacks, struct error *error)
{
    OWNED(postgres_result) rows = NULL;
    struct changelog_floor *floor, *next;
    enum status status = ask(changelog, db, &rows, error);

    if (status != STATUS_OK || rows == NULL)
        return status;
    for (size_t row = 0; row < postgres_result_rows(rows); row++)
        take_row(changelog, rows, row, now_ms, callbacks);
    HASH_ITER(hh, changelog->floors, floor, next)
    if (floor->number <= changelog->partitions[floor->partition].published)
        drop_floor(changelog, floor);
    return STATUS_OK;
}
