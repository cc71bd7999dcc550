#include "tests/property/transform_simulation/world.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/kafka/consumer.h"
#include "common/kafka/producer.h"

#include <string.h>

struct world world;

enum { PENDING_MAX = 4096 };

/* A message that was sent and is not reported. */
struct pending {
    struct world_request request;
    void *opaque;
    bool landed, lost;
    int64_t offset;
};

struct kafka_producer {
    struct kafka_producer_options options;
    struct pending *pending; /* in the order of sending */
    size_t count;
    bool warm, failed;
};

struct now clock_now(void)
{
    int64_t ms = ++world.clock_ms;

    return (struct now){.wall_us = ms * 1000, .steady_us = ms * 1000};
}

int64_t clock_wall_us(void)
{
    return clock_now().wall_us;
}

int64_t clock_steady_us(void)
{
    return clock_now().steady_us;
}

int64_t clock_steady_ms(void)
{
    return clock_now().steady_us / 1000;
}

void world_open(uint64_t seed)
{
    world = (struct world){.clock_ms = 1000000};
    random_init(&world.random, seed);
}

void world_close(void)
{
    for (int p = 0; p < WORLD_PARTITIONS; p++)
        free(world.logs[p].entries);
}

static int64_t world_append(const struct world_request *request)
{
    struct world_log *log = &world.logs[request->partition];

    if (log->count == log->capacity) {
        log->capacity = log->capacity == 0 ? 256 : 2 * log->capacity;
        log->entries = must_realloc(log->entries, log->capacity * sizeof *log->entries);
    }
    log->entries[log->count] = request->range;
    return (int64_t)log->count++;
}

int64_t world_next_source(int32_t partition)
{
    const struct world_log *log = &world.logs[partition];
    int64_t next = 0;

    for (size_t i = 0; i < log->count; i++)
        if (go_back_read(next, log->entries[i]) == GO_BACK_APPLY)
            next = log->entries[i].to + 1;
    return next;
}

void world_step(void)
{
    if (world.held_count > 0 && world_chance(10)) {
        size_t i = (size_t)random_below(&world.random, world.held_count);

        world_append(&world.held[i]);
        world.held[i] = world.held[--world.held_count];
    }
    if (world.commit_count > 0 && world_chance(30)) {
        size_t i = (size_t)random_below(&world.random, world.commit_count);
        struct world_commit commit = world.commits[i];

        /* In any order, so backwards too; and sometimes it comes a second time. */
        world.committed[commit.partition] = commit.offset;
        if (!world_chance(20))
            world.commits[i] = world.commits[--world.commit_count];
    }
}

enum status kafka_producer_new(const struct kafka_producer_options *options,
                               struct kafka_producer **ret_producer, struct error *error)
{
    struct kafka_producer *producer = must_alloc(sizeof *producer);

    (void)error;
    producer->options = *options;
    producer->pending = must_alloc(PENDING_MAX * sizeof *producer->pending);
    *ret_producer = producer;
    return STATUS_OK;
}

/* What is under way may still land, after what comes behind it. */
void kafka_producer_free(struct kafka_producer *producer)
{
    if (producer == NULL)
        return;
    for (size_t i = 0; i < producer->count; i++)
        if (!producer->pending[i].landed && !producer->pending[i].lost && world_chance(40) &&
            world.held_count < WORLD_HELD)
            world.held[world.held_count++] = producer->pending[i].request;
    free(producer->pending);
    free(producer);
}

enum status kafka_producer_warm(struct kafka_producer *producer, int64_t timeout_ms,
                                struct error *error)
{
    (void)timeout_ms;
    if (!world.calm && world_chance(10))
        return error_set(error, STATUS_RETRY, "no answer");
    producer->warm = true;
    return STATUS_OK;
}

int32_t kafka_producer_partitions(const struct kafka_producer *producer, int32_t topic)
{
    (void)topic;
    return producer->warm ? WORLD_PARTITIONS : 0;
}

enum status kafka_producer_send(struct kafka_producer *producer,
                                const struct kafka_message *message, struct error *error)
{
    struct pending pending = {.request.partition = message->partition, .opaque = message->opaque};

    if (producer->failed)
        return error_set(error, STATUS_FATAL, "failed for good");
    if (!world.calm && world_chance(2))
        return error_set(error, STATUS_RETRY, "queue full");
    MUST(producer->warm && producer->count < PENDING_MAX);
    MUST(message->value.size == sizeof pending.request.range);
    memcpy(&pending.request.range, message->value.data, sizeof pending.request.range);
    producer->pending[producer->count++] = pending;
    return STATUS_OK;
}

/* One message meets its fate: mostly the first of all, sometimes a later one overtakes. */
static void network(struct kafka_producer *producer)
{
    size_t first = 0;
    struct pending *pending;

    while (first < producer->count &&
           (producer->pending[first].landed || producer->pending[first].lost))
        first++;
    if (first == producer->count)
        return;
    if (!world.calm && world_chance(6)) {
        first += (size_t)random_below(&world.random, producer->count - first);
        world.overtaken++;
    }
    pending = &producer->pending[first];
    if (pending->landed || pending->lost)
        return;
    pending->lost = !world.calm && world_chance(2);
    world.lost += pending->lost;
    if (!pending->lost) {
        pending->landed = true;
        pending->offset = world_append(&pending->request);
        if (!world.calm && world_chance(3))
            world_append(&pending->request); /* a retry that the broker did not know again */
    }
}

static struct kafka_delivery answer(struct kafka_producer *producer, const struct pending *pending)
{
    struct kafka_delivery delivery = {.opaque = pending->opaque,
                                      .incarnation = producer->options.incarnation,
                                      .partition = pending->request.partition,
                                      .code = "",
                                      .offset =
                                          pending->landed ? pending->offset : KAFKA_OFFSET_NONE};

    if (pending->lost || (!world.calm && world_chance(2))) {
        delivery.status = STATUS_RETRY;
        delivery.offset = KAFKA_OFFSET_NONE;
        delivery.code = "MSG_TIMED_OUT";
        world.unanswered++;
    } else if (!world.calm && world_chance(1)) {
        delivery.offset = KAFKA_OFFSET_NONE; /* as for DUPLICATE_SEQUENCE_NUMBER */
        world.lies++;
    }
    return delivery;
}

/* The report of the first that has one; now and then of another. */
static bool report(struct kafka_producer *producer)
{
    size_t at = 0;
    struct pending pending;
    struct kafka_delivery delivery;

    if (!world.calm && producer->count > 0 && world_chance(3))
        at = (size_t)random_below(&world.random, producer->count);
    if (at >= producer->count || !(producer->pending[at].landed || producer->pending[at].lost))
        return false;
    pending = producer->pending[at];
    producer->count--;
    memmove(&producer->pending[at], &producer->pending[at + 1],
            (producer->count - at) * sizeof pending);
    delivery = answer(producer, &pending);
    producer->options.delivered(producer->options.opaque, &delivery);
    return true;
}

int kafka_producer_poll(struct kafka_producer *producer, int64_t timeout_ms)
{
    int events = 0;

    (void)timeout_ms;
    if (!world.calm && world_chance(1) && world_chance(30)) {
        producer->failed = true;
        world.fatal++;
    }
    for (int i = 0; i < 4 && !producer->failed; i++)
        network(producer);
    while ((world.calm || world_chance(70)) && report(producer))
        events++;
    return events;
}

enum status kafka_producer_flush(struct kafka_producer *producer, int64_t timeout_ms,
                                 struct error *error)
{
    kafka_producer_poll(producer, timeout_ms);
    return producer->count == 0 ? STATUS_OK : error_set(error, STATUS_RETRY, "not yet");
}

enum status kafka_producer_check(const struct kafka_producer *producer, struct error *error)
{
    return producer->failed ? error_set(error, STATUS_FATAL, "failed for good") : STATUS_OK;
}

/* Never known to be safe by the broker: taken now, later, twice or not at all. */
enum status kafka_consumer_commit_async(struct kafka_consumer *consumer,
                                        const struct kafka_position *positions, size_t count,
                                        struct error *error)
{
    (void)consumer;
    if (!world.calm && world_chance(5))
        return error_set(error, STATUS_RETRY, "too many under way");
    for (size_t i = 0; i < count; i++) {
        MUST(positions[i].offset <= world_next_source(positions[i].partition));
        if (world.calm || world_chance(60))
            world.committed[positions[i].partition] = positions[i].offset;
        else if (world.commit_count < WORLD_COMMITS)
            world.commits[world.commit_count++] =
                (struct world_commit){positions[i].partition, positions[i].offset};
    }
    return STATUS_OK;
}

enum status kafka_consumer_commit(struct kafka_consumer *consumer,
                                  const struct kafka_position *positions, size_t count,
                                  int64_t timeout_ms, struct error *error)
{
    (void)timeout_ms;
    return kafka_consumer_commit_async(consumer, positions, count, error);
}
