#include "common/kafka/producer.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/kafka/client.h"
#include "common/kafka/conf.h"
#include "common/kafka/kafka_error.h"
#include "common/kafka/position.h"
#include "common/kafka/query.h"
#include "common/kafka/topics.h"

#include <inttypes.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    MESSAGE_TIMEOUT_MS = 120000,
    QUEUE_RECORDS = 100000,
    QUEUE_BYTES = 32 << 20,
    FREE_MS = 1000,
};

struct kafka_producer {
    struct kafka_client client; /* first: the library's opaque */
    struct kafka_topics topics;
    rd_kafka_topic_t *handles[KAFKA_PRODUCER_TOPICS_MAX];
    int32_t partitions[KAFKA_PRODUCER_TOPICS_MAX]; /* 0 before warm */
    void (*delivered)(void *opaque, const struct kafka_delivery *delivery);
    void *opaque;
    uint64_t incarnation;
    size_t pending;
    rd_kafka_queue_t *main_queue; /* NULL before event_fd */
    int event_fd;                 /* -1 before */
};

/* A batch is refused as a whole by a topic with a lower limit than ours, and small messages in it
 * with the large: that is a topic to be mended, not a message to be refused. */
static enum status delivery_status(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
                   code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE
               ? STATUS_RETRY
               : kafka_error_status(code);
}

/* The opaque of a topic handle is its place among the producer's. */
static int32_t topic_of(const struct kafka_producer *producer, const rd_kafka_message_t *message)
{
    rd_kafka_topic_t *const *place = rd_kafka_topic_opaque(message->rkt);

    return (int32_t)(place - producer->handles);
}

static void on_delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct kafka_producer *producer = opaque;
    const struct kafka_delivery delivery = {
        .opaque = message->_private,
        .incarnation = producer->incarnation,
        .topic = topic_of(producer, message),
        .partition = message->partition,
        .status = delivery_status(message->err),
        .code = kafka_error_name(message->err),
        .offset = message->offset < 0 ? KAFKA_OFFSET_NONE : message->offset,
        .latency_us = rd_kafka_message_latency(message),
    };

    (void)rk;
    producer->pending--;
    if (delivery.status == STATUS_OK)
        producer->client.connected = true;
    if (producer->delivered != NULL)
        producer->delivered(producer->opaque, &delivery);
}

static void producer_release(struct kafka_client *client)
{
    struct kafka_producer *producer = (struct kafka_producer *)client;

    kafka_topics_done(&producer->topics);
    if (producer->event_fd >= 0)
        close(producer->event_fd);
    free(producer);
}

static enum status open_topics(struct kafka_producer *producer, struct error *error)
{
    for (size_t i = 0; i < producer->topics.count; i++) {
        rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(producer->client.rk);

        rd_kafka_topic_conf_set_opaque(conf, &producer->handles[i]);
        producer->handles[i] =
            rd_kafka_topic_new(producer->client.rk, producer->topics.names[i], conf);
        if (producer->handles[i] == NULL) {
            rd_kafka_topic_conf_destroy(conf);
            return error_set(error, STATUS_FATAL, "kafka refuses the topic name %s",
                             producer->topics.names[i]);
        }
    }
    return STATUS_OK;
}

static int64_t either(int64_t wanted, int64_t otherwise)
{
    return wanted > 0 ? wanted : otherwise;
}

static enum status producer_open(struct kafka_producer *producer,
                                 const struct kafka_producer_options *options, struct error *error)
{
    const struct kafka_conf_producer wanted = {
        .client_id = options->client_id,
        .message_timeout_ms = either(options->message_timeout_ms, MESSAGE_TIMEOUT_MS),
        .queue_records = either(options->queue_records, QUEUE_RECORDS),
        .queue_bytes = either(options->queue_bytes, QUEUE_BYTES),
    };
    rd_kafka_conf_t *conf;
    enum status status = kafka_conf_producer(options->settings, &wanted, &conf, error);

    if (status != STATUS_OK)
        return status;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
    status =
        kafka_client_open(&producer->client, options->settings, RD_KAFKA_PRODUCER, conf, error);
    return status == STATUS_OK ? open_topics(producer, error) : status;
}

enum status kafka_producer_new(const struct kafka_producer_options *options,
                               struct kafka_producer **ret_producer, struct error *error)
{
    struct kafka_producer *producer = must_alloc(sizeof *producer);
    enum status status;

    MUST(options->topic_count > 0 && options->topic_count <= KAFKA_PRODUCER_TOPICS_MAX);
    producer->client.observer = options->observer;
    producer->delivered = options->delivered;
    producer->opaque = options->opaque;
    producer->incarnation = options->incarnation;
    producer->event_fd = -1;
    kafka_topics_init(&producer->topics, options->settings, options->topics, options->topic_count);
    status = producer_open(producer, options, error);
    if (status != STATUS_OK) {
        kafka_producer_free(producer);
        return status;
    }
    *ret_producer = producer;
    return STATUS_OK;
}

void kafka_producer_free(struct kafka_producer *producer)
{
    if (producer == NULL)
        return;
    if (producer->client.rk == NULL) {
        producer_release(&producer->client);
        return;
    }
    /* Otherwise it waits for every broker's thread, which may be looking up a name. */
    rd_kafka_purge(producer->client.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                            RD_KAFKA_PURGE_F_NON_BLOCKING);
    for (size_t i = 0; i < producer->topics.count; i++)
        if (producer->handles[i] != NULL)
            rd_kafka_topic_destroy(producer->handles[i]);
    if (producer->main_queue != NULL) {
        rd_kafka_queue_io_event_enable(producer->main_queue, -1, NULL, 0);
        rd_kafka_queue_destroy(producer->main_queue);
    }
    kafka_client_close(&producer->client, producer_release, FREE_MS);
}

enum status kafka_producer_warm(struct kafka_producer *producer, int64_t timeout_ms,
                                struct error *error)
{
    int64_t deadline_ms = clock_steady_ms() + timeout_ms;

    for (size_t i = 0; i < producer->topics.count; i++) {
        const char *name = producer->topics.names[i];
        int32_t count;
        enum status status = kafka_query_partitions(
            producer->client.rk, name, kafka_client_remaining(deadline_ms), &count, error);

        if (status != STATUS_OK)
            return status;
        if (count == 0)
            return error_set(error, STATUS_RETRY, "kafka has no topic %s: tributary init makes it",
                             name);
        producer->partitions[i] = count;
    }
    producer->client.connected = true;
    return STATUS_OK;
}

int32_t kafka_producer_partitions(const struct kafka_producer *producer, int32_t topic)
{
    MUST(topic >= 0 && (size_t)topic < producer->topics.count);
    return producer->partitions[topic];
}

/* librdkafka has no const in its inputs; with MSG_F_COPY it only reads them. */
static void *unconst(const char *data)
{
    return (void *)(uintptr_t)data;
}

static rd_kafka_resp_err_t produce(struct kafka_producer *producer,
                                   const struct kafka_message *message)
{
    int failed =
        rd_kafka_produce(producer->handles[message->topic], message->partition, RD_KAFKA_MSG_F_COPY,
                         unconst(message->value.data), message->value.size, message->key.data,
                         message->key.size, message->opaque);

    return failed ? rd_kafka_last_error() : RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* producev, not produceva, which frees headers twice before 2.12 when the partition does not exist
 * (#4628); and the partition was checked before. */
static rd_kafka_resp_err_t produce_traced(struct kafka_producer *producer,
                                          const struct kafka_message *message)
{
    return rd_kafka_producev(producer->client.rk, RD_KAFKA_V_RKT(producer->handles[message->topic]),
                             RD_KAFKA_V_PARTITION(message->partition),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                             RD_KAFKA_V_KEY(unconst(message->key.data), message->key.size),
                             RD_KAFKA_V_VALUE(unconst(message->value.data), message->value.size),
                             RD_KAFKA_V_HEADER("traceparent", message->traceparent.data,
                                               (ssize_t)message->traceparent.size),
                             RD_KAFKA_V_OPAQUE(message->opaque), RD_KAFKA_V_END);
}

static enum status check_partition(const struct kafka_producer *producer,
                                   const struct kafka_message *message, struct error *error)
{
    int32_t count = kafka_producer_partitions(producer, message->topic);

    if (count == 0)
        return error_set(error, STATUS_RETRY, "kafka: %s is not known yet",
                         producer->topics.names[message->topic]);
    if (message->partition < 0 || message->partition >= count)
        return error_set(error, STATUS_REJECT, "kafka: %s has no partition %" PRId32,
                         producer->topics.names[message->topic], message->partition);
    return STATUS_OK;
}

enum status kafka_producer_send(struct kafka_producer *producer,
                                const struct kafka_message *message, struct error *error)
{
    enum status status = check_partition(producer, message, error);
    rd_kafka_resp_err_t code;

    if (status != STATUS_OK)
        return status;
    code = message->traceparent.size == 0 ? produce(producer, message)
                                          : produce_traced(producer, message);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set(error, code, "send to %s", producer->topics.names[message->topic]);
    producer->pending++;
    return STATUS_OK;
}

int kafka_producer_poll(struct kafka_producer *producer, int64_t timeout_ms)
{
    /* First the fd, then the queue: what comes between is told once more, not never. */
    if (producer->event_fd >= 0) {
        eventfd_t count;

        (void)!eventfd_read(producer->event_fd, &count);
    }
    return rd_kafka_poll(producer->client.rk, kafka_client_timeout(timeout_ms));
}

int kafka_producer_event_fd(struct kafka_producer *producer)
{
    static const uint64_t one = 1;

    if (producer->event_fd < 0) {
        /* Non-blocking, or the library's threads stop at a full one (#2932). */
        producer->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        MUST(producer->event_fd >= 0);
        producer->main_queue = rd_kafka_queue_get_main(producer->client.rk);
        rd_kafka_queue_io_event_enable(producer->main_queue, producer->event_fd, &one, sizeof one);
        /* The queue only tells when it was empty before. */
        eventfd_write(producer->event_fd, one);
    }
    return producer->event_fd;
}

enum status kafka_producer_flush(struct kafka_producer *producer, int64_t timeout_ms,
                                 struct error *error)
{
    rd_kafka_flush(producer->client.rk, kafka_client_timeout(timeout_ms));
    kafka_producer_poll(producer, 0);
    if (producer->pending == 0)
        return STATUS_OK;
    return error_set(error, STATUS_RETRY, "kafka: %zu messages are not delivered yet",
                     producer->pending);
}

size_t kafka_producer_pending(const struct kafka_producer *producer)
{
    return producer->pending;
}

enum status kafka_producer_check(const struct kafka_producer *producer, struct error *error)
{
    char reason[160];
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(producer->client.rk, reason, sizeof reason);

    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return STATUS_OK;
    return error_set_code(error, STATUS_FATAL, kafka_error_name(code),
                          "kafka: the producer has failed: %s", reason);
}

bool kafka_producer_connected(const struct kafka_producer *producer)
{
    return producer->client.connected;
}

uint64_t kafka_producer_incarnation(const struct kafka_producer *producer)
{
    return producer->incarnation;
}
