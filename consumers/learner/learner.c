/* The learner: what was shown and what the user said of it become weights, each lesson once, with
 * an audit row. Feedback counts as applied when it is durably parked; it is learnt in the
 * transaction in which the second half arrives. */
#include "consumers/learner/learner.h"

#include "common/sink/categories.h"
#include "common/sink/ids.h"
#include "consumers/learner/lessons.h"
#include "consumers/learner/publisher.h"
#include "consumers/learner/store.h"

struct learner {
    struct store store;
    struct publisher publisher;
    bool opened;
};

struct work {
    struct learner *self;
    struct postgres_tx *tx;
    const struct batch *batch;
    struct verdicts *verdicts;
};

static bool is_shown(const struct record *record)
{
    return record->classification != NULL;
}

static bool is_said(const struct record *record)
{
    return record->feedback != NULL && !categories_refuse(record);
}

/* Inserts one half of the batch, and says of each record what it was. */
static enum status add_half(struct work *work, bool said, struct error *error)
{
    struct arena *arena = work->batch->arena;
    OWNED(postgres_result) added = NULL;
    OWNED(postgres_result) stored = NULL;
    struct ids ids;
    const struct record **list;
    size_t count;
    enum status status;

    if (!ids_init(&ids, arena, work->batch, said ? is_said : is_shown) ||
        (list = ids_leads(&ids, arena, &count)) == NULL)
        return arena_no_room(error);
    if (count == 0)
        return STATUS_OK;
    status = store_add(&work->self->store, work->tx, said, list, count, &added, error);
    if (status != STATUS_OK)
        return status;
    ids_judge_new(&ids, added, work->verdicts);
    list = ids_unjudged(&ids, arena, work->verdicts, &count);
    if (list == NULL)
        return arena_no_room(error);
    if (count > 0)
        status = store_ids(&work->self->store, work->tx, said, list, count, &stored, error);
    if (status == STATUS_OK)
        ids_judge_known(&ids, stored, work->verdicts, said ? "too_many_feedbacks" : NULL);
    return status;
}

static enum status learn(struct work *work, struct error *error)
{
    struct learner *self = work->self;
    struct arena *arena = work->batch->arena;
    OWNED(postgres_result) rows = NULL;
    OWNED(postgres_result) states = NULL;
    struct lessons lessons;
    enum status status;

    status = store_find_lessons(&self->store, work->tx, work->batch, &lessons, &rows, error);
    if (status != STATUS_OK || lessons.count == 0)
        return status;
    if ((status = lessons_prepare(&lessons, arena, error)) != STATUS_OK ||
        (status = store_start_learning(&self->store, work->tx, &lessons, &states, error)) !=
            STATUS_OK ||
        (status = lessons_learn(&lessons, arena, error)) != STATUS_OK ||
        (status = store_finish_learning(&self->store, work->tx, &lessons, work->batch->now.wall_us,
                                        error)) != STATUS_OK)
        return status;
    publisher_note(&self->publisher, &lessons);
    return STATUS_OK;
}

static enum status learner_apply(void *state, struct postgres_tx *tx, const struct batch *batch,
                                 struct verdicts *verdicts, struct error *error)
{
    struct work work = {.self = state, .tx = tx, .batch = batch, .verdicts = verdicts};
    enum status status;

    publisher_forget(&work.self->publisher);
    categories_reject(batch, verdicts);
    if ((status = add_half(&work, false, error)) != STATUS_OK ||
        (status = add_half(&work, true, error)) != STATUS_OK)
        return status;
    return learn(&work, error);
}

static enum status learner_open(void *state, const struct sink_context *context,
                                struct error *error)
{
    struct learner *self = state;

    (void)error;
    if (self->opened)
        return STATUS_OK;
    self->opened = true;
    store_init(&self->store);
    publisher_init(&self->publisher, context);
    return STATUS_OK;
}

static enum status learner_taken(void *state, int32_t partition, struct error *error)
{
    struct learner *self = state;

    return publisher_take(&self->publisher, partition, error);
}

static void learner_committed(void *state, const struct batch *batch,
                              const struct verdicts *verdicts)
{
    struct learner *self = state;

    (void)batch;
    (void)verdicts;
    publisher_publish(&self->publisher);
}

static void learner_tick(void *state, struct now now)
{
    struct learner *self = state;

    publisher_tick(&self->publisher, now);
}

static void learner_revoked(void *state, int32_t partition)
{
    struct learner *self = state;

    publisher_revoke(&self->publisher, partition);
}

static void learner_close(void *state)
{
    struct learner *self = state;

    if (!self->opened)
        return;
    store_done(&self->store);
    publisher_done(&self->publisher);
}

static const struct input inputs[] = {
    {"classifications", INPUT_CLASSIFICATIONS},
    {"feedback", INPUT_FEEDBACK},
};

const struct sink learner_sink = {
    .name = "learner",
    .inputs = inputs,
    .input_count = sizeof inputs / sizeof inputs[0],
    .state_size = sizeof(struct learner),
    .uses_redis = true,
    .open = learner_open,
    .taken = learner_taken,
    .apply = learner_apply,
    .committed = learner_committed,
    .tick = learner_tick,
    .revoked = learner_revoked,
    .close = learner_close,
};
