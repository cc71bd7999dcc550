#include "common/worker/thread.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/log/log.h"
#include "common/worker/thread_state.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    BACKOFF_BASE_MS = 100, /* of opening, full jitter */
    BACKOFF_CAP_MS = 5000,
    KAFKA_CALL_MS = 10000,
};

void thread_fail(struct thread *thread, const struct error *error)
{
    if (thread->failure.status == STATUS_OK)
        thread->failure = *error;
    atomic_store(&thread->stop, true);
}

static void release_message(void *message)
{
    struct kafka_record record = {.handle = message};

    kafka_record_release(&record);
}

static void thread_turn(struct thread *thread)
{
    int64_t now_us;

    atomic_fetch_add_explicit(&thread->turns, 1, memory_order_relaxed);
    ownership_take_due(thread);
    if (thread->reassign)
        ownership_assign(thread);
    intake_read(thread);
    now_us = clock_steady_us();
    if (!thread->waiting)
        intake_add_gaps(thread, now_us / 1000);
    if (thread->waiting ? now_us / 1000 >= thread->retry_at_ms
                        : gather_due(&thread->gather, now_us))
        application_apply(thread);
    application_tick(thread);
    lag_export(thread, now_us / 1000);
}

static void thread_sleep(struct thread *thread, int64_t pause_ms)
{
    for (; pause_ms > 0 && !atomic_load(&thread->stop); pause_ms -= 20) {
        usleep(20000);
        atomic_fetch_add_explicit(&thread->turns, 1, memory_order_relaxed);
    }
}

/* Tries until it works, is refused, or the process stops. */
static void thread_insist(struct thread *thread, const char *event,
                          enum status (*attempt)(struct thread *, struct error *))
{
    unsigned attempts = 0;

    while (!atomic_load(&thread->stop)) {
        struct error error = {0};
        enum status status = attempt(thread, &error);

        atomic_fetch_add_explicit(&thread->turns, 1, memory_order_relaxed);
        if (status == STATUS_OK)
            return;
        if (status != STATUS_RETRY) {
            thread_fail(thread, &error);
            return;
        }
        log_error_line(LOG_WARN, event, &error, LOG_INT("attempts", attempts + 1));
        thread_sleep(thread, random_backoff_ms(&thread->random, BACKOFF_BASE_MS, BACKOFF_CAP_MS,
                                               attempts++));
    }
}

static enum status attempt_open(struct thread *thread, struct error *error)
{
    return thread->kind->open(thread->life, &thread->view, error);
}

static enum status attempt_partition_counts(struct thread *thread, struct error *error)
{
    for (size_t i = 0; i < thread->view.input_count; i++) {
        const char *topic = thread->view.inputs[i].topic;
        int32_t count;
        enum status status = kafka_consumer_partitions(thread->view.consumer, (int32_t)i,
                                                       KAFKA_CALL_MS, &count, error);

        if (status != STATUS_OK)
            return status;
        if (count == 0)
            return error_set(error, STATUS_RETRY, "topic %s is missing: run `tributary init`",
                             topic);
        if (count != thread->partitions.count)
            return error_set(
                error, STATUS_REJECT,
                "topic %s has %d partitions, but worker.partitions is %d: " WRONG_COUNT, topic,
                count, thread->partitions.count);
    }
    return STATUS_OK;
}

static enum status thread_make_consumer(struct thread *thread, struct error *error)
{
    const char *topics[PARTITIONS_MAX_INPUTS];
    char client_id[64]; /* tells threads apart, also as static members */
    struct kafka_consumer_options options = {
        .settings = thread->options.kafka,
        .group = thread->view.name,
        .client_id = client_id,
        .topics = topics,
        .topic_count = thread->view.input_count,
        .callbacks = ownership_callbacks,
    };

    snprintf(client_id, sizeof client_id, "%s-%d", thread->view.name, thread->view.index);
    options.callbacks.opaque = thread;
    for (size_t i = 0; i < thread->view.input_count; i++)
        topics[i] = thread->view.inputs[i].topic;
    return kafka_consumer_new(&options, &thread->view.consumer, error);
}

/* Last: a member that does not poll yet would leave its partitions unread, and hold up the group.
 */
static enum status attempt_join(struct thread *thread, struct error *error)
{
    return kafka_consumer_join(thread->view.consumer, error);
}

static void thread_drain(struct thread *thread)
{
    struct error error = {0};

    if (thread->failure.status == STATUS_OK && !thread->waiting && thread->gather.batch.count > 0)
        application_apply(thread);
    if (thread->failure.status == STATUS_OK && thread->kind->settle != NULL)
        thread->kind->settle(thread->life, thread->view.settings->drain_ms / 2);
    /* The records must be given back before the consumer goes. */
    gather_reset(&thread->gather);
    if (kafka_consumer_close(thread->view.consumer, thread->view.settings->drain_ms / 2, &error) !=
        STATUS_OK)
        thread_fail(thread, &error);
    thread->view.consumer = NULL;
}

static void *thread_main(void *opaque)
{
    struct thread *thread = opaque;
    struct error error = {0};

    if (thread_make_consumer(thread, &error) != STATUS_OK) {
        thread_fail(thread, &error);
    } else {
        thread_insist(thread, "partition_count_unknown", attempt_partition_counts);
        thread_insist(thread, "open_waits", attempt_open);
        thread_insist(thread, "join_waits", attempt_join);
        while (!atomic_load_explicit(&thread->stop, memory_order_relaxed))
            thread_turn(thread);
        thread_drain(thread);
    }
    thread->kind->close(thread->life);
    atomic_store(&thread->ended, true);
    thread->options.ended(thread->options.opaque);
    return NULL;
}

struct thread *thread_new(const struct thread_options *options)
{
    const struct worker_program *program = options->program;
    const struct worker_settings *settings = options->settings;
    struct gather_limits limits = {.records = (size_t)settings->batch_records,
                                   .bytes = (size_t)settings->batch_bytes,
                                   .wait_us =
                                       program->kind->eager ? 0 : settings->batch_wait_ms * 1000};
    struct thread *thread = must_alloc(sizeof *thread);

    thread->options = *options;
    thread->kind = program->kind;
    thread->view = (struct worker_thread){.name = program->name,
                                          .index = options->index,
                                          .inputs = program->inputs,
                                          .input_count = program->input_count,
                                          .kafka = options->kafka,
                                          .settings = settings,
                                          .metrics = options->metrics};
    thread->life = must_alloc(program->life_size);
    program->init(thread->life, program->context);
    partitions_init(&thread->partitions, (int32_t)settings->partitions, program->input_count);
    thread->lag =
        must_alloc((size_t)settings->partitions * program->input_count * sizeof *thread->lag);
    gather_init(&thread->gather, &limits, release_message);
    random_init(&thread->random,
                (uint64_t)clock_wall_us() ^ (uint64_t)getpid() << 32 ^ (uint64_t)options->index);
    return thread;
}

enum status thread_start(struct thread *thread, struct error *error)
{
    int failed = pthread_create(&thread->pthread, NULL, thread_main, thread);

    if (failed != 0)
        return error_set(error, STATUS_FATAL, "cannot start a thread: %s", strerror(failed));
    thread->started = true;
    return STATUS_OK;
}

void thread_stop(struct thread *thread)
{
    /* The poll that may block now ends within POLL_MS by itself. */
    atomic_store(&thread->stop, true);
}

bool thread_join(struct thread *thread, int64_t timeout_ms)
{
    struct timespec until;

    if (!thread->started)
        return true;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    if (pthread_timedjoin_np(thread->pthread, NULL, &until) != 0)
        return false;
    thread->started = false;
    return true;
}

void thread_free(struct thread *thread)
{
    if (thread == NULL)
        return;
    MUST(!thread->started);
    gather_done(&thread->gather);
    partitions_done(&thread->partitions);
    free(thread->lag);
    free(thread->life);
    free(thread);
}

uint64_t thread_turns(const struct thread *thread)
{
    return atomic_load_explicit(&thread->turns, memory_order_relaxed);
}

bool thread_opened(const struct thread *thread)
{
    return atomic_load(&thread->opened);
}

bool thread_stalled(const struct thread *thread)
{
    return atomic_load(&thread->stalled);
}

bool thread_has_ended(const struct thread *thread)
{
    return atomic_load(&thread->ended);
}

const struct error *thread_failure(const struct thread *thread)
{
    return &thread->failure;
}
