/* One thread of a worker: a Kafka consumer, the partitions that it holds, and the batch in hand. */
#ifndef TRIBUTARY_WORKER_THREAD_H
#define TRIBUTARY_WORKER_THREAD_H

#include "common/worker/stats.h"
#include "common/worker/worker.h"

#include <stdbool.h>
#include <stdint.h>

struct thread;

struct thread_options {
    const struct worker_program *program;
    const struct worker_settings *settings;
    const struct kafka_settings *kafka;
    struct metrics *metrics;
    struct stats *stats;
    int index;
    /* Called on the thread when it has ended by itself; must only wake somebody. */
    void (*ended)(void *opaque);
    void *opaque;
};

/* Not started. Everything of options must outlive it. Never NULL. */
struct thread *thread_new(const struct thread_options *options);

/* Starts it: opens the kind, joins the group, and goes on until thread_stop or a fatal error. */
MUST_CHECK enum status thread_start(struct thread *thread, struct error *error);

/* Asks it to drain and end. From any thread. */
void thread_stop(struct thread *thread);

/* Waits for the end, at most so long. False: it still runs, and the process should _exit. */
bool thread_join(struct thread *thread, int64_t timeout_ms);

/* After a join. */
void thread_free(struct thread *thread);

/* From any thread, while it runs. */
uint64_t thread_turns(const struct thread *thread);
bool thread_opened(const struct thread *thread);  /* the kind is open and the group joined */
bool thread_stalled(const struct thread *thread); /* a batch waits for a dependency */
bool thread_has_ended(const struct thread *thread);

/* After the end: why; STATUS_OK for a clean drain. */
const struct error *thread_failure(const struct thread *thread);

#endif
