/* The proxy in front of a real broker, with the product's own producer as the client. */
#include "tests/support/proxy/proxy.h"

#include "common/base/must.h"
#include "common/kafka/producer.h"
#include "tests/support/broker/broker.h"
#include "tests/support/process/place.h"
#include "tests/support/suite/suite.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 20000, SHORT_MS = 300 };

/* A broker, and a proxy that it tells its clients to use. */
struct stage {
    struct proxy *proxy;
    struct broker *broker;
    struct kafka_settings settings;
};

static struct stage stage_open(void)
{
    struct stage stage = {.proxy = proxy_start(PROXY_KAFKA, 0)};
    const struct broker_options options = {.proxy_ports = {proxy_port(stage.proxy)}};

    stage.broker = broker_start(&options);
    proxy_target(stage.proxy, broker_proxied_port(stage.broker, 0));
    broker_create_topic(stage.broker, "topic", 1);
    stage.settings = (struct kafka_settings){
        .brokers = proxy_address(stage.proxy), .prefix = "", .linger_ms = 1};
    return stage;
}

static void stage_close(struct stage *stage)
{
    proxy_free(stage->proxy);
    broker_free(stage->broker);
}

static void count_good(void *opaque, const struct kafka_delivery *delivery)
{
    int *good = opaque;

    *good += delivery->status == STATUS_OK;
}

static struct kafka_producer *producer_open(const struct kafka_settings *settings, int *good)
{
    static const char *const topics[] = {"topic"};
    const struct kafka_producer_options options = {.settings = settings,
                                                   .client_id = "test",
                                                   .topics = topics,
                                                   .topic_count = 1,
                                                   .delivered = count_good,
                                                   .opaque = good};
    struct kafka_producer *producer;
    struct error error = {0};

    MUST(kafka_producer_new(&options, &producer, &error) == STATUS_OK);
    while (kafka_producer_warm(producer, WAIT_MS, &error) != STATUS_OK)
        error_clear(&error);
    return producer;
}

static void send_one(struct kafka_producer *producer, const char *value)
{
    const struct kafka_message message = {.value = slice_of(value)};
    struct error error = {0};

    MUST(kafka_producer_send(producer, &message, &error) == STATUS_OK);
}

static bool flushed(struct kafka_producer *producer, int timeout_ms)
{
    struct error error = {0};

    return kafka_producer_flush(producer, timeout_ms, &error) == STATUS_OK;
}

static int64_t log_end(struct stage *stage)
{
    return broker_end_offset(stage->broker, "topic", 0);
}

START_TEST(clients_stay_on_the_proxy)
{
    struct stage stage = stage_open();
    int good = 0;
    struct kafka_producer *producer = producer_open(&stage.settings, &good);

    send_one(producer, "a");
    ck_assert(flushed(producer, WAIT_MS));
    ck_assert_int_eq(good, 1);
    ck_assert_uint_eq(proxy_seen(stage.proxy, PROXY_PRODUCE), 1);
    ck_assert_uint_eq(proxy_seen(stage.proxy, PROXY_PRODUCE_ANSWER), 1);
    kafka_producer_free(producer);
    stage_close(&stage);
}
END_TEST

START_TEST(a_held_produce_waits)
{
    struct stage stage = stage_open();
    int good = 0;
    struct kafka_producer *producer = producer_open(&stage.settings, &good);

    proxy_arm(stage.proxy, PROXY_PRODUCE, PROXY_HOLD, 1);
    send_one(producer, "a");
    ck_assert(!flushed(producer, SHORT_MS));
    ck_assert(proxy_wait(stage.proxy, 1, WAIT_MS));
    ck_assert_int_eq(log_end(&stage), 0);
    proxy_release(stage.proxy);
    ck_assert(flushed(producer, WAIT_MS));
    ck_assert_int_eq(good, 1);
    ck_assert_int_eq(log_end(&stage), 1);
    kafka_producer_free(producer);
    stage_close(&stage);
}
END_TEST

START_TEST(a_lost_answer_leaves_the_record)
{
    struct stage stage = stage_open();
    int good = 0;
    struct kafka_producer *producer = producer_open(&stage.settings, &good);

    proxy_arm(stage.proxy, PROXY_PRODUCE_ANSWER, PROXY_DROP, 1);
    send_one(producer, "a");
    ck_assert(proxy_wait(stage.proxy, 1, WAIT_MS) || flushed(producer, 0));
    ck_assert(!flushed(producer, SHORT_MS));
    ck_assert_int_eq(good, 0);
    ck_assert_int_eq(log_end(&stage), 1);
    kafka_producer_free(producer);
    stage_close(&stage);
}
END_TEST

/* A process of its own that sends one record and waits for an answer that does not come. */
static pid_t start_sender(const struct stage *stage)
{
    pid_t sender = fork();
    int good = 0;

    if (sender != 0)
        return sender;
    send_one(producer_open(&stage->settings, &good), "old");
    pause();
    _exit(1);
}

START_TEST(a_dead_producers_request_lands_behind_a_new_ones)
{
    struct stage stage = stage_open();
    struct kafka_producer *producer;
    int good = 0;
    pid_t sender;

    proxy_arm(stage.proxy, PROXY_PRODUCE, PROXY_HOLD, 1);
    sender = start_sender(&stage);
    ck_assert(proxy_wait(stage.proxy, 1, WAIT_MS));
    kill(sender, SIGKILL);
    waitpid(sender, NULL, 0);
    producer = producer_open(&stage.settings, &good);
    send_one(producer, "new");
    ck_assert(flushed(producer, WAIT_MS));
    ck_assert_int_eq(log_end(&stage), 1);
    proxy_release(stage.proxy);
    ck_assert(EVENTUALLY(WAIT_MS, log_end(&stage) == 2));
    kafka_producer_free(producer);
    stage_close(&stage);
}
END_TEST

SUITE_MAIN_TIMEOUT("proxy_kafka", 60, clients_stay_on_the_proxy, a_held_produce_waits,
                   a_lost_answer_leaves_the_record,
                   a_dead_producers_request_lands_behind_a_new_ones);
