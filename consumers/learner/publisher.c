#include "consumers/learner/publisher.h"

#include "common/base/must.h"
#include "consumers/learner/publish_store.h"

enum { ARENA_BYTES = 64 * 1024 * 1024, RETRY_MS = 1000, TURN_MS = 100 };

static const struct metrics_spec failures_spec = {
    .name = "tributary_weights_publish_failures_total",
    .type = METRICS_COUNTER,
    .help = "Times that new weights did not reach Redis at once; they are told again.",
};

void publisher_init(struct publisher *publisher, const struct sink_context *context)
{
    *publisher = (struct publisher){.db = context->db, .redis = context->redis};
    publisher->arena = arena_new(ARENA_BYTES);
    publisher->failures = metrics_counter(metrics_register(context->metrics, &failures_spec), NULL);
}

void publisher_done(struct publisher *publisher)
{
    arena_free(publisher->arena);
    publisher->arena = NULL;
}

void publisher_forget(struct publisher *publisher)
{
    publisher->copy_count = publisher->change_count = 0;
    arena_reset(publisher->arena);
}

static bool note_pupil(struct publisher *publisher, const struct pupil *pupil)
{
    struct weights_copy *copy = &publisher->copies[publisher->copy_count];

    *copy = (struct weights_copy){.tenant = arena_copy(publisher->arena, pupil->tenant),
                                  .user = arena_copy(publisher->arena, pupil->user),
                                  .number = pupil->number,
                                  .state = arena_copy(publisher->arena, pupil->state)};
    publisher->copy_count++;
    return copy->tenant.data != NULL && copy->user.data != NULL && copy->state.data != NULL;
}

void publisher_note(struct publisher *publisher, const struct lessons *lessons)
{
    bool noted;

    publisher->copies =
        arena_alloc(publisher->arena, lessons->pupil_count * sizeof *publisher->copies);
    publisher->changes =
        arena_alloc(publisher->arena, lessons->partition_count * sizeof *publisher->changes);
    noted = publisher->copies != NULL && publisher->changes != NULL;
    for (size_t i = 0; noted && i < lessons->pupil_count; i++)
        noted = note_pupil(publisher, &lessons->pupils[i]);
    for (size_t i = 0; i < lessons->partition_count; i++) {
        if (noted)
            publisher->changes[publisher->change_count++] = lessons->partitions[i];
        else /* more than fits: told from the table */
            publisher->behind[lessons->partitions[i].partition] = true;
    }
    if (!noted)
        publisher->copy_count = 0;
}

/* `published` may not pass what an earlier failure left untold. */
static void advance(struct publisher *publisher)
{
    for (size_t i = 0; i < publisher->change_count; i++) {
        const struct partition_changes *changes = &publisher->changes[i];
        struct error error = {0};

        if (!publisher->behind[changes->partition] &&
            publish_store_advance(publisher->db, changes->partition, changes->last, &error) !=
                STATUS_OK)
            publisher->behind[changes->partition] = true;
    }
}

void publisher_publish(struct publisher *publisher)
{
    struct error error = {0};

    if (publisher->copy_count > 0 && redis_copy_write(publisher->redis, publisher->copies,
                                                      publisher->copy_count, &error) != STATUS_OK) {
        metrics_counter_add(publisher->failures, 1);
        for (size_t i = 0; i < publisher->change_count; i++)
            publisher->behind[publisher->changes[i].partition] = true;
    }
    advance(publisher);
    publisher_forget(publisher);
}

/* ---- What could not be told at once, from the table ---- */

static enum status tell_rows(struct publisher *publisher, const struct postgres_result *rows,
                             struct error *error)
{
    size_t rows_count = postgres_result_rows(rows), count = 0;

    publisher_forget(publisher);
    publisher->copies = arena_alloc(publisher->arena, rows_count * sizeof *publisher->copies);
    MUST(publisher->copies != NULL); /* a slice is small */
    for (size_t row = 0; row < rows_count; row++)
        if (postgres_result_int8(rows, row, PUBLISH_STORE_NUMBER) > 0)
            publisher->copies[count++] = (struct weights_copy){
                .tenant = postgres_result_text(rows, row, PUBLISH_STORE_TENANT),
                .user = postgres_result_text(rows, row, PUBLISH_STORE_USER),
                .number = postgres_result_int8(rows, row, PUBLISH_STORE_NUMBER),
                .state = postgres_result_bytea(rows, row, PUBLISH_STORE_STATE)};
    return redis_copy_write(publisher->redis, publisher->copies, count, error);
}

static enum status tell_slice(struct publisher *publisher, int32_t partition, struct error *error)
{
    OWNED(postgres_result) rows = NULL;
    enum status status =
        publish_store_next(publisher->db, partition, PUBLISHER_SLICE, &rows, error);
    int64_t up_to;

    if (status == STATUS_OK && postgres_result_rows(rows) == 0)
        publisher->behind[partition] = false;
    if (status != STATUS_OK || !publisher->behind[partition])
        return status;
    up_to = postgres_result_int8(rows, 0, PUBLISH_STORE_UP_TO);
    if ((status = tell_rows(publisher, rows, error)) != STATUS_OK ||
        (status = publish_store_advance(publisher->db, partition, up_to, error)) != STATUS_OK)
        return status;
    publisher->behind[partition] = up_to < postgres_result_int8(rows, 0, PUBLISH_STORE_LAST);
    return STATUS_OK;
}

enum status publisher_take(struct publisher *publisher, int32_t partition, struct error *error)
{
    enum status status;

    MUST(partition < PUBLISHER_PARTITIONS);
    publisher->owned[partition] = publisher->behind[partition] = true;
    status = tell_slice(publisher, partition, error);
    if (status != STATUS_OK && !postgres_connected(publisher->db))
        return status;
    error_clear(error);
    return STATUS_OK;
}

static enum status tell_partition(struct publisher *publisher, int32_t partition, int64_t until_ms)
{
    struct error error = {0};
    enum status status = STATUS_OK;

    while (status == STATUS_OK && publisher->behind[partition] && clock_steady_ms() < until_ms)
        status = tell_slice(publisher, partition, &error);
    return status;
}

/* In turns: records wait meanwhile, and no partition waits for another one's pile. */
void publisher_tick(struct publisher *publisher, struct now now)
{
    int64_t now_ms = now.steady_us / 1000, until_ms = clock_steady_ms() + TURN_MS;

    if (now_ms < publisher->retry_at_ms)
        return;
    for (int32_t i = 0; i < PUBLISHER_PARTITIONS && clock_steady_ms() < until_ms; i++) {
        int32_t partition = publisher->turn;

        publisher->turn = (partition + 1) % PUBLISHER_PARTITIONS;
        if (!publisher->owned[partition] || !publisher->behind[partition])
            continue;
        if (tell_partition(publisher, partition, until_ms) != STATUS_OK) {
            publisher->retry_at_ms = now_ms + RETRY_MS; /* the others wait for the same thing */
            return;
        }
    }
}

void publisher_revoke(struct publisher *publisher, int32_t partition)
{
    publisher->owned[partition] = false;
}
