/* From the consumer's events to records of the batch in hand. */
#include "common/worker/thread_state.h"

#include "common/base/clock.h"
#include "common/log/log.h"
#include "common/worker/decode.h"

#include <stdio.h>

enum {
    POLL_MS = 50,       /* a turn when nothing comes: how late a tick may be */
    TRAILING_MS = 1000, /* the log's end lies beyond the last record for so long: a gap */
};

static void thread_add_record(struct thread *thread, struct kafka_record *in, int64_t now_us)
{
    struct partition *partition = partitions_at(&thread->partitions, in->partition);
    struct partition_input *state;
    struct record *record;

    if (partition == NULL || partition->phase != PARTITION_TAKEN ||
        in->offset < partition->inputs[in->topic].next) {
        kafka_record_release(in);
        return;
    }
    if (gather_full(&thread->gather)) {
        /* Fetched before the pause took hold: have it again later. */
        kafka_record_release(in);
        thread->reassign = true;
        return;
    }
    state = &partition->inputs[in->topic];
    record = gather_add(&thread->gather, in->key.size + in->value.size, now_us);
    record->input = in->topic;
    record->partition = in->partition;
    record->offset = in->offset;
    record->appended_us = in->timestamp_ms * 1000;
    record->key = in->key;
    record->value = in->value;
    record->range = (struct go_back_range){.from = state->next, .to = in->offset};
    record->message = in->handle;
    decode_record(&thread->view.inputs[in->topic], thread->partitions.count,
                  thread->gather.batch.arena, record);
    state->next = in->offset + 1;
    state->end = -1;
    state->appended_us = record->appended_us;
    metrics_counter_add(thread->options.stats->records[in->topic], 1);
}

/* Offsets at the end of a log that hold no records (control records of transactions) would count as
 * lag for ever: after a while without news they are a gap of their own. */
static void thread_add_gap(struct thread *thread, int32_t number, size_t input,
                           struct partition_input *state)
{
    struct record *record = gather_add(&thread->gather, 0, clock_steady_us());

    record->input = (int32_t)input;
    record->partition = number;
    record->offset = state->end - 1;
    record->range = (struct go_back_range){.from = state->next, .to = state->end - 1};
    state->next = state->end;
}

void intake_add_gaps(struct thread *thread, int64_t now_ms)
{
    for (int32_t number = 0; number < thread->partitions.count; number++) {
        struct partition *partition = partitions_at(&thread->partitions, number);

        if (partition->phase != PARTITION_TAKEN)
            continue;
        for (size_t i = 0; i < thread->view.input_count; i++) {
            struct partition_input *state = &partition->inputs[i];

            if (state->end > state->next && now_ms - state->end_seen_ms >= TRAILING_MS &&
                !gather_full(&thread->gather))
                thread_add_gap(thread, number, i, state);
        }
    }
}

static void thread_note_end(struct thread *thread, const struct kafka_record *end)
{
    struct partition *partition = partitions_at(&thread->partitions, end->partition);

    if (partition == NULL || partition->phase != PARTITION_TAKEN)
        return;
    partition->inputs[end->topic].end = end->offset;
    partition->inputs[end->topic].end_seen_ms = clock_steady_ms();
}

static void thread_partition_error(struct thread *thread, const struct kafka_record *at,
                                   const struct error *error)
{
    const struct partition *partition = partitions_at(&thread->partitions, at->partition);
    char reason[sizeof error->text + 128];

    if (partition == NULL || partition->phase != PARTITION_TAKEN)
        return;
    if (error->status == STATUS_RETRY) {
        log_error_line(LOG_WARN, "partition_error", error, LOG_INT("partition", at->partition));
        return;
    }
    snprintf(reason, sizeof reason, "%s: %s (see halted partitions in docs/runbook.md)",
             thread->view.inputs[at->topic].topic, error->text);
    ownership_halt(thread, at->partition, reason);
}

static void thread_poll(struct thread *thread, int64_t timeout_ms)
{
    struct kafka_record record;
    struct error error = {0};

    switch (kafka_consumer_poll(thread->view.consumer, timeout_ms, &record, &error)) {
    case KAFKA_NOTHING:
        break;
    case KAFKA_RECORD:
        thread_add_record(thread, &record, clock_steady_us());
        break;
    case KAFKA_END:
        thread_note_end(thread, &record);
        break;
    case KAFKA_OUT_OF_LOG:
    case KAFKA_PARTITION_ERROR:
        thread_partition_error(thread, &record, &error);
        break;
    case KAFKA_CLIENT_ERROR:
        if (error.status == STATUS_FATAL)
            thread_fail(thread, &error);
        else
            log_error_line(LOG_WARN, "kafka_error", &error);
        break;
    }
    ownership_settle_halts(thread);
}

static int64_t at_most(int64_t value, int64_t limit)
{
    return value < limit ? value : limit;
}

/* How long a poll may block: until the batch is due, or tried again. */
static int64_t thread_poll_ms(const struct thread *thread, int64_t now_us)
{
    const struct gather *gather = &thread->gather;
    int64_t limit_ms = POLL_MS;

    if (thread->kind->poll_limit_ms != NULL)
        limit_ms = at_most(limit_ms, thread->kind->poll_limit_ms(thread->life));
    if (thread->waiting)
        limit_ms = at_most(limit_ms, thread->retry_at_ms - now_us / 1000);
    else if (gather->batch.count > 0)
        limit_ms = at_most(limit_ms, (gather->first_us + gather->limits.wait_us - now_us) / 1000);
    return limit_ms > 0 ? limit_ms : 0;
}

/* Takes what is there, up to a batch. */
void intake_read(struct thread *thread)
{
    thread_poll(thread, thread_poll_ms(thread, clock_steady_us()));
    while (!thread->waiting && !thread->reassign && !gather_full(&thread->gather) &&
           kafka_consumer_queued(thread->view.consumer) > 0 && !atomic_load(&thread->stop))
        thread_poll(thread, 0);
}
