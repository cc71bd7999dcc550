/* A sink: Kafka -> Postgres, each event once. The runtime owns the transaction: guard, the group's
 * statements, dead letters, the books and the consumed offsets commit together or not at all.
 *
 * A group is one folder with one descriptor and a main of one line:
 *
 *     int main(int argc, char **argv) { return sink_main(&analytics, argc, argv); }
 *
 * Contract of a group. All calls for one state come from one thread; a process has several threads,
 * each with a state and a connection of its own. The same records may come again after a crash or a
 * retry, in other cuts, alone or mixed: what was new is known only from the unique key of each
 * effect (RETURNING), never from what the batch holds. */
#ifndef TRIBUTARY_SINK_SINK_H
#define TRIBUTARY_SINK_SINK_H

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/metrics/metrics.h"
#include "common/postgres/postgres.h"
#include "common/redis/redis.h"
#include "common/worker/batch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a state may use for its life. Borrowed; valid from open to close. */
struct sink_context {
    const char *name;
    const void *settings; /* the group's own, as its table declares them */
    struct postgres
        *db; /* this thread's connection: between transactions only (committed, taken) */
    struct redis *redis; /* this thread's; NULL where the group does not ask for it */
    struct metrics *metrics;
    const char *schema_version; /* for the log */
    int thread;                 /* 0 .. threads-1 */
};

struct sink {
    const char *name; /* Kafka's group id, the log's component, the metrics' label */
    const struct input *inputs;
    size_t input_count;
    const struct setting *settings; /* section `name`; NULL: none */
    size_t setting_count;
    size_t settings_size; /* bytes of the struct that the settings fill */
    size_t state_size;    /* zeroed, one a thread */
    bool uses_redis;

    /* The group writes the classifier's dead letters: the bytes in its `rejected` records. Exactly
     * one group does, or they would be listed once a group. */
    bool keeps_rejects;

    /* Before the first batch. RETRY is tried again with a pause. May be NULL. */
    enum status (*open)(void *state, const struct sink_context *context, struct error *error);

    /* The partition is ours from here on; its offset rows are taken. For what must be repaired
     * before the first record (the learner republishes). In no transaction. May be NULL. */
    enum status (*taken)(void *state, int32_t partition, struct error *error);

    /* Effects of a batch inside the runtime's transaction; a verdict for every record. Records that
     * were rejected before are not in it. RETRY, LOST: rolled back, comes again. REJECT: rolled
     * back; the runtime halves the batch until the bad record stands alone and rejects it, so a
     * group need not find out which one it was; the same for an arena without room
     * (arena_no_room). Never sees an empty batch. */
    enum status (*apply)(void *state, struct postgres_tx *tx, const struct batch *batch,
                         struct verdicts *verdicts, struct error *error);

    /* After COMMIT: caches and announcements, from what apply noted in its state or the batch's
     * arena. May be skipped by a crash and may repeat, so it must be safe to lose. May be NULL. */
    void (*committed)(void *state, const struct batch *batch, const struct verdicts *verdicts);

    /* About every 100 ms, between batches: work that is late. In no transaction. May be NULL. */
    void (*tick)(void *state, struct now now);

    /* The partition went away; nothing of it may be kept. May be NULL. */
    void (*revoked)(void *state, int32_t partition);

    /* Also after a failed open. May be NULL. */
    void (*close)(void *state);
};

/* Runs the group until SIGTERM: settings, threads, admin port. The exit code for main. */
int sink_main(const struct sink *sink, int argc, char **argv);

#endif
