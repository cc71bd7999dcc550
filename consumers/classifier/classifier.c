/* The classifier: each transaction under a category, by what its tenant's users and its own user
 * taught the engine. The runtime keeps order and counts; here is only who is looked up and what is
 * said. */
#include "consumers/classifier/classifier.h"

#include "common/base/must.h"
#include "common/engine/verdict.h"
#include "common/weights/counts.h"
#include "common/weights/weights.h"
#include "consumers/classifier/answer.h"

#include <stdlib.h>

struct classifier_settings {
    int64_t user_bytes;
    int64_t count_bytes;
    int64_t counts_refresh_ms;
    int64_t lookup_ms;
};

struct classifier {
    const struct classifier_settings *settings;
    struct postgres *db;
    struct weights *weights;
    struct engine_counts *counts;
    struct counts_reader reader;
    int64_t counts_at_ms;
    struct metrics_counter *count_failures;

    /* Of the batch in hand: its users, and which of them each record has. */
    struct weights_query *users;
    size_t user_count;
    size_t *user_of; /* by record */
    size_t capacity;
    size_t *order;
};

#define AT(type, member) SETTING_AT(type, struct classifier_settings, member)

static const struct setting settings[] = {
    {.name = "user_memory",
     AT(SIZE, user_bytes),
     .fallback = "8MiB",
     .min = 65536,
     .max = INT64_C(1) << 40,
     .help = "users' weights kept in memory, a thread"},
    {.name = "count_memory",
     AT(SIZE, count_bytes),
     .fallback = "8MiB",
     .min = 65536,
     .max = INT64_C(1) << 40,
     .help = "tenants' merchant counts kept in memory, a thread"},
    {.name = "counts_refresh",
     AT(DURATION, counts_refresh_ms),
     .fallback = "10s",
     .min = 100,
     .max = 3600000,
     .help = "how often merchant counts are read anew"},
    {.name = "lookup_timeout",
     AT(DURATION, lookup_ms),
     .fallback = "200ms",
     .min = 10,
     .max = 60000,
     .help = "longest wait of a batch for Redis, and for Postgres; then it goes on without"},
};

static const struct metrics_spec count_failures_spec = {
    .name = "tributary_counts_failures_total",
    .type = METRICS_COUNTER,
    .help = "Times that merchant counts could not be read anew; the old ones serve.",
};

static enum status classifier_open(void *state, const struct transform_context *context,
                                   struct error *error)
{
    struct classifier *self = state;
    struct weights_options options = {
        .db = context->db, .redis = context->redis, .metrics = context->metrics};

    (void)error;
    if (self->weights != NULL)
        return STATUS_OK;
    self->settings = context->settings;
    self->db = context->db;
    options.cache_bytes = (size_t)self->settings->user_bytes;
    options.deadline_ms = self->settings->lookup_ms;
    self->weights = weights_new(&options);
    self->counts = engine_counts_new((size_t)self->settings->count_bytes);
    self->count_failures =
        metrics_counter(metrics_register(context->metrics, &count_failures_spec), NULL);
    return STATUS_OK;
}

static void classifier_close(void *state)
{
    struct classifier *self = state;

    weights_free(self->weights);
    engine_counts_free(self->counts);
    free(self->users);
    free(self->user_of);
    free(self->order);
}

static void classifier_taken(void *state, int32_t partition)
{
    struct classifier *self = state;

    weights_take(self->weights, partition);
}

static void classifier_revoked(void *state, int32_t partition)
{
    struct classifier *self = state;

    weights_revoke(self->weights, partition);
}

/* Old counts serve, so a failure has time; what is left is read in slices, between batches. */
enum { COUNTS_MORE_MS = 100, COUNTS_AGAIN_MS = 10000 };

static void refresh_counts(struct classifier *self, struct now now)
{
    int64_t now_ms = now.steady_us / 1000;
    struct error error = {0};
    bool more = false;

    if (now_ms < self->counts_at_ms)
        return;
    postgres_set_deadline(self->db, clock_steady_ms() + self->settings->lookup_ms);
    if (counts_read(&self->reader, self->db, self->counts, &more, &error) != STATUS_OK) {
        metrics_counter_add(self->count_failures, 1);
        self->counts_at_ms = clock_steady_ms() + COUNTS_AGAIN_MS;
    } else {
        self->counts_at_ms = now_ms + (more ? COUNTS_MORE_MS : self->settings->counts_refresh_ms);
    }
    postgres_set_deadline(self->db, INT64_MAX);
}

static void classifier_tick(void *state, struct now now)
{
    struct classifier *self = state;

    weights_sync(self->weights, now);
    refresh_counts(self, now);
}

/* ---- The batch's users ---- */

static void reserve(struct classifier *self, size_t count)
{
    if (count <= self->capacity)
        return;
    self->users = must_realloc(self->users, count * sizeof *self->users);
    self->user_of = must_realloc(self->user_of, count * sizeof *self->user_of);
    self->order = must_realloc(self->order, count * sizeof *self->order);
    self->capacity = count;
}

/* Records of one key are of one user. */
static int key_compare(const void *left, const void *right, void *context)
{
    const struct record *records = context;
    struct slice a = records[*(const size_t *)left].key, b = records[*(const size_t *)right].key;
    size_t size = a.size < b.size ? a.size : b.size;
    int order = memcmp(a.data, b.data, size);

    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static void find_users(struct classifier *self, const struct batch *batch)
{
    size_t count = 0;

    reserve(self, batch->count);
    self->user_count = 0;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->records[i].transaction != NULL)
            self->order[count++] = i;
    qsort_r(self->order, count, sizeof *self->order, key_compare, batch->records);
    for (size_t i = 0; i < count; i++) {
        const struct record *record = &batch->records[self->order[i]];

        if (i == 0 || key_compare(&self->order[i - 1], &self->order[i], batch->records) != 0)
            self->users[self->user_count++] =
                (struct weights_query){.tenant = record->transaction->tenant,
                                       .user = record->transaction->user,
                                       .partition = record->partition};
        self->user_of[self->order[i]] = self->user_count - 1;
    }
}

static enum status classifier_prepare(void *state, const struct batch *batch, struct error *error)
{
    struct classifier *self = state;

    (void)error;
    weights_sync(self->weights, batch->now);
    refresh_counts(self, batch->now);
    find_users(self, batch);
    weights_find(self->weights, self->users, self->user_count, batch->now);
    return STATUS_OK;
}

static enum status classifier_map(void *state, const struct batch *batch, const struct record *in,
                                  struct classification *ret_out, struct error *error)
{
    struct classifier *self = state;
    const struct weights_query *user = &self->users[self->user_of[in - batch->records]];
    const struct engine_view view = {.tenant = engine_tenant(self->counts, user->tenant),
                                     .user = user->ret_user};

    return answer(in->transaction, &view, batch->arena, ret_out, error);
}

const struct transform classifier_transform = {
    .name = "classifier",
    .output = "classifications",
    .input = {"transactions", INPUT_TRANSACTIONS},
    .settings = settings,
    .setting_count = sizeof settings / sizeof settings[0],
    .settings_size = sizeof(struct classifier_settings),
    .state_size = sizeof(struct classifier),
    .open = classifier_open,
    .taken = classifier_taken,
    .prepare = classifier_prepare,
    .map = classifier_map,
    .tick = classifier_tick,
    .revoked = classifier_revoked,
    .close = classifier_close,
};
