/* The life of any consumer: threads, each with a Kafka consumer of its own; records decoded into
 * batches; back-off, halts, drain, health and metrics. It knows Kafka and the events, not Postgres:
 * what happens with a batch is its kind's (common/sink, common/transform).
 *
 * One loop a thread: poll one record at a time, take what is there up to a count, bytes or age,
 * apply it, and poll on. While a batch has to wait, the consumer is paused and still polled, so the
 * group never thinks that the member is dead. */
#ifndef TRIBUTARY_WORKER_WORKER_H
#define TRIBUTARY_WORKER_WORKER_H

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/kafka/consumer.h"
#include "common/kafka/settings.h"
#include "common/metrics/metrics.h"
#include "common/worker/batch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Settings of section "worker": docs/configuration.md. */
struct worker_settings {
    int64_t threads;
    int64_t batch_records;
    int64_t batch_bytes;
    int64_t batch_wait_ms; /* how long a record may wait for company */
    int64_t drain_ms;      /* for everything between SIGTERM and exit */
    int64_t stuck_ms;      /* a loop that has not turned for so long is killed */
    int64_t partitions;    /* of every topic; another count halts */
    int64_t halt_retry_ms; /* a halted partition is looked at again after this */
    const char *admin_address;
    int64_t admin_port; /* 0: any free one, which the log names */
};
extern const struct setting worker_setting_table[];
extern const size_t worker_setting_count;

/* What the kind of consumer sees of its thread. Borrowed, valid from open to close. */
struct worker_thread {
    const char *name; /* of the group */
    int index;        /* 0 .. threads-1 */
    const struct input *inputs;
    size_t input_count;
    const struct kafka_settings *kafka;
    const struct worker_settings *settings;
    struct kafka_consumer *consumer;
    struct metrics *metrics;
};

/* What happens at each point of a thread's life. life is the kind's state for one thread; all calls
 * come from that thread, in the order open, {take, apply, tick, revoked}*, close. */
struct worker_kind {
    /* A batch is applied as soon as nothing more is there: waiting for company would cost latency
     * and save nothing. Else the first record of a batch waits up to worker.batch_wait. */
    bool eager;

    /* RETRY is tried again with a pause; anything else ends the process. */
    enum status (*open)(void *life, const struct worker_thread *thread, struct error *error);

    /* The partition of all inputs is assigned to us: where to start reading, one offset an input.
     * RETRY: tried again with a pause, while the others go on. REJECT: the partition halts; the
     * error's line says what is wrong and the command that mends it. */
    enum status (*take)(void *life, int32_t partition, int64_t *ret_next, struct error *error);

    /* The effects of a batch. OK: it is over. RETRY: the same batch again after a pause. LOST: it
     * is dropped and the partitions of this thread are taken anew after a pause. FATAL: exit. A
     * record with reject_reason set is in it too; so is a gap (no event, only a range). */
    enum status (*apply)(void *life, const struct batch *batch, struct error *error);

    /* After every turn of the loop. FATAL and LOST as in apply. */
    enum status (*tick)(void *life, struct now now, struct error *error); /* may be NULL */

    /* Everything is about to be revoked, or the process drains: settle what can be settled within
     * the time. May be NULL. */
    void (*settle)(void *life, int64_t deadline_ms);

    /* The partition is gone (taken away, lost or halted): forget it. */
    void (*revoked)(void *life, int32_t partition);

    void (*close)(void *life); /* also after a failed open */

    /* Milliseconds that a poll may block while the kind waits for something of its own. May be
     * NULL. */
    int64_t (*poll_limit_ms)(const void *life);
};

/* A program: everything that worker_main needs. */
struct worker_program {
    const char *name;
    const struct input *inputs;
    size_t input_count;
    const struct config_section *sections; /* the kind's and the group's, beside kafka and worker */
    size_t section_count;
    const struct worker_kind *kind;
    size_t life_size;
    /* Zeroed life -> knows its descriptor and settings. Called for each thread before open. */
    void (*init)(void *life, const void *context);
    const void *context;
};

/* Runs until SIGTERM or a fatal error. The exit code for main. */
int worker_main(const struct worker_program *program, int argc, char **argv);

/* From within a call of the kind: the partition halts after this call, with a line for the log that
 * says why and what mends it. It is tried again by take after halt_retry_ms. */
void worker_halt(const struct worker_thread *thread, int32_t partition, const char *reason);

#endif
