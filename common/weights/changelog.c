#include "common/weights/changelog.h"

#include "common/base/must.h"
#include "common/postgres/array.h"

#include <stdlib.h>

enum { COLUMN_BYTES = 64 * 1024, KEY_BYTES = 160, CURSOR_NONE = -1 };

/* One statement, one snapshot: the cursor of a partition that has none is `published` at that
 * moment, and the changes are those above the cursor, unless they are more than $3. Without changes
 * one row a partition comes all the same. A range with two ends and LIMIT 1 make index look-ups of
 * it, whatever the planner thinks of the cursor. */
static const struct postgres_statement read_statement = {
    .name = "changelog_read",
    .sql = "SELECT asked.partition, coalesce(published, 0), coalesce(last, 0),"
           "  coalesce(last - start > $3, false), coalesce(number, 0), coalesce(tenant, ''),"
           "  coalesce(user_id, '')"
           " FROM unnest($1, $2) AS asked (partition, cursor)"
           " LEFT JOIN LATERAL (SELECT published, last,"
           "   CASE WHEN asked.cursor >= 0 THEN asked.cursor ELSE published END AS start"
           "  FROM weight_counters WHERE weight_counters.partition = asked.partition"
           "  LIMIT 1) AS counter ON true"
           " LEFT JOIN LATERAL (SELECT max(number) AS number, user_key FROM weight_audit"
           "  WHERE weight_audit.partition = asked.partition AND number > start"
           "   AND number <= CASE WHEN last - start > $3 THEN start ELSE last END"
           "  GROUP BY user_key) AS changed ON true"
           " LEFT JOIN LATERAL (SELECT tenant_key, user_id FROM users"
           "  WHERE users.user_key = changed.user_key LIMIT 1) AS named ON true"
           " LEFT JOIN LATERAL (SELECT tenant FROM tenants"
           "  WHERE tenants.tenant_key = named.tenant_key LIMIT 1) AS owner ON true",
    .types = {POSTGRES_INT4_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8},
};
enum {
    COLUMN_PARTITION,
    COLUMN_PUBLISHED,
    COLUMN_LAST,
    COLUMN_PASSED,
    COLUMN_NUMBER,
    COLUMN_TENANT,
    COLUMN_USER,
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

bool changelog_synced(const struct changelog *changelog, int32_t partition)
{
    return changelog->partitions[partition].synced;
}

int64_t changelog_floor_of(const struct changelog *changelog, int32_t partition,
                           struct slice tenant, struct slice user)
{
    int64_t number = changelog->partitions[partition].floor;
    const struct changelog_floor *floor;
    char key[KEY_BYTES];

    if (!changelog->partitions[partition].synced)
        return INT64_MAX;
    if (changelog->floors == NULL)
        return number;
    floor = find_floor(changelog, key, make_key(tenant, user, key));
    return floor == NULL || floor->number < number ? number : floor->number;
}

static void raise_floor(struct changelog *changelog, const struct postgres_result *rows, size_t row,
                        int64_t number)
{
    char key[KEY_BYTES];
    size_t size = make_key(postgres_result_text(rows, row, COLUMN_TENANT),
                           postgres_result_text(rows, row, COLUMN_USER), key);
    struct changelog_floor *floor = find_floor(changelog, key, size);

    if (floor == NULL) {
        floor = must_alloc(sizeof *floor + size);
        floor->partition = postgres_result_int4(rows, row, COLUMN_PARTITION);
        floor->key_size = size;
        memcpy(floor->key, key, size);
        HASH_ADD_KEYPTR(hh, changelog->floors, floor->key, floor->key_size, floor);
    }
    if (number > floor->number)
        floor->number = number;
}

static enum status ask(struct changelog *changelog, struct postgres *db,
                       struct postgres_result **ret_rows, bool *reached, struct error *error)
{
    struct postgres_array columns[2];
    struct postgres_value values[3];
    int64_t each;
    enum status status = STATUS_OK;

    postgres_array_init(&columns[0], POSTGRES_INT4_ARRAY, COLUMN_BYTES);
    postgres_array_init(&columns[1], POSTGRES_INT8_ARRAY, COLUMN_BYTES);
    for (int32_t p = 0; p < CHANGELOG_PARTITIONS; p++)
        if (changelog->partitions[p].taken) {
            postgres_array_append_int4(&columns[0], p);
            postgres_array_append_int8(&columns[1], changelog->partitions[p].cursor);
        }
    if (columns[0].count > 0) {
        postgres_arrays_values(columns, 2, values);
        each = changelog->rows / columns[0].count;
        values[2] = postgres_int8(each > 0 ? each : 1);
        status = postgres_ready(db, error);
        *reached = status == STATUS_OK;
        if (status == STATUS_OK)
            status = postgres_run(db, &read_statement, values, ret_rows, error);
    }
    postgres_arrays_done(columns, 2);
    return status;
}

static void take_row(struct changelog *changelog, const struct postgres_result *rows, size_t row,
                     int64_t now_ms, const struct changelog_callbacks *callbacks)
{
    int32_t number = postgres_result_int4(rows, row, COLUMN_PARTITION);
    struct changelog_partition *partition = &changelog->partitions[number];
    int64_t changed = postgres_result_int8(rows, row, COLUMN_NUMBER);
    bool passed = postgres_result_bool(rows, row, COLUMN_PASSED);

    if (passed || !partition->synced)
        callbacks->moved(callbacks->context, number);
    partition->synced = true;
    partition->synced_ms = now_ms;
    partition->published = postgres_result_int8(rows, row, COLUMN_PUBLISHED);
    partition->cursor = postgres_result_int8(rows, row, COLUMN_LAST);
    if (passed)
        partition->floor = partition->cursor;
    if (changed == 0)
        return;
    callbacks->changed(callbacks->context, postgres_result_text(rows, row, COLUMN_TENANT),
                       postgres_result_text(rows, row, COLUMN_USER), changed);
    /* What is published stands in Redis as it should. */
    if (changed > partition->published)
        raise_floor(changelog, rows, row, changed);
}

/* Drops the floors that Redis has come up to; where too many are left, their partitions stand for
 * them. */
static void settle_floors(struct changelog *changelog)
{
    struct changelog_floor *floor, *next;
    bool fold;

    for (int32_t p = 0; p < CHANGELOG_PARTITIONS; p++)
        if (changelog->partitions[p].floor <= changelog->partitions[p].published)
            changelog->partitions[p].floor = 0;
    HASH_ITER(hh, changelog->floors, floor, next)
    if (floor->number <= changelog->partitions[floor->partition].published)
        drop_floor(changelog, floor);
    fold = HASH_COUNT(changelog->floors) > CHANGELOG_FLOORS;
    HASH_ITER(hh, changelog->floors, floor, next)
    if (fold) {
        struct changelog_partition *partition = &changelog->partitions[floor->partition];

        partition->floor = partition->cursor;
        drop_floor(changelog, floor);
    }
}

enum status changelog_read(struct changelog *changelog, struct postgres *db, int64_t now_ms,
                           const struct changelog_callbacks *callbacks, bool *reached,
                           struct error *error)
{
    OWNED(postgres_result) rows = NULL;
    enum status status;

    *reached = false;
    if (changelog->rows == 0)
        changelog->rows = CHANGELOG_ROWS;
    status = ask(changelog, db, &rows, reached, error);
    if (status != STATUS_OK && *reached)
        changelog->rows = changelog->rows > 1 ? changelog->rows / 2 : 1;
    if (status != STATUS_OK || rows == NULL)
        return status;
    changelog->rows = changelog->rows < CHANGELOG_ROWS / 2 ? changelog->rows * 2 : CHANGELOG_ROWS;
    for (size_t row = 0; row < postgres_result_rows(rows); row++)
        take_row(changelog, rows, row, now_ms, callbacks);
    settle_floors(changelog);
    return STATUS_OK;
}
