/* One event at a time out of a consumer. The batch calls of librdkafka 2.0.2 skip offsets and mix
 * partitions up under pause and rebalance (#4208): they are not used. */
#include "common/base/must.h"
#include "common/kafka/kafka_error.h"
#include "common/kafka/member.h"

#include <inttypes.h>

static struct kafka_position position_of(const struct kafka_consumer *consumer,
                                         const rd_kafka_message_t *message)
{
    const char *name = message->rkt == NULL ? "" : rd_kafka_topic_name(message->rkt);

    return (struct kafka_position){
        .topic = kafka_topics_index(&consumer->topics, name),
        .partition = message->partition,
        .offset = message->offset < 0 ? KAFKA_OFFSET_NONE : message->offset,
    };
}

static struct kafka_record place(struct kafka_position position)
{
    return (struct kafka_record){
        .topic = position.topic,
        .partition = position.partition,
        .offset = position.offset,
        .timestamp_ms = -1,
    };
}

static struct kafka_record record_of(struct kafka_position position, rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;
    struct kafka_record record = place(position);

    record.timestamp_ms = rd_kafka_message_timestamp(message, &type);
    record.key = (struct slice){message->key, message->key_len};
    record.value = (struct slice){message->payload, message->len};
    record.handle = message;
    return record;
}

static enum kafka_event take_record(struct kafka_consumer *consumer, rd_kafka_message_t *message,
                                    struct kafka_record *ret_record)
{
    struct kafka_position position = position_of(consumer, message);

    consumer->client.connected = true;
    if (!kafka_reading_record(&consumer->reading, position)) {
        rd_kafka_message_destroy(message);
        return KAFKA_NOTHING;
    }
    kafka_member_refill(consumer, message->key_len + message->len);
    *ret_record = record_of(position, message);
    return KAFKA_RECORD;
}

static enum kafka_event client_error(const rd_kafka_message_t *message, struct error *error)
{
    error_set_code(error, kafka_error_status(message->err), kafka_error_name(message->err),
                   "kafka: %s", rd_kafka_message_errstr(message));
    return KAFKA_CLIENT_ERROR;
}

/* Reads on from the next offset, which tells whether that is in the log. */
static enum kafka_event read_anew(struct kafka_consumer *consumer, struct error *error)
{
    if (consumer->paused || kafka_member_restart(consumer, error) == STATUS_OK)
        return KAFKA_NOTHING;
    return KAFKA_CLIENT_ERROR;
}

/* The library's thread may take note of an offset outside the log when the assignment that asked
 * for it is already over: it then tells it of the new one, and stops that one's reading as well
 * (rd_kafka_offset_reset knows no version). So an offset that is not the next is not believed. None
 * at all is: the log was truncated under us (from 2.1 on found by the leader's epoch). */
static enum kafka_event partition_error(struct kafka_consumer *consumer,
                                        struct kafka_position position,
                                        const rd_kafka_message_t *message, struct error *error)
{
    bool out = message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
               message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;

    if (!kafka_reading_has(&consumer->reading, position.topic, position.partition))
        return KAFKA_NOTHING;
    if (out && position.offset != KAFKA_OFFSET_NONE &&
        !kafka_reading_at(&consumer->reading, position))
        return read_anew(consumer, error);
    error_set_code(error, kafka_error_status(message->err), kafka_error_name(message->err),
                   "kafka %s [%" PRId32 "] at offset %" PRId64 ": %s",
                   consumer->topics.names[position.topic], position.partition, position.offset,
                   out ? "not in the log" : rd_kafka_message_errstr(message));
    return out ? KAFKA_OUT_OF_LOG : KAFKA_PARTITION_ERROR;
}

/* The message is no record; it is destroyed by the caller. */
static enum kafka_event take_event(struct kafka_consumer *consumer,
                                   const rd_kafka_message_t *message,
                                   struct kafka_record *ret_record, struct error *error)
{
    struct kafka_position position = position_of(consumer, message);

    if (position.topic < 0 || position.partition < 0)
        return client_error(message, error);
    *ret_record = place(position);
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return kafka_reading_end(&consumer->reading, position) ? KAFKA_END : KAFKA_NOTHING;
    return partition_error(consumer, position, message, error);
}

/* What came by callback while the queue was read. */
static enum kafka_event take_trouble(struct kafka_consumer *consumer, struct error *error)
{
    if (consumer->client.trouble.status == STATUS_OK)
        return KAFKA_NOTHING;
    *error = consumer->client.trouble;
    error_clear(&consumer->client.trouble);
    return KAFKA_CLIENT_ERROR;
}

static enum kafka_event take_message(struct kafka_consumer *consumer, rd_kafka_message_t *message,
                                     struct kafka_record *ret_record, struct error *error)
{
    enum kafka_event event;

    if (message == NULL)
        return take_trouble(consumer, error);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return take_record(consumer, message, ret_record);
    event = take_event(consumer, message, ret_record, error);
    rd_kafka_message_destroy(message);
    return event;
}

enum kafka_event kafka_consumer_poll(struct kafka_consumer *consumer, int64_t timeout_ms,
                                     struct kafka_record *ret_record, struct error *error)
{
    rd_kafka_message_t *message;

    error_clear(error);
    kafka_member_serve_commits(consumer);
    if (consumer->rebalance == NULL) {
        if (atomic_exchange(&consumer->woken, false))
            timeout_ms = 0;
        message = rd_kafka_consumer_poll(consumer->client.rk, kafka_client_timeout(timeout_ms));
        if (message == NULL)
            atomic_store(&consumer->woken, false);
        if (message != NULL || consumer->rebalance == NULL)
            return take_message(consumer, message, ret_record, error);
    }
    kafka_member_serve_rebalance(consumer);
    return KAFKA_NOTHING;
}

void kafka_record_release(struct kafka_record *record)
{
    if (record->handle != NULL)
        rd_kafka_message_destroy(record->handle);
    *record = (struct kafka_record){0};
}

bool kafka_record_header(const struct kafka_record *record, const char *name,
                         struct slice *ret_value)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;

    if (rd_kafka_message_headers(record->handle, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    *ret_value = (struct slice){value, size};
    return true;
}
