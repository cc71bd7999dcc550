/* What a thread holds, and the calls between its parts. Private to this folder:
 *
 *     thread.c         starting, the loop, draining
 *     ownership.c      taking, halting and giving up partitions
 *     intake.c         from the consumer's events to records of the batch in hand
 *     application.c    applying the batch, waiting, losing
 *     lag.c            how far it is behind */
#ifndef TRIBUTARY_WORKER_THREAD_STATE_H
#define TRIBUTARY_WORKER_THREAD_STATE_H

#include "common/base/random.h"
#include "common/worker/gather.h"
#include "common/worker/partitions.h"
#include "common/worker/thread.h"

#include <pthread.h>
#include <stdatomic.h>

struct thread {
    struct worker_thread view; /* first: worker_halt finds the thread by it */
    struct thread_options options;
    const struct worker_kind *kind;
    void *life;
    struct partitions partitions;
    struct stats_lag *lag; /* by partition * inputs + input */
    struct gather gather;
    struct random random;

    bool waiting; /* the batch in hand failed and is tried again at retry_at_ms */
    unsigned attempts;
    int64_t retry_at_ms;
    bool reassign; /* what is taken has changed: tell the consumer */
    bool halting;  /* worker_halt was called: clean up after the kind's call */
    int64_t metrics_at_ms;
    int64_t ask_at_ms; /* where logs end that are not read */
    int64_t taken;     /* of partitions, as the metrics know it */

    pthread_t pthread;
    bool started;
    struct error failure;
    atomic_uint_fast64_t turns;
    atomic_bool stop;
    atomic_bool opened;
    atomic_bool stalled;
    atomic_bool ended;
};

/* What every line about a wrong number of partitions ends in. */
#define WRONG_COUNT "users would land elsewhere; set it right or use other topics"

/* The process ends; the first reason stays. */
void thread_fail(struct thread *thread, const struct error *error);

/* ownership.c */
extern const struct kafka_consumer_callbacks ownership_callbacks; /* opaque: the thread */
void ownership_take_due(struct thread *thread);
void ownership_assign(struct thread *thread); /* tells the consumer what to read from where */
void ownership_halt(struct thread *thread, int32_t number, const char *reason);
void ownership_settle_halts(struct thread *thread); /* after a call that may have halted one */

/* intake.c */
void intake_read(struct thread *thread); /* takes what is there, up to a batch */
void intake_add_gaps(struct thread *thread, int64_t now_ms);

/* application.c */
void application_apply(struct thread *thread);
void application_tick(struct thread *thread);

/* lag.c */
void lag_export(struct thread *thread, int64_t now_ms); /* now and then; may ask the brokers */

static inline size_t thread_lag_index(const struct thread *thread, int32_t number, size_t input)
{
    return (size_t)number * thread->view.input_count + input;
}

#endif
