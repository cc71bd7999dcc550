/* What one thread of a sink holds. Private to this folder. */
#ifndef TRIBUTARY_SINK_LIFE_H
#define TRIBUTARY_SINK_LIFE_H

#include "common/crypto/siphash.h"
#include "common/kafka/admin.h"
#include "common/sink/letters.h"
#include "common/sink/offsets.h"
#include "common/sink/shown.h"
#include "common/sink/sink.h"
#include "common/sink/stats.h"
#include "common/users/users.h"
#include "common/worker/worker.h"

/* What all threads of a program share: settings, filled before they start. */
struct sink_program {
    const struct sink *sink;
    struct postgres_settings postgres;
    struct redis_settings redis;
    void *settings; /* the group's */
};

struct sink_life {
    const struct sink_program *program;
    const struct worker_thread *thread;
    struct postgres *db;
    struct redis *redis;
    struct kafka_admin *admin; /* for the loss alarm; NULL where no input is sequenced */
    struct users *users;
    struct crypto_siphash *siphash;
    struct offsets offsets;
    struct shown shown;
    struct letters letters;
    struct sink_stats stats;
    struct arena *scratch;         /* of one try of a batch */
    struct offset_change *changes; /* of one transaction; as many as offset rows */
    bool *taken;                   /* by partition */
    void *state;                   /* the group's */
    bool state_opened;
    int64_t tick_at_ms;
    int64_t alarm_at_ms;
};

/* The whole batch, in as many transactions as its bad records need. */
enum status sink_apply(struct sink_life *life, const struct batch *batch, struct error *error);

/* Halts partitions whose output log ends before what the classifier has committed: only a loss can
 * look so. */
enum status sink_check_loss(struct sink_life *life, struct error *error);

#endif
