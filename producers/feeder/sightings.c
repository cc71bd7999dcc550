#include "producers/feeder/sightings.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/codec/codec.h"
#include "common/kafka/consumer.h"
#include "common/loop/loop.h"
#include "common/worker/go_back.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ASK_MS = 10000, POLL_MS = 200, CLOSE_MS = 3000, PARTITIONS_MAX = 1024 };

enum topic { CLASSIFICATIONS, TRANSACTIONS, TOPICS };

struct feeder_sightings {
    struct kafka_consumer *consumer;
    struct loop_waker *waker;
    void (*changed)(void *opaque);
    void *opaque;
    struct arena *arena;  /* of one record */
    int64_t *next_source; /* by partition */
    int32_t partitions;

    pthread_t thread;
    bool started;
    atomic_bool stop;

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t taken;
    struct feeder_sighting *filling;
    struct feeder_sighting *given; /* what was taken last; the loop's */
    size_t count;
    struct error failure;
};

/* From the loop: the thread has woken it. */
static void woken(void *context)
{
    struct feeder_sightings *sightings = context;

    sightings->changed(sightings->opaque);
}

static void add(struct feeder_sightings *sightings, const struct feeder_sighting *sighting)
{
    bool first;

    pthread_mutex_lock(&sightings->lock);
    while (sightings->count == FEEDER_SIGHTINGS_MAX && !atomic_load(&sightings->stop))
        pthread_cond_wait(&sightings->taken, &sightings->lock);
    if (sightings->count < FEEDER_SIGHTINGS_MAX)
        sightings->filling[sightings->count++] = *sighting;
    first = sightings->count == 1;
    pthread_mutex_unlock(&sightings->lock);
    if (first)
        loop_wake(sightings->waker);
}

static void fail(struct feeder_sightings *sightings, const struct error *error)
{
    pthread_mutex_lock(&sightings->lock);
    sightings->failure = *error;
    pthread_mutex_unlock(&sightings->lock);
    atomic_store(&sightings->stop, true);
    loop_wake(sightings->waker);
}

static void read_record(struct feeder_sightings *sightings, const struct kafka_record *record)
{
    int64_t *next = &sightings->next_source[record->partition];
    struct classification classification;
    struct feeder_sighting sighting;
    struct error error = {0};
    struct go_back_range range;

    arena_reset(sightings->arena);
    if (codec_decode_classification(record->value, sightings->arena, &classification, &error) !=
        STATUS_OK)
        return; /* somebody else's bytes: the consumers count them */
    range = (struct go_back_range){classification.from, classification.to};
    if (go_back_read(*next, range) != GO_BACK_APPLY)
        return;
    *next = range.to + 1;
    if (!feeder_sighting_of(&classification, &sighting))
        return;
    sighting.seen_us = clock_steady_us();
    add(sightings, &sighting);
}

static void *run(void *context)
{
    struct feeder_sightings *sightings = context;
    struct kafka_record record;
    struct error error;

    while (!atomic_load(&sightings->stop)) {
        switch (kafka_consumer_poll(sightings->consumer, POLL_MS, &record, &error)) {
        case KAFKA_RECORD:
            if (record.partition >= 0 && record.partition < sightings->partitions)
                read_record(sightings, &record);
            kafka_record_release(&record);
            break;
        case KAFKA_OUT_OF_LOG:
        case KAFKA_PARTITION_ERROR:
        case KAFKA_CLIENT_ERROR:
            if (error.status != STATUS_RETRY)
                fail(sightings, &error);
            break;
        default:
            break;
        }
    }
    return NULL;
}

static enum status count_partitions(struct feeder_sightings *sightings, struct error *error)
{
    int32_t other = 0;
    enum status status = kafka_consumer_partitions(sightings->consumer, CLASSIFICATIONS, ASK_MS,
                                                   &sightings->partitions, error);

    if (status == STATUS_OK)
        status =
            kafka_consumer_partitions(sightings->consumer, TRANSACTIONS, ASK_MS, &other, error);
    if (status != STATUS_OK)
        return status;
    if (sightings->partitions == 0 || other != sightings->partitions ||
        sightings->partitions > PARTITIONS_MAX)
        return error_set(error, STATUS_REJECT,
                         "the topics classifications and transactions have %d and %d partitions: "
                         "run tributary init",
                         (int)sightings->partitions, (int)other);
    return STATUS_OK;
}

/* The end of a topic's partitions, as offsets of positions. */
static enum status find_end(struct feeder_sightings *sightings, enum topic topic,
                            struct kafka_position *positions, struct error *error)
{
    size_t count = (size_t)sightings->partitions;
    struct kafka_watermarks *marks = must_alloc(count * sizeof *marks);
    enum status status;

    for (size_t i = 0; i < count; i++)
        positions[i] = (struct kafka_position){(int32_t)topic, (int32_t)i, KAFKA_OFFSET_NONE};
    status = kafka_consumer_watermarks(sightings->consumer, positions, count, ASK_MS, marks, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        positions[i].offset = marks[i].high;
    free(marks);
    return status;
}

/* First the outputs' end, then the sources': an output of anything at or behind the sources' end
 * was written after the outputs' end was read, so none of them is missed. */
static enum status begin(struct feeder_sightings *sightings, struct error *error)
{
    size_t count = (size_t)sightings->partitions;
    struct kafka_position *outputs = must_alloc(count * sizeof *outputs);
    struct kafka_position *sources = must_alloc(count * sizeof *sources);
    enum status status = find_end(sightings, CLASSIFICATIONS, outputs, error);

    if (status == STATUS_OK)
        status = find_end(sightings, TRANSACTIONS, sources, error);
    sightings->next_source = must_alloc(count * sizeof *sightings->next_source);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        sightings->next_source[i] = sources[i].offset;
    if (status == STATUS_OK)
        status = kafka_consumer_assign(sightings->consumer, outputs, count, error);
    free(outputs);
    free(sources);
    return status;
}

static enum status open_topics(struct feeder_sightings *sightings,
                               const struct kafka_settings *kafka, struct error *error)
{
    static const char *const topics[TOPICS] = {"classifications", "transactions"};
    const struct kafka_consumer_options options = {
        .settings = kafka,
        .client_id = "tributary-feeder",
        .topics = topics,
        .topic_count = TOPICS,
    };
    enum status status = kafka_consumer_new(&options, &sightings->consumer, error);

    if (status == STATUS_OK)
        status = count_partitions(sightings, error);
    return status == STATUS_OK ? begin(sightings, error) : status;
}

enum status feeder_sightings_new(struct feeder_sightings **ret_sightings, struct loop *loop,
                                 const struct kafka_settings *kafka, void (*changed)(void *opaque),
                                 void *opaque, struct error *error)
{
    OWNED(feeder_sightings) sightings = must_alloc(sizeof *sightings);
    enum status status;

    sightings->changed = changed;
    sightings->opaque = opaque;
    sightings->arena = arena_new(2 * CODEC_DECODE_ARENA_BYTES);
    sightings->filling = must_alloc(FEEDER_SIGHTINGS_MAX * sizeof *sightings->filling);
    sightings->given = must_alloc(FEEDER_SIGHTINGS_MAX * sizeof *sightings->given);
    pthread_mutex_init(&sightings->lock, NULL);
    pthread_cond_init(&sightings->taken, NULL);
    status = loop_waker_new(&sightings->waker, loop, woken, sightings, error);
    if (status == STATUS_OK)
        status = open_topics(sightings, kafka, error);
    if (status != STATUS_OK)
        return status;
    if (pthread_create(&sightings->thread, NULL, run, sightings) != 0)
        return error_set(error, STATUS_FATAL, "no thread can be started");
    sightings->started = true;
    *ret_sightings = TAKE(sightings);
    return STATUS_OK;
}

static void end_thread(struct feeder_sightings *sightings)
{
    atomic_store(&sightings->stop, true);
    pthread_mutex_lock(&sightings->lock);
    pthread_cond_signal(&sightings->taken);
    pthread_mutex_unlock(&sightings->lock);
    kafka_consumer_wake(sightings->consumer);
    pthread_join(sightings->thread, NULL);
}

void feeder_sightings_free(struct feeder_sightings *sightings)
{
    struct error error = {0};
    bool closed;

    if (sightings == NULL)
        return;
    if (sightings->started)
        end_thread(sightings);
    /* Should the library hang, the process ends soon all the same. */
    closed = kafka_consumer_close(sightings->consumer, CLOSE_MS, &error) == STATUS_OK;
    (void)closed;
    loop_waker_free(sightings->waker);
    pthread_cond_destroy(&sightings->taken);
    pthread_mutex_destroy(&sightings->lock);
    arena_free(sightings->arena);
    free(sightings->next_source);
    free(sightings->filling);
    free(sightings->given);
    free(sightings);
}

size_t feeder_sightings_take(struct feeder_sightings *sightings,
                             const struct feeder_sighting **ret_items)
{
    struct feeder_sighting *full;
    size_t count;

    pthread_mutex_lock(&sightings->lock);
    full = sightings->filling;
    count = sightings->count;
    sightings->filling = sightings->given;
    sightings->given = full;
    sightings->count = 0;
    pthread_cond_signal(&sightings->taken);
    pthread_mutex_unlock(&sightings->lock);
    *ret_items = full;
    return count;
}

enum status feeder_sightings_status(struct feeder_sightings *sightings, struct error *error)
{
    pthread_mutex_lock(&sightings->lock);
    *error = sightings->failure;
    pthread_mutex_unlock(&sightings->lock);
    return error->status;
}
