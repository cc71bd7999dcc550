/* The batch in hand: applied, or waiting to be, or lost. */
#include "common/worker/thread_state.h"

#include "common/base/clock.h"
#include "common/log/log.h"

enum {
    BACKOFF_BASE_MS = 100,
    BACKOFF_CAP_MS = 5000
}; /* of a batch that has to wait, full jitter */

static void thread_wait(struct thread *thread, const struct error *error)
{
    struct error pause_error = {0};

    thread->waiting = true;
    thread->retry_at_ms = clock_steady_ms() + random_backoff_ms(&thread->random, BACKOFF_BASE_MS,
                                                                BACKOFF_CAP_MS, thread->attempts);
    thread->attempts++;
    atomic_store(&thread->stalled, true);
    log_error_line(LOG_WARN, "batch_waits", error, LOG_INT("attempts", thread->attempts));
    if (kafka_consumer_pause(thread->view.consumer, &pause_error) == STATUS_FATAL)
        thread_fail(thread, &pause_error);
}

static void thread_go_on(struct thread *thread)
{
    struct error error = {0};
    bool was_waiting = thread->waiting;

    thread->waiting = false;
    thread->attempts = 0;
    atomic_store(&thread->stalled, false);
    if (was_waiting && kafka_consumer_resume(thread->view.consumer, &error) == STATUS_FATAL)
        thread_fail(thread, &error);
}

/* What was in hand is unread again: lag shows it until the partition is taken anew. */
static void thread_hand_back(struct thread *thread)
{
    const struct batch *batch = &thread->gather.batch;

    for (size_t i = batch->count; i-- > 0;) {
        const struct record *record = &batch->records[i];
        struct partition_input *state =
            &partitions_at(&thread->partitions, record->partition)->inputs[record->input];

        if (record->message == NULL)
            continue;
        state->next = record->offset;
        state->appended_us = record->appended_us;
    }
    gather_reset(&thread->gather);
}

/* Somebody else has a partition of ours, or had it for a moment. */
static void thread_lose(struct thread *thread, const struct error *error)
{
    int64_t now_ms = clock_steady_ms();

    log_error_line(LOG_WARN, "partitions_lost", error, LOG_INT("thread", thread->view.index));
    thread_hand_back(thread);
    for (int32_t number = 0; number < thread->partitions.count; number++) {
        struct partition *partition = partitions_at(&thread->partitions, number);

        if (partition->phase == PARTITION_TAKEN)
            partition_retry(partition, &thread->random, now_ms);
    }
    thread->reassign = true;
    thread_go_on(thread);
}

static void thread_answer(struct thread *thread, enum status status, const struct error *error)
{
    if (status != STATUS_OK)
        metrics_counter_add(thread->options.stats->failures[status], 1);
    switch (status) {
    case STATUS_OK:
        break;
    case STATUS_RETRY:
        thread_wait(thread, error);
        break;
    case STATUS_LOST:
        thread_lose(thread, error);
        break;
    case STATUS_REJECT: /* a kind settles rejects itself */
    case STATUS_FATAL:
        thread_fail(thread, error);
        break;
    }
}

void application_apply(struct thread *thread)
{
    const struct stats *stats = thread->options.stats;
    struct batch *batch = &thread->gather.batch;
    struct error error = {0};
    enum status status;

    batch->now = clock_now();
    status = thread->kind->apply(thread->life, batch, &error);
    if (status == STATUS_OK) {
        metrics_counter_add(stats->batches, 1);
        metrics_histogram_observe(stats->batch_records, (double)batch->count);
        metrics_histogram_observe(stats->batch_seconds,
                                  (double)(clock_steady_us() - batch->now.steady_us) / 1e6);
        gather_reset(&thread->gather);
        thread_go_on(thread);
    }
    thread_answer(thread, status, &error);
    ownership_settle_halts(thread);
}

void application_tick(struct thread *thread)
{
    struct error error = {0};
    enum status status;

    if (thread->kind->tick == NULL)
        return;
    status = thread->kind->tick(thread->life, clock_now(), &error);
    if (status == STATUS_RETRY)
        log_error_line(LOG_WARN, "tick_failed", &error);
    else
        thread_answer(thread, status, &error);
    ownership_settle_halts(thread);
}
