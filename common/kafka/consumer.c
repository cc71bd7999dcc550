#include "common/kafka/consumer.h"

#include "common/base/must.h"
#include "common/kafka/conf.h"
#include "common/kafka/kafka_error.h"
#include "common/kafka/member.h"
#include "common/kafka/query.h"

void kafka_member_release(struct kafka_client *client)
{
    struct kafka_consumer *consumer = (struct kafka_consumer *)client;

    kafka_topics_done(&consumer->topics);
    kafka_reading_done(&consumer->reading);
    free(consumer->owned);
    free(consumer);
}

static enum status refused(rd_kafka_resp_err_t code, const char *what, struct error *error)
{
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return STATUS_OK;
    return error_set_code(error, STATUS_FATAL, kafka_error_name(code), "kafka refuses to %s: %s",
                          what, rd_kafka_err2str(code));
}

enum status kafka_consumer_join(struct kafka_consumer *consumer, struct error *error)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)consumer->topics.count);
    rd_kafka_resp_err_t code;

    MUST(consumer->grouped);
    for (size_t i = 0; i < consumer->topics.count; i++)
        rd_kafka_topic_partition_list_add(list, consumer->topics.names[i], RD_KAFKA_PARTITION_UA);
    code = rd_kafka_subscribe(consumer->client.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return refused(code, "subscribe", error);
}

static enum status consumer_open(struct kafka_consumer *consumer,
                                 const struct kafka_consumer_options *options, struct error *error)
{
    /* The library wants a name, but without a subscription no broker ever hears of it. */
    const struct kafka_conf_consumer wanted = {
        options->group != NULL ? options->group : "tributary-reader", options->client_id};
    rd_kafka_conf_t *conf;
    enum status status = kafka_conf_consumer(options->settings, &wanted, &conf, error);

    if (status != STATUS_OK)
        return status;
    rd_kafka_conf_set_rebalance_cb(conf, kafka_member_note_rebalance);
    status =
        kafka_client_open(&consumer->client, options->settings, RD_KAFKA_CONSUMER, conf, error);
    if (status != STATUS_OK)
        return status;
    consumer->queue = rd_kafka_queue_get_consumer(consumer->client.rk);
    consumer->commits = rd_kafka_queue_new(consumer->client.rk);
    /* The main queue's events (errors, logs, statistics) come through the consumer's poll too. */
    return refused(rd_kafka_poll_set_consumer(consumer->client.rk), "poll", error);
}

enum status kafka_consumer_new(const struct kafka_consumer_options *options,
                               struct kafka_consumer **ret_consumer, struct error *error)
{
    struct kafka_consumer *consumer = must_alloc(sizeof *consumer);
    enum status status;

    MUST(options->topic_count > 0 && options->topic_count <= KAFKA_TOPICS_MAX);
    consumer->client.observer = options->observer;
    consumer->callbacks = options->callbacks;
    consumer->refill.queue_records = (size_t)options->settings->queue_records;
    consumer->refill.queue_bytes = (size_t)options->settings->queue_bytes;
    consumer->grouped = options->group != NULL;
    kafka_topics_init(&consumer->topics, options->settings, options->topics, options->topic_count);
    kafka_reading_init(&consumer->reading);
    status = consumer_open(consumer, options, error);
    if (status == STATUS_OK) {
        *ret_consumer = consumer;
        return STATUS_OK;
    }
    if (consumer->client.rk == NULL)
        kafka_member_release(&consumer->client);
    else
        kafka_member_end(consumer, 1000);
    return status;
}

/* Ends reading before it starts anew, so that what the library still holds of the old assignment
 * can be told from the new: records carry a version, errors do not. */
static enum status stop_reading(struct kafka_consumer *consumer, struct error *error)
{
    rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);
    rd_kafka_resp_err_t code = rd_kafka_assign(consumer->client.rk, none);
    rd_kafka_message_t *stale;

    rd_kafka_topic_partition_list_destroy(none);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set(error, code, "kafka stops reading");
    do {
        stale = rd_kafka_consumer_poll(consumer->client.rk, 0);
        if (stale != NULL)
            rd_kafka_message_destroy(stale);
    } while (stale != NULL);
    return STATUS_OK;
}

static bool owns_all(const struct kafka_consumer *consumer, const struct kafka_position *positions,
                     size_t count)
{
    for (size_t i = 0; consumer->grouped && i < count; i++)
        if (!kafka_member_owns(consumer, positions[i].topic, positions[i].partition))
            return false;
    return true;
}

/* From the next offset that was not given out. */
static enum status start_reading(struct kafka_consumer *consumer, struct error *error)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_resp_err_t code;

    if (consumer->reading.count == 0 || consumer->rebalance != NULL)
        return STATUS_OK; /* the next poll says what became of the assignment */
    list =
        kafka_topics_list(&consumer->topics, consumer->reading.positions, consumer->reading.count);
    code = rd_kafka_assign(consumer->client.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return kafka_error_set(error, code, "kafka starts reading");
}

enum status kafka_consumer_assign(struct kafka_consumer *consumer,
                                  const struct kafka_position *positions, size_t count,
                                  struct error *error)
{
    enum status status;

    for (size_t i = 0; i < count; i++)
        MUST(positions[i].offset >= 0);
    if (!owns_all(consumer, positions, count))
        return error_set(error, STATUS_LOST, "kafka: not all of these partitions are assigned");
    status = stop_reading(consumer, error);
    if (status != STATUS_OK)
        return status;
    consumer->paused = false;
    MUST(kafka_reading_set(&consumer->reading, positions, count));
    return start_reading(consumer, error);
}

/* Not by rd_kafka_pause_partitions: its resume does not wake the thread that fetches, which sleeps
 * on for up to a second, and at 2.0.2 starts a partition over that was not paused. */
enum status kafka_consumer_pause(struct kafka_consumer *consumer, struct error *error)
{
    enum status status;

    if (consumer->paused)
        return STATUS_OK;
    status = stop_reading(consumer, error);
    if (status == STATUS_OK)
        consumer->paused = true;
    return status;
}

enum status kafka_consumer_resume(struct kafka_consumer *consumer, struct error *error)
{
    enum status status;

    if (!consumer->paused)
        return STATUS_OK;
    status = start_reading(consumer, error);
    if (status == STATUS_OK)
        consumer->paused = false;
    return status;
}

enum status kafka_member_restart(struct kafka_consumer *consumer, struct error *error)
{
    enum status status = stop_reading(consumer, error);

    return status == STATUS_OK ? start_reading(consumer, error) : status;
}

void kafka_consumer_wake(struct kafka_consumer *consumer)
{
    atomic_store(&consumer->woken, true);
    rd_kafka_queue_yield(consumer->queue);
}

enum status kafka_consumer_watermarks(struct kafka_consumer *consumer,
                                      const struct kafka_position *positions, size_t count,
                                      int64_t timeout_ms, struct kafka_watermarks *ret_watermarks,
                                      struct error *error)
{
    rd_kafka_topic_partition_list_t *list = kafka_topics_list(&consumer->topics, positions, count);
    enum status status =
        kafka_query_watermarks(consumer->client.rk, list, timeout_ms, ret_watermarks, error);

    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

bool kafka_consumer_seen_watermarks(const struct kafka_consumer *consumer, int32_t topic,
                                    int32_t partition, struct kafka_watermarks *ret_watermarks)
{
    int64_t low, high;

    MUST(topic >= 0 && (size_t)topic < consumer->topics.count);
    if (!kafka_reading_has(&consumer->reading, topic, partition) ||
        rd_kafka_get_watermark_offsets(consumer->client.rk, consumer->topics.names[topic],
                                       partition, &low, &high) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        low < 0 || high < 0)
        return false;
    *ret_watermarks = (struct kafka_watermarks){low, high};
    return true;
}

enum status kafka_consumer_partitions(struct kafka_consumer *consumer, int32_t topic,
                                      int64_t timeout_ms, int32_t *ret_count, struct error *error)
{
    MUST(topic >= 0 && (size_t)topic < consumer->topics.count);
    return kafka_query_partitions(consumer->client.rk, consumer->topics.names[topic], timeout_ms,
                                  ret_count, error);
}

size_t kafka_consumer_queued(const struct kafka_consumer *consumer)
{
    return rd_kafka_queue_length(consumer->queue);
}
