#include "consumers/learner/publisher.h"

#include "common/base/must.h"
#include "consumers/learner/store.h"

enum { ARENA_BYTES = 64 * 1024 * 1024, RETRY_MS = 1000 };

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
            store_published(publisher->db, changes->partition, changes->last, &error) != STATUS_OK)
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

/* Everything above `published`, from the table. */
static enum status republish(struct publisher *publisher, int32_t partition, struct error *error)
{
    OWNED(postgres_result) rows = NULL;
    enum status status = store_unpublished(publisher->db, partition, &rows, error);
    size_t count;

    if (status != STATUS_OK || (count = postgres_result_rows(rows)) == 0)
        return status;
    publisher_forget(publisher);
    publisher->copies = arena_alloc(publisher->arena, count * sizeof *publisher->copies);
    if (publisher->copies == NULL)
        return error_set(error, STATUS_RETRY, "no room to tell %zu changes of weights", count);
    for (size_t row = 0; row < count; row++)
        publisher->copies[row] =
            (struct weights_copy){.tenant = postgres_result_text(rows, row, 0),
                                  .user = postgres_result_text(rows, row, 1),
                                  .number = postgres_result_int8(rows, row, 2),
                                  .state = postgres_result_bytea(rows, row, 3)};
    status = redis_copy_write(publisher->redis, publisher->copies, count, error);
    if (status == STATUS_OK)
        status = store_published(publisher->db, partition, postgres_result_int8(rows, 0, 4), error);
    return status;
}

enum status publisher_take(struct publisher *publisher, int32_t partition, struct error *error)
{
    enum status status;

    MUST(partition < PUBLISHER_PARTITIONS);
    publisher->owned[partition] = true;
    status = republish(publisher, partition, error);
    publisher->behind[partition] = status != STATUS_OK;
    if (status != STATUS_OK && !postgres_connected(publisher->db))
        return status;
    error_clear(error);
    return STATUS_OK;
}

void publisher_tick(struct publisher *publisher, struct now now)
{
    if (now.steady_us / 1000 < publisher->retry_at_ms)
        return;
    publisher->retry_at_ms = now.steady_us / 1000 + RETRY_MS;
    for (int32_t partition = 0; partition < PUBLISHER_PARTITIONS; partition++) {
        struct error error = {0};

        if (!publisher->owned[partition] || !publisher->behind[partition])
            continue;
        if (republish(publisher, partition, &error) != STATUS_OK)
            return; /* the others wait for the same thing */
        publisher->behind[partition] = false;
    }
}

void publisher_revoke(struct publisher *publisher, int32_t partition)
{
    publisher->owned[partition] = false;
}
