#include "common/weights/changelog.h"

#include "common/base/must.h"
#include "common/weights/changelog_store.h"

#include <stdlib.h>

enum { KEY_BYTES = 160 };

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
    changelog->partitions[partition] = (struct changelog_partition){
        .taken = true, .cursor = CHANGELOG_SPAN_UNKNOWN, .synced_ms = now_ms};
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
    size_t size = make_key(postgres_result_text(rows, row, CHANGELOG_STORE_TENANT),
                           postgres_result_text(rows, row, CHANGELOG_STORE_USER), key);
    struct changelog_floor *floor = find_floor(changelog, key, size);

    if (floor == NULL) {
        floor = must_alloc(sizeof *floor + size);
        floor->partition = postgres_result_int4(rows, row, CHANGELOG_STORE_PARTITION);
        floor->key_size = size;
        memcpy(floor->key, key, size);
        HASH_ADD_KEYPTR(hh, changelog->floors, floor->key, floor->key_size, floor);
    }
    if (number > floor->number)
        floor->number = number;
}

/* ---- Reading ---- */

static size_t list_taken(const struct changelog *changelog, struct changelog_span *spans)
{
    size_t count = 0;

    for (int32_t p = 0; p < CHANGELOG_PARTITIONS; p++)
        if (changelog->partitions[p].taken)
            spans[count++] =
                (struct changelog_span){.partition = p, .above = changelog->partitions[p].cursor};
    return count;
}

static int size_compare(const void *left, const void *right)
{
    const struct changelog_span *a = left, *b = right;
    int64_t a_size = a->last - a->above, b_size = b->last - b->above;

    return (a_size > b_size) - (a_size < b_size);
}

/* The smallest are read, as many as `rows` has room for: where much has changed, little in
 * memory is of use. */
static void pass_over(struct changelog_span *spans, size_t count, int64_t rows)
{
    qsort(spans, count, sizeof *spans, size_compare);
    for (size_t i = 0; i < count; i++) {
        spans[i].passed = spans[i].last - spans[i].above > rows;
        if (!spans[i].passed)
            rows -= spans[i].last - spans[i].above;
    }
}

/* ---- What was read ---- */

static void take_span(struct changelog *changelog, const struct changelog_span *span,
                      int64_t now_ms, const struct changelog_callbacks *callbacks)
{
    struct changelog_partition *partition = &changelog->partitions[span->partition];

    if (span->passed || !partition->synced)
        callbacks->moved(callbacks->context, span->partition);
    partition->synced = true;
    partition->synced_ms = now_ms;
    partition->published = span->published;
    partition->cursor = span->last;
    if (span->passed)
        partition->floor = span->last;
}

static void take_change(struct changelog *changelog, const struct postgres_result *rows, size_t row,
                        const struct changelog_callbacks *callbacks)
{
    int32_t partition = postgres_result_int4(rows, row, CHANGELOG_STORE_PARTITION);
    int64_t number = postgres_result_int8(rows, row, CHANGELOG_STORE_NUMBER);

    callbacks->changed(callbacks->context, postgres_result_text(rows, row, CHANGELOG_STORE_TENANT),
                       postgres_result_text(rows, row, CHANGELOG_STORE_USER), number);
    /* What is published stands in Redis as it should. */
    if (number > changelog->partitions[partition].published)
        raise_floor(changelog, rows, row, number);
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
    struct changelog_span spans[CHANGELOG_PARTITIONS];
    size_t count = list_taken(changelog, spans);
    OWNED(postgres_result) rows = NULL;
    enum status status = count == 0 ? STATUS_OK : postgres_ready(db, error);

    *reached = status == STATUS_OK;
    if (status != STATUS_OK || count == 0)
        return status;
    if (changelog->rows == 0)
        changelog->rows = CHANGELOG_ROWS;
    status = changelog_store_counters(db, spans, count, error);
    pass_over(spans, count, changelog->rows);
    if (status == STATUS_OK)
        status = changelog_store_changes(db, spans, count, &rows, error);
    if (status != STATUS_OK) {
        changelog->rows = changelog->rows > 1 ? changelog->rows / 2 : 1;
        return status;
    }
    changelog->rows = changelog->rows < CHANGELOG_ROWS / 2 ? changelog->rows * 2 : CHANGELOG_ROWS;
    for (size_t i = 0; i < count; i++)
        take_span(changelog, &spans[i], now_ms, callbacks);
    for (size_t row = 0; rows != NULL && row < postgres_result_rows(rows); row++)
        take_change(changelog, rows, row, callbacks);
    settle_floors(changelog);
    return STATUS_OK;
}
