#include "tests/bench/watcher.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/codec/codec.h"
#include "common/kafka/consumer.h"
#include "tests/bench/traffic.h"
#include "tests/support/process/place.h"
#include "tests/support/process/process.h"

#include <pthread.h>
#include <stdatomic.h>

enum { POLL_MS = 50, CLOSE_MS = 5000, PARTITIONS_MAX = 64 };

struct watcher {
    struct kafka_settings settings;
    struct kafka_consumer *consumer;
    struct arena *arena;
    int64_t first;
    size_t count;
    int64_t *read_us;
    atomic_size_t seen;
    atomic_bool stop;
    bool running;
    pthread_t thread;
};

static void note(struct watcher *watcher, const struct kafka_record *record)
{
    int64_t now_us = clock_wall_us(), number;
    struct classification output;
    struct error error = {0};

    arena_reset(watcher->arena);
    if (codec_decode_classification(record->value, watcher->arena, &output, &error) != STATUS_OK)
        process_fail(NULL, "classification: %s", error.text);
    if (output.transaction == NULL)
        return;
    number = traffic_number(output.transaction->id) - watcher->first;
    if (number < 0)
        return;
    MUST(number < (int64_t)watcher->count);
    if (watcher->read_us[number] == 0) {
        watcher->read_us[number] = now_us;
        atomic_fetch_add(&watcher->seen, 1);
    }
}

static void *watch(void *context)
{
    struct watcher *watcher = context;
    struct kafka_record record;
    struct error error = {0};

    while (!atomic_load(&watcher->stop)) {
        if (kafka_consumer_poll(watcher->consumer, POLL_MS, &record, &error) != KAFKA_RECORD)
            continue;
        note(watcher, &record);
        kafka_record_release(&record);
    }
    return NULL;
}

static void open_consumer(struct watcher *watcher, int32_t partitions)
{
    static const char *const topic = "classifications";
    const struct kafka_consumer_options options = {
        .settings = &watcher->settings, .client_id = "watcher", .topics = &topic, .topic_count = 1};
    struct kafka_position from[PARTITIONS_MAX];
    struct error error = {0};

    MUST(partitions <= PARTITIONS_MAX);
    for (int32_t p = 0; p < partitions; p++)
        from[p] = (struct kafka_position){.topic = 0, .partition = p, .offset = 0};
    if (kafka_consumer_new(&options, &watcher->consumer, &error) != STATUS_OK ||
        kafka_consumer_assign(watcher->consumer, from, (size_t)partitions, &error) != STATUS_OK)
        process_fail(NULL, "reader: %s", error.text);
}

struct watcher *watcher_start(const char *brokers, const char *prefix, int32_t partitions,
                              int64_t first, size_t count)
{
    struct watcher *watcher = must_alloc(sizeof *watcher);

    watcher->settings = (struct kafka_settings){.brokers = brokers,
                                                .prefix = prefix,
                                                .session_timeout_ms = 6000,
                                                .poll_interval_ms = 300000,
                                                .queue_bytes = 4 << 20,
                                                .queue_records = 10000};
    watcher->first = first;
    watcher->count = count;
    watcher->read_us = must_alloc(count * sizeof *watcher->read_us);
    watcher->arena = arena_new(CODEC_DECODE_ARENA_BYTES);
    open_consumer(watcher, partitions);
    MUST(pthread_create(&watcher->thread, NULL, watch, watcher) == 0);
    watcher->running = true;
    return watcher;
}

const int64_t *watcher_finish(struct watcher *watcher, int64_t timeout_ms)
{
    (void)EVENTUALLY(timeout_ms, atomic_load(&watcher->seen) == watcher->count);
    atomic_store(&watcher->stop, true);
    pthread_join(watcher->thread, NULL);
    watcher->running = false;
    return watcher->read_us;
}

void watcher_free(struct watcher *watcher)
{
    struct error error = {0};

    if (watcher == NULL)
        return;
    if (watcher->running)
        (void)watcher_finish(watcher, 0);
    (void)!kafka_consumer_close(watcher->consumer, CLOSE_MS, &error);
    arena_free(watcher->arena);
    free(watcher->read_us);
    free(watcher);
}
