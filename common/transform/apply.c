/* From the records of a batch to outputs in the window. */
#include "common/transform/life.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/transform/output.h"

#include <inttypes.h>

enum {
    ROOM_MS = 1000, /* how long a batch waits for room in the window before it is put aside */
    ROOM_TURN_MS = 20,
};

/* One try of a batch. */
struct attempt {
    struct transform_life *life;
    struct batch todo; /* records for the group's map, in order */
    size_t mapped;     /* of them */
    int64_t until_ms;  /* for room */
};

static const struct window *window_of(const struct attempt *attempt)
{
    return sender_window(attempt->life->sender);
}

/* Partitions that were given up meanwhile, and what an earlier try has covered. */
static bool is_over(const struct attempt *attempt, const struct record *record)
{
    const struct window *window = window_of(attempt);

    return !window_holds(window, record->partition) ||
           record->range.to < window_covered(window, record->partition);
}

static bool is_mapped(const struct record *record)
{
    return record->reject_reason == NULL && record->transaction != NULL;
}

/* What the group will see: the batch itself when that is all of it, else a copy. */
static void select_records(struct attempt *attempt, const struct batch *batch)
{
    struct record *selected = attempt->life->selected;
    size_t count = 0;

    for (size_t i = 0; i < batch->count; i++)
        count += !is_over(attempt, &batch->records[i]) && is_mapped(&batch->records[i]);
    attempt->todo = *batch;
    attempt->todo.arena = attempt->life->scratch;
    if (count == batch->count)
        return;
    attempt->todo.records = selected;
    attempt->todo.count = count;
    for (size_t i = 0; i < batch->count; i++)
        if (!is_over(attempt, &batch->records[i]) && is_mapped(&batch->records[i]))
            *selected++ = batch->records[i];
}

/* Back-pressure: while the window is full, waits for acknowledgements. */
static enum status retain(struct attempt *attempt, const struct record *record, struct error *error)
{
    struct transform_life *life = attempt->life;

    while (!sender_push(life->sender, record->partition, record->range.to, output_key(record),
                        buffer_slice(&life->encoded))) {
        enum status status;

        if (clock_steady_ms() >= attempt->until_ms)
            return error_set(error, STATUS_RETRY,
                             "%zu outputs wait for Kafka, no room for more%s%s",
                             window_count(window_of(attempt)),
                             sender_doubt(life->sender)->status != STATUS_OK ? "; last: " : "",
                             sender_doubt(life->sender)->text);
        status = sender_turn(life->sender, ROOM_TURN_MS, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* What no group decides. */
static void stamp(const struct attempt *attempt, const struct record *record,
                  struct classification *output)
{
    output->from = window_covered(window_of(attempt), record->partition);
    output->to = record->range.to;
    output->classified_at = attempt->todo.now.wall_us;
}

static enum status put(struct attempt *attempt, const struct record *record,
                       struct classification *output, struct error *error)
{
    struct transform_life *life = attempt->life;
    struct reject reject;
    enum status status;

    stamp(attempt, record, output);
    if (!output_encode(output, &life->encoded)) {
        output_rejected(output, &reject, record, "too_large", "its output would be too large");
        stamp(attempt, record, output);
        MUST(output_encode(output, &life->encoded));
    }
    status = retain(attempt, record, error);
    if (status == STATUS_OK)
        metrics_counter_add(life->stats.outputs[output->outcome], 1);
    return status;
}

static enum status put_rejected(struct attempt *attempt, const struct record *record,
                                const char *reason, const char *detail, struct error *error)
{
    struct classification output;
    struct reject reject;

    output_rejected(&output, &reject, record, reason, detail != NULL ? detail : "");
    return put(attempt, record, &output, error);
}

static enum status put_mapped(struct attempt *attempt, const struct record *record,
                              struct error *error)
{
    struct transform_life *life = attempt->life;
    const struct record *in = &attempt->todo.records[attempt->mapped++];
    struct classification output = {0};
    struct error problem = {0};
    enum status status =
        life->program->transform->map(life->state, &attempt->todo, in, &output, &problem);

    if (status == STATUS_OK)
        return put(attempt, record, &output, error);
    if (status == STATUS_REJECT)
        return put_rejected(attempt, record,
                            problem.code[0] != '\0' ? problem.code : "unclassifiable", problem.text,
                            error);
    *error = problem;
    return status;
}

static enum status put_record(struct attempt *attempt, const struct record *record,
                              struct error *error)
{
    struct classification marker;

    if (record->range.from > window_covered(window_of(attempt), record->partition))
        /* Covering them would call them empty. */
        return error_set(error, STATUS_LOST,
                         "partition %" PRId32 ": offsets %" PRId64 " to %" PRId64 " were not read",
                         record->partition, window_covered(window_of(attempt), record->partition),
                         record->range.from - 1);
    if (record->reject_reason != NULL)
        return put_rejected(attempt, record, record->reject_reason, record->reject_detail, error);
    if (record->transaction != NULL)
        return put_mapped(attempt, record, error);
    output_marker(&marker);
    return put(attempt, record, &marker, error);
}

enum status transform_apply(struct transform_life *life, const struct batch *batch,
                            struct error *error)
{
    const struct transform *transform = life->program->transform;
    struct attempt attempt = {.life = life, .until_ms = clock_steady_ms() + ROOM_MS};
    enum status status = STATUS_OK;

    arena_reset(life->scratch);
    select_records(&attempt, batch);
    if (attempt.todo.count > 0 && transform->prepare != NULL)
        status = transform->prepare(life->state, &attempt.todo, error);
    for (size_t i = 0; i < batch->count && status == STATUS_OK; i++)
        if (!is_over(&attempt, &batch->records[i]))
            status = put_record(&attempt, &batch->records[i], error);
    return status;
}
