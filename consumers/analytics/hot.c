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
    HOT_WHOLE = 1024,   /* months that are read at once */
    HOT_FIELD_BYTES = 96,
    HOT_KEY_BYTES = 160,
};

#define MICROSECONDS_A_DAY INT64_C(86400000000)

/* What changed of a user's month: fields of his hash. */
struct hot_month {
    struct slice key;
    struct store_month month;
    int64_t version;
    struct slice *fields; /* name, value, name, value, … */
    size_t count;         /* of slices */
};

static const struct metrics_spec failures_spec = {
    .name = "tributary_hot_sums_failures_total",
    .type = METRICS_COUNTER,
    .help = "Batches whose month sums did not reach Redis; the next change of a sum mends it.",
};

void hot_init(struct hot *hot, const struct sink_context *context, struct store *store)
{
    hot->redis = context->redis;
    hot->db = context->db;
    hot->store = store;
    hot->arena = arena_new(HOT_ARENA_BYTES);
    hot->scratch = arena_new(HOT_ARENA_BYTES);
    hot->failures = metrics_counter(metrics_register(context->metrics, &failures_spec), NULL);
}

void hot_done(struct hot *hot)
{
    arena_free(hot->arena);
    arena_free(hot->scratch);
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

/* A sum as a field: name and value. False without room. */
static bool put_field(struct arena *arena, const struct postgres_result *months, size_t row,
                      struct slice *ret_pair)
{
    struct slice category = postgres_result_text(months, row, 2);
    struct slice currency = postgres_result_text(months, row, 3);
    char name[HOT_FIELD_BYTES], value[48];
    int name_size =
        snprintf(name, sizeof name, "%.*s|%.*s", SLICE_FORMAT(category), SLICE_FORMAT(currency));
    int value_size =
        snprintf(value, sizeof value, "%lld %lld", (long long)postgres_result_int8(months, row, 4),
                 (long long)postgres_result_int8(months, row, 5));

    ret_pair[0] = arena_copy(arena, (struct slice){name, (size_t)name_size});
    ret_pair[1] = arena_copy(arena, (struct slice){value, (size_t)value_size});
    return ret_pair[0].data != NULL && ret_pair[1].data != NULL;
}

static bool is_of(const struct hot_month *month, const struct postgres_result *months, size_t row)
{
    return month->month.user_key == postgres_result_int8(months, row, 0) &&
           month->month.first_day == postgres_result_date(months, row, 1);
}

/* Without room the sum is left to its next change: Redis is a cache. */
static void note_row(struct hot *hot, const struct record *record,
                     const struct postgres_result *months, size_t row, struct slice *fields)
{
    struct hot_month *month = hot->count > 0 ? &hot->months[hot->count - 1] : NULL;

    if (month == NULL || !is_of(month, months, row)) {
        int32_t day = postgres_result_date(months, row, 1);
        struct slice key = key_of(hot->arena, record, day);

        if (key.data == NULL)
            return;
        month = &hot->months[hot->count++];
        *month = (struct hot_month){.key = key,
                                    .month = {record->user_key, day},
                                    .version = record->version,
                                    .fields = fields};
    }
    if (put_field(hot->arena, months, row, month->fields + month->count))
        month->count += 2;
    else if (month->count == 0)
        hot->count--;
}

/* Both lists are in the order of users. */
void hot_note(struct hot *hot, const struct batch *batch, const struct postgres_result *months)
{
    size_t rows = postgres_result_rows(months), at = 0;
    const struct record **records = by_user(hot->arena, batch);
    struct slice *fields = arena_alloc(hot->arena, 2 * rows * sizeof *fields);

    hot->months = arena_alloc(hot->arena, rows * sizeof *hot->months);
    if (hot->months == NULL || fields == NULL || records == NULL)
        return;
    for (size_t row = 0; row < rows; row++) {
        int64_t user_key = postgres_result_int8(months, row, 0);

        while (at < batch->count && records[at]->user_key < user_key)
            at++;
        if (at < batch->count && records[at]->user_key == user_key)
            note_row(hot, records[at], months, row, fields + 2 * row);
    }
}

/* ---- Writing ---- */

/* One command a month: a second one under the same version would be refused. */
static bool append_months(struct hot *hot, const struct hot_month *months, size_t count,
                          bool only_there, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        const struct redis_newer newer = {.key = months[i].key,
                                          .version = months[i].version,
                                          .ttl_ms = HOT_TTL_DAYS * MICROSECONDS_A_DAY / 1000,
                                          .fields = months[i].fields,
                                          .count = months[i].count,
                                          .only_there = only_there};

        if (redis_append_newer(hot->redis, &newer, error) != STATUS_OK)
            return false;
    }
    return true;
}

/* Reads the replies, and moves the months that Redis does not have to where *absent is, which goes
 * on. False: they are lost. */
static bool read_replies(struct hot *hot, const struct hot_month *months, size_t count,
                         struct hot_month **absent, struct error *error)
{
    struct redis_reply reply;

    for (size_t i = 0; i < count; i++)
        if (redis_next(hot->redis, &reply, error) == STATUS_OK) {
            if (reply.integer == REDIS_ABSENT)
                *(*absent)++ = months[i];
        } else if (redis_pending(hot->redis) == 0) {
            return false;
        }
    return true;
}

/* Afterwards the first *ret_absent months are those that Redis does not have. */
static bool write_months(struct hot *hot, struct hot_month *months, size_t count, bool only_there,
                         size_t *ret_absent, struct error *error)
{
    struct hot_month *absent = months;

    for (size_t i = 0; i < count; i += HOT_PIPELINE) {
        size_t some = count - i < HOT_PIPELINE ? count - i : HOT_PIPELINE;

        if (!append_months(hot, months + i, some, only_there, error) ||
            !read_replies(hot, months + i, some, &absent, error))
            return false;
    }
    *ret_absent = (size_t)(absent - months);
    return true;
}

/* Gives each month all fields that it has; one without room for them goes. How many are left. */
static size_t fill_months(struct hot *hot, struct hot_month *months, size_t count,
                          const struct postgres_result *rows)
{
    size_t row_count = postgres_result_rows(rows), row = 0, kept = 0;
    struct slice *fields = arena_alloc(hot->scratch, 2 * row_count * sizeof *fields);

    for (size_t i = 0; fields != NULL && i < count; i++) {
        struct hot_month month = months[i];
        bool fits = true;

        month.fields = fields + 2 * row;
        month.count = 0;
        for (; row < row_count && is_of(&month, rows, row); row++, month.count += 2)
            fits = put_field(hot->scratch, rows, row, month.fields + month.count) && fits;
        if (fits && month.count > 0 && month.count <= REDIS_ARGUMENTS_MAX)
            months[kept++] = month;
    }
    return kept;
}

/* Redis has nothing of these: a part of a month would look like all of it. */
static bool write_whole(struct hot *hot, struct hot_month *months, size_t count,
                        struct error *error)
{
    struct store_month wanted[HOT_WHOLE];
    OWNED(postgres_result) rows = NULL;
    size_t absent;

    for (size_t i = 0; i < count; i++)
        wanted[i] = months[i].month;
    if (store_read_months(hot->store, hot->db, wanted, count, &rows, error) != STATUS_OK)
        return false;
    arena_reset(hot->scratch);
    count = fill_months(hot, months, count, rows);
    return write_months(hot, months, count, false, &absent, error);
}

void hot_write(struct hot *hot)
{
    struct error error = {0};
    size_t absent = 0;
    bool written = write_months(hot, hot->months, hot->count, true, &absent, &error);

    for (size_t i = 0; i < absent && written; i += HOT_WHOLE)
        written = write_whole(hot, hot->months + i, absent - i < HOT_WHOLE ? absent - i : HOT_WHOLE,
                              &error);
    if (!written) {
        redis_drop(hot->redis);
        metrics_counter_add(hot->failures, 1);
    }
    hot_forget(hot);
}
