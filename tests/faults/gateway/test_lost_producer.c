/* A producer that fails for good: everybody who waits is told, and another one takes over. The
 * ingest thread runs in the test's own process, where the library's word can be put into its
 * mouth. */
#include "common/base/must.h"
#include "producers/gateway/ingest.h"
#include "tests/support/gateway/door.h"
#include "tests/support/gateway/gateway.h"
#include "tests/support/process/place.h"
#include "tests/support/proxy/proxy.h"
#include "tests/support/suite/suite.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

#define EVENT(id)                                                                                  \
    "{\"id\":\"" id "\",\"user\":\"u\",\"amount\":\"1.00\",\"currency\":\"EUR\","                  \
    "\"occurred_at\":\"2026-02-28T09:00:00Z\"}"

struct kafka_producer;
enum status __real_kafka_producer_check(const struct kafka_producer *producer, struct error *error);
enum status __wrap_kafka_producer_check(const struct kafka_producer *producer, struct error *error);

static atomic_bool fail_once;

enum status __wrap_kafka_producer_check(const struct kafka_producer *producer, struct error *error)
{
    if (atomic_exchange(&fail_once, false))
        return error_set(error, STATUS_FATAL, "the test says so");
    return __real_kafka_producer_check(producer, error);
}

struct stand {
    struct proxy *proxy;
    struct door door;
    struct gateway_settings settings;
    struct kafka_settings kafka;
    struct metrics *metrics;
    struct stats stats;
    struct keys *keys;
    struct ingest *ingest;
};

static void on_ended(void *opaque)
{
    (void)opaque;
}

static void open_ingest(struct stand *stand)
{
    const struct ingest_options options = {.settings = &stand->settings,
                                           .kafka = &stand->kafka,
                                           .stats = &stand->stats,
                                           .keys = stand->keys,
                                           .ended = on_ended};
    struct error error = {0};

    ck_assert_msg(ingest_new(&stand->ingest, &options, &error) == STATUS_OK, "%s", error.text);
    stand->door.port = ingest_port(stand->ingest);
    ck_assert_int_eq(ingest_start(stand->ingest, &error), STATUS_OK);
    ck_assert(EVENTUALLY(DOOR_READY_MS, ingest_connected(stand->ingest)));
}

static void open_stand(struct stand *stand)
{
    struct broker *broker;
    char path[PLACE_PATH_SIZE];
    struct error error = {0};
    bool readable;

    *stand = (struct stand){.proxy = proxy_start(PROXY_KAFKA, 0)};
    broker = broker_start(&(struct broker_options){.proxy_ports = {proxy_port(stand->proxy)}});
    proxy_target(stand->proxy, broker_proxied_port(broker, 0));
    door_open(&stand->door, broker, proxy_address(stand->proxy));
    snprintf(path, sizeof path, "%s/keys", fleet_folder(stand->door.fleet));
    ck_assert_int_eq(keys_load(&stand->keys, path, &readable, &error), STATUS_OK);
    stand->settings = (struct gateway_settings){.address = "127.0.0.1",
                                                .partitions = DOOR_PARTITIONS,
                                                .items = 100,
                                                .body_bytes = 65536,
                                                .deadline_ms = 30000,
                                                .message_timeout_ms = 120000,
                                                .queue_records = 1000,
                                                .queue_bytes = 8 << 20,
                                                .connections = 100,
                                                .memory_bytes = 8 << 20,
                                                .drain_ms = 4000};
    stand->kafka = (struct kafka_settings){
        .brokers = proxy_address(stand->proxy), .prefix = stand->door.prefix, .linger_ms = 1};
    stand->metrics = metrics_new();
    stats_init(&stand->stats, stand->metrics);
    open_ingest(stand);
}

static void close_stand(struct stand *stand)
{
    ingest_drain(stand->ingest);
    ck_assert(ingest_join(stand->ingest, 20000));
    ck_assert_int_eq(ingest_failure(stand->ingest)->status, STATUS_OK);
    ingest_free(stand->ingest);
    keys_free(stand->keys);
    metrics_free(stand->metrics);
    door_close(&stand->door);
    proxy_free(stand->proxy);
}

static int post(const struct stand *stand, const char *body)
{
    return gateway_post(stand->door.port, "/v1/transactions", NULL, body, NULL);
}

struct waiting {
    const struct stand *stand;
    pthread_t thread;
    int status;
};

static void *wait_main(void *opaque)
{
    struct waiting *waiting = opaque;

    waiting->status = post(waiting->stand, EVENT("t1"));
    return NULL;
}

START_TEST(a_lost_producer_is_replaced)
{
    struct stand stand;
    struct waiting waiting[4];
    int64_t start_ms;

    open_stand(&stand);
    ck_assert_int_eq(post(&stand, EVENT("t0")), 202);
    proxy_arm(stand.proxy, PROXY_PRODUCE, PROXY_HOLD, 1);
    for (size_t i = 0; i < 4; i++) {
        waiting[i] = (struct waiting){.stand = &stand};
        MUST(pthread_create(&waiting[i].thread, NULL, wait_main, &waiting[i]) == 0);
    }
    ck_assert(proxy_wait(stand.proxy, 1, 10000));
    start_ms = place_steady_ms();
    atomic_store(&fail_once, true);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(waiting[i].thread, NULL);
        ck_assert_int_eq(waiting[i].status, 503);
    }
    ck_assert_int_lt(place_steady_ms() - start_ms, 5000); /* long before their deadline */
    ck_assert_uint_eq(metrics_counter_value(stand.stats.producer_failures), 1);
    ck_assert(EVENTUALLY(20000, post(&stand, EVENT("t2")) == 202));
    proxy_release(stand.proxy);
    ck_assert_int_eq(post(&stand, EVENT("t3")), 202);
    close_stand(&stand);
}
END_TEST

SUITE_MAIN_TIMEOUT("faults/gateway/lost_producer", 100, a_lost_producer_is_replaced);
