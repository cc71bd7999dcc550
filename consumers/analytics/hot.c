#include "consumers/analytics/hot.h"

#include "common/base/buffer.h"
#include "common/base/must.h"
#include "common/base/timestamp.h"
#include "common/redis/redis.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    HOT_ARENA_BYTES = 8 * 1024 * 1024,
    HOT_TTL_DAYS = 40,
    HOT_PIPELINE = 256, /* commands between two waits; Redis gains nothing from more */
    HOT_FIELD_BYTES = 96,
    HOT_KEY_BYTES = 160,
};

#define MICROSECONDS_A_DAY INT64_C(86400000000)

/* One sum of one month of one user, as text: a field of the user's hash. */
struct hot_sum {
    struct slice key;
    int64_t version;
    struct slice field;
    struct slice value;
};

static const struct metrics_spec failures_spec = {
    .name = "tributary_hot_sums_failures_total",
    .type = METRICS_COUNTER,
    .help = "Batches whose month sums did not reach Redis; the next change of a sum mends it.",
};

void hot_init(struct hot *hot, const struct sink_context *context)
{
    hot->redis = context->redis;
    hot->arena = arena_new(HOT_ARENA_BYTES);
    hot->failures = metrics_counter(metrics_register(context->metrics, &failures_spec), NULL);
}

void hot_done(struct hot *hot)
{
    arena_free(hot->arena);
    *hot = (struct hot){0};
}

void hot_forget(struct hot *hot)
{
    hot->count = 0;
    if (hot->arena != NULL)
        arena_reset(hot->arena);
}

static int user_compare(const void *left, const void *right)
{
    const struct record *a = *(const struct record *const *)left;
    const struct record *b = *(const struct record *const *)right;

    return (a->user_key > b->user_key) - (a->user_key < b->user_key);
}

/* The batch's records by user: they know the names that the rows only have keys of. */
static const struct record **by_user(struct arena *arena, const struct batch *batch)
{
    const struct record **records = arena_alloc(arena, batch->count * sizeof *records);

    for (size_t i = 0; records != NULL && i < batch->count; i++)
        records[i] = &batch->records[i];
    if (records != NULL)
        qsort(records, batch->count, sizeof *records, user_compare);
    return records;
}

static struct slice key_of(struct arena *arena, const struct record *record, int32_t day)
{
    const struct transaction *event =
        record->classification != NULL ? record->classification->transaction : NULL;
    struct slice tenant = event != NULL ? event->tenant : record->feedback->tenant;
    struct slice user = event != NULL ? event->user : record->feedback->user;
    char date[TIMESTAMP_TEXT_SIZE], text[HOT_KEY_BYTES];
    int size;

    timestamp_format(day * MICROSECONDS_A_DAY, date);
    size = snprintf(text, sizeof text, "sums:%.*s:%.*s:%.7s", SLICE_FORMAT(tenant),
                    SLICE_FORMAT(user), date);
    return arena_copy(arena, (struct slice){text, (size_t)size});
}

static void note_row(struct hot *hot, const struct record *record,
                     const struct postgres_result *months, size_t row)
{
    struct slice category = postgres_result_text(months, row, 2);
    struct slice currency = postgres_result_text(months, row, 3);
    char field[HOT_FIELD_BYTES], value[48];
    struct hot_sum sum = {.version = record->version};
    int field_size, value_size;

    field_size =
        snprintf(field, sizeof field, "%.*s|%.*s", SLICE_FORMAT(category), SLICE_FORMAT(currency));
    value_size =
        snprintf(value, sizeof value, "%lld %lld", (long long)postgres_result_int8(months, row, 4),
                 (long long)postgres_result_int8(months, row, 5));
    sum.key = key_of(hot->arena, record, postgres_result_date(months, row, 1));
    sum.field = arena_copy(hot->arena, (struct slice){field, (size_t)field_size});
    sum.value = arena_copy(hot->arena, (struct slice){value, (size_t)value_size});
    /* Without room the sum is left to its next change: Redis is a cache. */
    if (sum.key.data != NULL && sum.field.data != NULL && sum.value.data != NULL)
        hot->sums[hot->count++] = sum;
}

/* Both lists are in the order of users. */
void hot_note(struct hot *hot, const struct batch *batch, const struct postgres_result *months)
{
    size_t rows = postgres_result_rows(months), at = 0;
    const struct record **records = by_user(hot->arena, batch);

    hot->sums = arena_alloc(hot->arena, rows * sizeof *hot->sums);
    if (hot->sums == NULL || records == NULL)
        return;
    for (size_t row = 0; row < rows; row++) {
        int64_t user_key = postgres_result_int8(months, row, 0);

        while (at < batch->count && records[at]->user_key < user_key)
            at++;
        if (at < batch->count && records[at]->user_key == user_key)
            note_row(hot, records[at], months, row);
    }
}

/* One command a user's month: a second one under the same version would be refused. Returns the
 * index behind it; beyond the count when it failed. */
static size_t append_month(struct hot *hot, size_t first, struct error *error)
{
    const struct hot_sum *sum = &hot->sums[first];
    struct redis_newer newer = {.key = sum->key,
                                .version = sum->version,
                                .ttl_ms = HOT_TTL_DAYS * MICROSECONDS_A_DAY / 1000};
    struct slice *fields;
    size_t end = first;

    while (end < hot->count && slice_equal(hot->sums[end].key, sum->key))
        end++;
    fields = arena_alloc(hot->arena, 2 * (end - first) * sizeof *fields);
    for (size_t i = first; fields != NULL && i < end; i++) {
        fields[newer.count++] = hot->sums[i].field;
        fields[newer.count++] = hot->sums[i].value;
    }
    newer.fields = fields;
    return fields != NULL && redis_append_newer(hot->redis, &newer, error) == STATUS_OK
               ? end
               : hot->count + 1;
}

static bool drain_replies(struct hot *hot, struct error *error)
{
    struct redis_reply reply;

    while (redis_pending(hot->redis) > 0)
        if (redis_next(hot->redis, &reply, error) != STATUS_OK && redis_pending(hot->redis) == 0)
            return false;
    return true;
}

void hot_write(struct hot *hot)
{
    struct error error = {0};
    bool lost = false;

    for (size_t i = 0; i < hot->count && !lost;) {
        i = append_month(hot, i, &error);
        lost = i > hot->count ||
               (redis_pending(hot->redis) >= HOT_PIPELINE && !drain_replies(hot, &error));
    }
    if (lost || !drain_replies(hot, &error)) {
        redis_drop(hot->redis);
        metrics_counter_add(hot->failures, 1);
    }
    hot_forget(hot);
}
