#include "common/weights/weights.h"

#include "common/base/must.h"
#include "common/weights/cache.h"
#include "common/weights/changelog.h"
#include "common/weights/redis_copy.h"
#include "common/weights/stored.h"

#include <stdlib.h>

enum {
    SYNC_MS = 500,
    BREAK_MS = 1000, /* a store that failed is not asked for so long */
};

/* Where users were found. */
enum source { SOURCE_MEMORY, SOURCE_REDIS, SOURCE_POSTGRES, SOURCE_OLD, SOURCE_NONE, SOURCES };

struct weights {
    struct weights_options options;
    struct cache cache;
    struct changelog changelog;
    uint64_t batch; /* counts weights_find */
    int64_t sync_at_ms;
    int64_t redis_at_ms;    /* not before; a breaker */
    int64_t postgres_at_ms; /* the same */
    struct metrics_counter *found[SOURCES];
    struct metrics_real *stale_seconds;

    /* Of one weights_find. */
    struct weights_query **missing;
    struct weights_copy *copies;
    struct engine_user **old; /* owned: copies that only serve until the next call */
    size_t missing_count;
    size_t old_count;
    size_t capacity;
};

static const struct metrics_spec found_spec = {
    .name = "tributary_weights_lookups_total",
    .type = METRICS_COUNTER,
    .help =
        "Users looked up, by where their weights were: memory, redis, postgres, an old copy since"
        " Postgres did not answer, or none to be had.",
    .labels = {"source"},
};
static const struct metrics_spec stale_spec = {
    .name = "tributary_weights_stale_seconds",
    .type = METRICS_REAL,
    .help = "Since the changelog of weights was read last; grows while Postgres is away.",
};

struct weights *weights_new(const struct weights_options *options)
{
    static const char *const names[] = {"memory", "redis", "postgres", "old", "none"};
    struct weights *weights = must_alloc(sizeof *weights);
    struct metrics_family *found = metrics_register(options->metrics, &found_spec);

    weights->options = *options;
    weights->cache.limit = options->cache_bytes;
    for (int source = 0; source < SOURCES; source++)
        weights->found[source] = metrics_counter(found, &names[source]);
    weights->stale_seconds = metrics_real(metrics_register(options->metrics, &stale_spec), NULL);
    return weights;
}

static void drop_old(struct weights *weights)
{
    while (weights->old_count > 0)
        engine_user_free(weights->old[--weights->old_count]);
}

void weights_free(struct weights *weights)
{
    if (weights == NULL)
        return;
    drop_old(weights);
    cache_done(&weights->cache);
    changelog_done(&weights->changelog);
    free(weights->missing);
    free(weights->copies);
    free(weights->old);
    free(weights);
}

void weights_take(struct weights *weights, int32_t partition)
{
    cache_drop_partition(&weights->cache, partition);
    changelog_take(&weights->changelog, partition, clock_steady_ms());
    weights->sync_at_ms = 0; /* floors first */
}

void weights_revoke(struct weights *weights, int32_t partition)
{
    cache_drop_partition(&weights->cache, partition);
    changelog_revoke(&weights->changelog, partition);
}

/* ---- The changelog ---- */

static void on_moved(void *context, int32_t partition)
{
    struct weights *weights = context;

    cache_drop_partition(&weights->cache, partition);
}

static void on_changed(void *context, struct slice tenant, struct slice user, int64_t number)
{
    struct weights *weights = context;
    struct cache_user *entry = cache_find(&weights->cache, tenant, user);

    if (entry != NULL && entry->number < number)
        cache_drop(&weights->cache, entry);
}

static void set_staleness(struct weights *weights, int64_t now_ms)
{
    int64_t oldest_ms = now_ms;

    for (int32_t p = 0; p < CHANGELOG_PARTITIONS; p++) {
        const struct changelog_partition *partition = &weights->changelog.partitions[p];

        if (partition->taken && partition->synced_ms < oldest_ms)
            oldest_ms = partition->synced_ms;
    }
    metrics_real_set(weights->stale_seconds, (double)(now_ms - oldest_ms) / 1000);
}

void weights_sync(struct weights *weights, struct now now)
{
    const struct changelog_callbacks callbacks = {on_moved, on_changed, weights};
    int64_t now_ms = now.steady_us / 1000;
    struct error error = {0};
    bool answered, reached;

    if (now_ms < weights->sync_at_ms || now_ms < weights->postgres_at_ms)
        return;
    weights->sync_at_ms = now_ms + SYNC_MS;
    postgres_set_deadline(weights->options.db, clock_steady_ms() + weights->options.deadline_ms);
    answered = changelog_read(&weights->changelog, weights->options.db, now_ms, &callbacks,
                              &reached, &error) == STATUS_OK;
    if (!answered && reached) /* by itself it says nothing of other questions */
        weights->sync_at_ms = clock_steady_ms() + BREAK_MS;
    else if (!answered)
        weights->postgres_at_ms = clock_steady_ms() + BREAK_MS;
    postgres_set_deadline(weights->options.db, INT64_MAX);
    set_staleness(weights, now_ms);
}

/* ---- Finding ---- */

static void reserve(struct weights *weights, size_t count)
{
    if (count <= weights->capacity)
        return;
    weights->missing = must_realloc(weights->missing, count * sizeof(struct weights_query *));
    weights->copies = must_realloc(weights->copies, count * sizeof *weights->copies);
    weights->old = must_realloc(weights->old, count * sizeof(struct engine_user *));
    weights->capacity = count;
}

static void find_in_memory(struct weights *weights, struct weights_query *queries, size_t count)
{
    weights->missing_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct cache_user *entry = cache_find(&weights->cache, queries[i].tenant, queries[i].user);

        queries[i].ret_user = entry != NULL ? entry->user : NULL;
        if (entry != NULL)
            entry->used = weights->batch;
        /* Who may have been changed since is looked up again; until then what is here will do. */
        if (entry == NULL || !changelog_synced(&weights->changelog, queries[i].partition))
            weights->missing[weights->missing_count++] = &queries[i];
    }
    metrics_counter_add(weights->found[SOURCE_MEMORY], count - weights->missing_count);
}

/* Keeps a state that was read. A state that cannot be read is as none: the learner will not
 * overwrite it, and classifying must go on. */
static void keep(struct weights *weights, struct weights_query *query, int64_t number,
                 struct slice state)
{
    struct cache_user found = {
        .partition = query->partition, .number = number, .used = weights->batch};
    struct error error = {0};

    if (state.size > 0 && engine_user_decode(state, &found.user, &error) != STATUS_OK)
        found.user = NULL;
    query->ret_user = cache_put(&weights->cache, query->tenant, query->user, &found)->user;
}

/* A copy that may be old, in case that Postgres does not answer. */
static void keep_old(struct weights *weights, struct weights_query *query, struct slice state)
{
    struct engine_user *user = NULL;
    struct error error = {0};

    if (query->ret_user != NULL || engine_user_decode(state, &user, &error) != STATUS_OK)
        return;
    query->ret_user = weights->old[weights->old_count++] = user;
}

/* Takes the answered queries (now NULL) out of the list. */
static size_t close_ranks(struct weights *weights)
{
    size_t kept = 0, before = weights->missing_count;

    for (size_t i = 0; i < before; i++)
        if (weights->missing[i] != NULL)
            weights->missing[kept++] = weights->missing[i];
    weights->missing_count = kept;
    return before - kept;
}

static void on_redis(void *context, size_t index, bool found, int64_t number, struct slice state)
{
    struct weights *weights = context;
    struct weights_query *query = weights->missing[index];

    if (!found)
        return;
    if (number <
        changelog_floor_of(&weights->changelog, query->partition, query->tenant, query->user)) {
        keep_old(weights, query, state);
        return;
    }
    keep(weights, query, number, state);
    weights->missing[index] = NULL;
}

static void copies_of_missing(struct weights *weights)
{
    for (size_t i = 0; i < weights->missing_count; i++)
        weights->copies[i] = (struct weights_copy){.tenant = weights->missing[i]->tenant,
                                                   .user = weights->missing[i]->user};
}

static void find_in_redis(struct weights *weights, int64_t now_ms)
{
    struct redis *redis = weights->options.redis;
    struct error error = {0};

    if (weights->missing_count == 0 || now_ms < weights->redis_at_ms)
        return;
    copies_of_missing(weights);
    redis_set_deadline(redis, clock_steady_ms() + weights->options.deadline_ms);
    if (redis_copy_read(redis, weights->copies, weights->missing_count, on_redis, weights,
                        &error) != STATUS_OK)
        weights->redis_at_ms = clock_steady_ms() + BREAK_MS;
    redis_set_deadline(redis, INT64_MAX);
    metrics_counter_add(weights->found[SOURCE_REDIS], close_ranks(weights));
}

/* So that the next classifier finds them in Redis. Lost is nothing. */
static void fill_redis(struct weights *weights, const struct postgres_result *rows)
{
    struct redis *redis = weights->options.redis;
    struct error error = {0};
    size_t count = 0;

    for (size_t row = 0; row < postgres_result_rows(rows); row++) {
        const struct weights_query *query = weights->missing[postgres_result_int4(rows, row, 0)];

        weights->copies[count++] =
            (struct weights_copy){.tenant = query->tenant,
                                  .user = query->user,
                                  .number = postgres_result_int8(rows, row, 1),
                                  .state = postgres_result_bytea(rows, row, 2)};
    }
    if (count == 0)
        return;
    redis_set_deadline(redis, clock_steady_ms() + weights->options.deadline_ms);
    if (redis_copy_write(redis, weights->copies, count, &error) != STATUS_OK)
        weights->redis_at_ms = clock_steady_ms() + BREAK_MS;
    redis_set_deadline(redis, INT64_MAX);
}

/* The truth: who has no row there never taught anything. */
static void find_in_postgres(struct weights *weights, int64_t now_ms)
{
    OWNED(postgres_result) rows = NULL;
    struct error error = {0};
    enum status status;

    if (weights->missing_count == 0 || now_ms < weights->postgres_at_ms)
        return;
    postgres_set_deadline(weights->options.db, clock_steady_ms() + weights->options.deadline_ms);
    copies_of_missing(weights);
    status =
        stored_find(weights->options.db, weights->copies, weights->missing_count, &rows, &error);
    postgres_set_deadline(weights->options.db, INT64_MAX);
    if (status != STATUS_OK) {
        weights->postgres_at_ms = clock_steady_ms() + BREAK_MS;
        return;
    }
    if (clock_steady_ms() >= weights->redis_at_ms)
        fill_redis(weights, rows);
    for (size_t row = 0; row < postgres_result_rows(rows); row++) {
        int32_t index = postgres_result_int4(rows, row, 0);

        keep(weights, weights->missing[index], postgres_result_int8(rows, row, 1),
             postgres_result_bytea(rows, row, 2));
        weights->missing[index] = NULL;
    }
    for (size_t i = 0; i < weights->missing_count; i++)
        if (weights->missing[i] != NULL)
            keep(weights, weights->missing[i], 0, (struct slice){NULL, 0});
    metrics_counter_add(weights->found[SOURCE_POSTGRES], weights->missing_count);
    weights->missing_count = 0;
}

/* Who is still missing: Postgres did not answer. */
static void count_missing(struct weights *weights)
{
    size_t old = 0;

    for (size_t i = 0; i < weights->missing_count; i++)
        old += weights->missing[i]->ret_user != NULL;
    metrics_counter_add(weights->found[SOURCE_OLD], old);
    metrics_counter_add(weights->found[SOURCE_NONE], weights->missing_count - old);
}

void weights_find(struct weights *weights, struct weights_query *queries, size_t count,
                  struct now now)
{
    int64_t now_ms = now.steady_us / 1000;

    weights->batch++;
    drop_old(weights);
    reserve(weights, count);
    weights_sync(weights, now);
    find_in_memory(weights, queries, count);
    find_in_redis(weights, now_ms);
    find_in_postgres(weights, now_ms);
    count_missing(weights);
    cache_shrink(&weights->cache, weights->batch);
}
