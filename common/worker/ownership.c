/* Which partitions a thread has: from the group's word that they are assigned, over the kind's that
 * they are taken, to the consumer that reads them; and the way back. */
#include "common/worker/thread_state.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/log/log.h"

enum { REVOKE_MS = 5000 }; /* for settling before partitions are given up */

static void thread_lag_add(struct thread *thread, int32_t number)
{
    for (size_t i = 0; i < thread->view.input_count; i++) {
        struct stats_lag *lag = &thread->lag[thread_lag_index(thread, number, i)];

        if (lag->records == NULL)
            stats_lag_add(thread->options.stats, thread->view.inputs[i].topic, number, lag);
    }
}

static void thread_set_halted(struct thread *thread, int32_t number, bool halted)
{
    thread_lag_add(thread, number);
    for (size_t i = 0; i < thread->view.input_count; i++)
        metrics_gauge_set(thread->lag[thread_lag_index(thread, number, i)].halted, halted);
}

void ownership_halt(struct thread *thread, int32_t number, const char *reason)
{
    struct partition *partition = partitions_at(&thread->partitions, number);

    partition_halt(partition, clock_steady_ms() + thread->view.settings->halt_retry_ms);
    thread_set_halted(thread, number, true);
    thread->halting = true;
    thread->reassign = true;
    log_write(LOG_ERROR, "partition_halted", LOG_INT("partition", number),
              LOG_TEXT("reason", reason));
}

void worker_halt(const struct worker_thread *view, int32_t partition, const char *reason)
{
    /* The view is the thread's first member; the kind holds it const, the thread is not. */
    struct thread *thread = (struct thread *)(uintptr_t)view;

    if (partitions_at(&thread->partitions, partition)->phase == PARTITION_TAKEN)
        ownership_halt(thread, partition, reason);
}

/* After a call of the kind: what halted within it leaves the batch, and the kind. */
void ownership_settle_halts(struct thread *thread)
{
    if (!thread->halting)
        return;
    thread->halting = false;
    for (int32_t number = 0; number < thread->partitions.count; number++) {
        if (partitions_at(&thread->partitions, number)->phase != PARTITION_HALTED)
            continue;
        gather_drop_partition(&thread->gather, number);
        thread->kind->revoked(thread->life, number);
    }
}

/* False: not now; trying others would only wait for the same thing. */
static bool thread_take(struct thread *thread, int32_t number)
{
    struct partition *partition = partitions_at(&thread->partitions, number);
    int64_t next[PARTITIONS_MAX_INPUTS];
    struct error error = {0};

    switch (thread->kind->take(thread->life, number, next, &error)) {
    case STATUS_OK:
        partition_take(partition, thread->view.input_count, next);
        thread_set_halted(thread, number, false);
        thread->reassign = true;
        return true;
    case STATUS_RETRY:
    case STATUS_LOST:
        partition_retry(partition, &thread->random, clock_steady_ms());
        log_error_line(LOG_WARN, "partition_not_taken", &error, LOG_INT("partition", number));
        return false;
    case STATUS_REJECT:
        ownership_halt(thread, number, error.text);
        return true;
    case STATUS_FATAL:
        break;
    }
    thread_fail(thread, &error);
    return false;
}

void ownership_take_due(struct thread *thread)
{
    int32_t number;

    while ((number = partitions_due(&thread->partitions, clock_steady_ms())) >= 0)
        if (!thread_take(thread, number))
            return;
}

/* One series for all threads of the process. */
static void thread_export_taken(struct thread *thread, int64_t taken)
{
    metrics_gauge_add(thread->options.stats->partitions, taken - thread->taken);
    thread->taken = taken;
}

/* Tells the consumer what to read from where. */
void ownership_assign(struct thread *thread)
{
    size_t inputs = thread->view.input_count, count = 0;
    struct kafka_position *positions;
    struct error error = {0};

    thread->reassign = false;
    positions = must_alloc((size_t)thread->partitions.count * inputs * sizeof *positions);
    for (int32_t number = 0; number < thread->partitions.count; number++) {
        const struct partition *partition = partitions_at(&thread->partitions, number);

        for (size_t i = 0; partition->phase == PARTITION_TAKEN && i < inputs; i++)
            positions[count++] = (struct kafka_position){
                .topic = (int32_t)i, .partition = number, .offset = partition->inputs[i].next};
    }
    /* LOST: a revocation is on its way and will be told by the next poll. */
    if (kafka_consumer_assign(thread->view.consumer, positions, count, &error) == STATUS_FATAL)
        thread_fail(thread, &error);
    free(positions);
    thread_export_taken(thread, (int64_t)partitions_count(&thread->partitions, PARTITION_TAKEN));
    error_clear(&error);
    if (thread->waiting && kafka_consumer_pause(thread->view.consumer, &error) == STATUS_FATAL)
        thread_fail(thread, &error);
}

/* Partitions may be added while we run. */
static enum status check_number(const struct thread *thread, const struct kafka_position *position,
                                struct error *error)
{
    if (position->partition < thread->partitions.count)
        return STATUS_OK;
    return error_set(error, STATUS_REJECT,
                     "topic %s has a partition %d, but worker.partitions is %d: " WRONG_COUNT,
                     thread->view.inputs[position->topic].topic, position->partition,
                     thread->partitions.count);
}

static void on_assigned(void *opaque, const struct kafka_position *positions, size_t count)
{
    struct thread *thread = opaque;
    int64_t now_ms = clock_steady_ms();
    struct error error = {0};

    metrics_counter_add(thread->options.stats->rebalances, 1);
    for (size_t i = 0; i < count; i++)
        if (check_number(thread, &positions[i], &error) != STATUS_OK)
            thread_fail(thread, &error);
        else
            partitions_assign(&thread->partitions, positions[i].partition,
                              (size_t)positions[i].topic, now_ms);
    log_write(LOG_INFO, "partitions_assigned", LOG_INT("count", count),
              LOG_INT("thread", thread->view.index));
    atomic_store(&thread->opened, true);
}

static void thread_forget(struct thread *thread, int32_t number)
{
    struct partition *partition = partitions_at(&thread->partitions, number);

    if (partition->phase != PARTITION_ABSENT)
        thread->kind->revoked(thread->life, number);
    for (size_t i = 0; i < thread->view.input_count; i++)
        stats_lag_remove(thread->options.stats, thread->view.inputs[i].topic, number,
                         &thread->lag[thread_lag_index(thread, number, i)]);
    *partition = (struct partition){0};
}

/* The eager protocol takes everything away at once. */
static void on_revoked(void *opaque, const struct kafka_position *positions, size_t count,
                       bool lost)
{
    struct thread *thread = opaque;

    (void)positions;
    if (!lost && thread->kind->settle != NULL)
        thread->kind->settle(thread->life, REVOKE_MS);
    gather_reset(&thread->gather);
    thread->waiting = false;
    thread->halting = false;
    thread->reassign = false;
    atomic_store(&thread->stalled, false);
    for (int32_t number = 0; number < thread->partitions.count; number++)
        thread_forget(thread, number);
    thread_export_taken(thread, 0);
    log_write(LOG_INFO, "partitions_revoked", LOG_INT("count", count), LOG_BOOL("lost", lost),
              LOG_INT("thread", thread->view.index));
}

/* Of a commit that nobody waited for: the next one says more. */
static void on_committed(void *opaque, const struct error *error)
{
    struct thread *thread = opaque;

    if (error->status != STATUS_OK)
        metrics_counter_add(thread->options.stats->commit_failures, 1);
}

const struct kafka_consumer_callbacks ownership_callbacks = {
    .assigned = on_assigned, .revoked = on_revoked, .committed = on_committed};
