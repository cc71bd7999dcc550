/* In place of what the classifier finds in Redis and Postgres (redis_copy.c, changelog.c and
 * counts.c of common/weights): users with habits of their own, users who never said anything, and
 * tenants' counts. The same for ever, so that the state is. */
#include "common/base/hash.h"
#include "common/base/must.h"
#include "common/engine/lesson.h"
#include "common/weights/changelog.h"
#include "common/weights/counts.h"
#include "common/weights/redis_copy.h"
#include "tests/contract/source.h"

enum { LESSONS = 12 };

static const char *const categories[] = {"food", "fun", "travel", "home", "car"};

/* What `who` files this merchant under. */
static struct engine_lesson lesson_of(uint64_t who, size_t merchant, struct engine_features *place)
{
    const struct engine_input input = {.merchant = slice_of(source_merchants[merchant]),
                                       .currency = SLICE_LITERAL("EUR"),
                                       .amount_minor = 1000,
                                       .occurred_us = 1700000000000000};

    engine_features(&input, place);
    return (struct engine_lesson){.features = place,
                                  .kind = ENGINE_CORRECTION,
                                  .category = slice_of(categories[(who + merchant) % 5])};
}

static void teach(struct engine_user *user, uint64_t who)
{
    for (size_t i = 0; i < LESSONS * SOURCE_MERCHANTS; i++) {
        struct engine_features features;
        struct engine_step step;
        struct engine_lesson lesson = lesson_of(who, i % SOURCE_MERCHANTS, &features);

        engine_learn_user(user, &lesson, &step);
    }
}

enum status redis_copy_read(struct redis *redis, const struct weights_copy *copies, size_t count,
                            redis_copy_found *found, void *context, struct error *error)
{
    (void)redis;
    (void)error;
    for (size_t i = 0; i < count; i++) {
        uint64_t who = hash_fnv1a(hash_fnv1a(HASH_FNV_SEED, copies[i].tenant), copies[i].user);
        OWNED(engine_user) user = engine_user_new();
        struct buffer state;

        buffer_init(&state, ENGINE_USER_BYTES_MAX);
        if (copies[i].user.size == 2 && who % 4 > 0) {
            teach(user, who);
            engine_user_encode(user, &state);
        }
        found(context, i, true, 1, buffer_slice(&state));
        buffer_done(&state);
    }
    return STATUS_OK;
}

enum status redis_copy_write(struct redis *redis, const struct weights_copy *copies, size_t count,
                             struct error *error)
{
    (void)redis;
    (void)copies;
    (void)count;
    (void)error;
    return STATUS_OK;
}

/* Rows are absolute a source: each lesson is one. */
static void count_lesson(struct engine_counts *counts, struct slice tenant, size_t i)
{
    struct engine_features features;
    struct engine_lesson lesson = lesson_of(tenant.size, i % SOURCE_MERCHANTS, &features);
    struct engine_delta deltas[ENGINE_DELTAS_MAX];
    size_t delta_count = engine_lesson_deltas(&lesson, deltas);

    for (size_t d = 0; d < delta_count; d++) {
        const struct engine_count row = {.tenant = tenant,
                                         .subject = deltas[d].subject,
                                         .category = deltas[d].category,
                                         .source = (uint16_t)i,
                                         .units = deltas[d].units};

        MUST(engine_counts_set(counts, &row));
    }
}

enum status counts_read(struct counts_reader *reader, struct postgres *db,
                        struct engine_counts *counts, bool *ret_more, struct error *error)
{
    (void)reader;
    (void)db;
    (void)error;
    *ret_more = false;
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < LESSONS * SOURCE_MERCHANTS; i++)
            count_lesson(counts, slice_of(source_tenants[t]), i);
    return STATUS_OK;
}

/* Nothing changes. */
void changelog_done(struct changelog *changelog)
{
    (void)changelog;
}

void changelog_take(struct changelog *changelog, int32_t partition, int64_t now_ms)
{
    (void)changelog;
    (void)partition;
    (void)now_ms;
}

void changelog_revoke(struct changelog *changelog, int32_t partition)
{
    (void)changelog;
    (void)partition;
}

bool changelog_synced(const struct changelog *changelog, int32_t partition)
{
    (void)changelog;
    (void)partition;
    return true;
}

int64_t changelog_floor_of(const struct changelog *changelog, int32_t partition,
                           struct slice tenant, struct slice user)
{
    (void)changelog;
    (void)partition;
    (void)tenant;
    (void)user;
    return 0;
}

enum status changelog_read(struct changelog *changelog, struct postgres *db, int64_t now_ms,
                           const struct changelog_callbacks *callbacks, bool *reached,
                           struct error *error)
{
    (void)changelog;
    (void)db;
    (void)now_ms;
    (void)callbacks;
    (void)error;
    *reached = true;
    return STATUS_OK;
}
