/* How far the partitions are behind. What is read says so with each fetch. What is not, since a
 * batch waits or the partition cannot be taken, is asked for now and then: or lag would stand still
 * just when it grows. */
#include "common/worker/thread_state.h"

#include "common/base/clock.h"
#include "common/base/must.h"

enum {
    EXPORT_MS = 1000,
    ASK_MS = 3000,
    ASK_TIMEOUT_MS = 1000, /* the loop stands still meanwhile */
};

static bool is_read(const struct thread *thread, const struct partition *partition)
{
    return partition->phase == PARTITION_TAKEN && !thread->waiting;
}

/* Where it stands is known once it was taken. */
static bool is_known(const struct partition *partition, size_t input)
{
    return partition->phase == PARTITION_TAKEN ||
           (partition->phase != PARTITION_ABSENT && partition->inputs[input].next > 0);
}

static size_t thread_unread(struct thread *thread, struct kafka_position *positions)
{
    size_t count = 0;

    for (int32_t number = 0; number < thread->partitions.count; number++) {
        const struct partition *partition = partitions_at(&thread->partitions, number);

        for (size_t i = 0; i < thread->view.input_count; i++)
            if (is_known(partition, i) && !is_read(thread, partition))
                positions[count++] =
                    (struct kafka_position){.topic = (int32_t)i, .partition = number};
    }
    return count;
}

/* Without an answer the numbers stay as they are. */
static void thread_ask_ends(struct thread *thread)
{
    size_t most = (size_t)thread->partitions.count * thread->view.input_count;
    struct kafka_position *positions = must_alloc(most * sizeof *positions);
    struct kafka_watermarks *marks = must_alloc(most * sizeof *marks);
    size_t count = thread_unread(thread, positions);
    struct error ignored = {0};

    if (kafka_consumer_watermarks(thread->view.consumer, positions, count, ASK_TIMEOUT_MS, marks,
                                  &ignored) == STATUS_OK)
        for (size_t i = 0; i < count; i++)
            partitions_at(&thread->partitions, positions[i].partition)
                ->inputs[positions[i].topic]
                .asked_end = marks[i].high;
    free(positions);
    free(marks);
}

/* The first record in hand of each partition, by thread_lag_index; all NULL unless the batch waits.
 */
static const struct record **thread_held(const struct thread *thread)
{
    size_t series = (size_t)thread->partitions.count * thread->view.input_count;
    const struct record **held = must_alloc(series * sizeof(struct record *));
    const struct batch *batch = &thread->gather.batch;

    for (size_t i = thread->waiting ? batch->count : 0; i-- > 0;) {
        const struct record *record = &batch->records[i];

        if (record->message != NULL) /* not for a gap */
            held[thread_lag_index(thread, record->partition, (size_t)record->input)] = record;
    }
    return held;
}

static int64_t thread_end(const struct thread *thread, int32_t number, size_t input,
                          const struct partition_input *state)
{
    struct kafka_watermarks marks;

    if (kafka_consumer_seen_watermarks(thread->view.consumer, (int32_t)input, number, &marks) &&
        marks.high > state->asked_end)
        return marks.high;
    return state->asked_end;
}

/* No unread record is older than the last one that was handed on, or than the moment when there was
 * none. */
static void thread_export_lag(struct thread *thread, int32_t number, size_t input,
                              const struct record *held, int64_t wall_us)
{
    struct partition_input *state = &partitions_at(&thread->partitions, number)->inputs[input];
    const struct stats_lag *lag = &thread->lag[thread_lag_index(thread, number, input)];
    int64_t next = held != NULL ? held->offset : state->next;
    int64_t behind = thread_end(thread, number, input, state) - next;
    int64_t since_us = state->appended_us > state->level_us ? state->appended_us : state->level_us;

    if (held != NULL)
        since_us = held->appended_us;
    if (behind <= 0)
        state->level_us = wall_us;
    metrics_gauge_set(lag->records, behind > 0 ? behind : 0);
    metrics_real_set(lag->seconds, behind > 0 && since_us > 0 && wall_us > since_us
                                       ? (double)(wall_us - since_us) / 1e6
                                       : 0);
}

void lag_export(struct thread *thread, int64_t now_ms)
{
    const struct record **held;
    int64_t wall_us;

    if (now_ms < thread->metrics_at_ms)
        return;
    thread->metrics_at_ms = now_ms + EXPORT_MS;
    if (now_ms >= thread->ask_at_ms) {
        thread_ask_ends(thread);
        thread->ask_at_ms = now_ms + ASK_MS;
    }
    held = thread_held(thread);
    wall_us = clock_wall_us();
    for (int32_t number = 0; number < thread->partitions.count; number++)
        for (size_t i = 0; i < thread->view.input_count; i++)
            if (is_known(partitions_at(&thread->partitions, number), i))
                thread_export_lag(thread, number, i, held[thread_lag_index(thread, number, i)],
                                  wall_us);
    free(held);
}
