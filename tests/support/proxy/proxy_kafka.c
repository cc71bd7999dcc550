/* Kafka's framing: a 32-bit length, then for a request api key, api version, correlation id, for an
 * answer the correlation id of its request (kafka.apache.org/protocol, "Request Header"). */
#include "tests/support/proxy/proxy_protocol.h"

#include <endian.h>

enum { LENGTH_BYTES = 4, REQUEST_HEADER = 12, ANSWER_HEADER = 8, UNKNOWN = -1 };

static uint32_t at32(struct slice bytes, size_t offset)
{
    uint32_t big;

    memcpy(&big, bytes.data + offset, sizeof big);
    return be32toh(big);
}

static int16_t at16(struct slice bytes, size_t offset)
{
    uint16_t big;

    memcpy(&big, bytes.data + offset, sizeof big);
    return (int16_t)be16toh(big);
}

void proxy_kafka_init(struct proxy_kafka *kafka)
{
    for (size_t i = 0; i < PROXY_IN_FLIGHT; i++)
        kafka->requests[i].api_key = UNKNOWN;
    kafka->next = 0;
}

size_t proxy_kafka_size(enum proxy_direction direction, struct slice bytes)
{
    size_t header = direction == PROXY_REQUEST ? REQUEST_HEADER : ANSWER_HEADER;
    size_t size;

    if (bytes.size < header)
        return 0;
    size = LENGTH_BYTES + (size_t)at32(bytes, 0);
    return size < header ? header : size;
}

static void find_request(struct proxy_kafka *kafka, struct proxy_message *message)
{
    for (size_t i = 0; i < PROXY_IN_FLIGHT; i++) {
        struct proxy_in_flight *request = &kafka->requests[i];

        if (request->api_key == UNKNOWN || request->correlation != message->correlation)
            continue;
        message->api_key = request->api_key;
        message->api_version = request->api_version;
        request->api_key = UNKNOWN;
        return;
    }
}

void proxy_kafka_read(struct proxy_kafka *kafka, struct proxy_message *message)
{
    if (message->direction == PROXY_REQUEST) {
        message->api_key = at16(message->bytes, 4);
        message->api_version = at16(message->bytes, 6);
        message->correlation = (int32_t)at32(message->bytes, 8);
        return;
    }
    message->correlation = (int32_t)at32(message->bytes, 4);
    find_request(kafka, message);
}

void proxy_kafka_sent(struct proxy_kafka *kafka, const struct proxy_message *message)
{
    kafka->requests[kafka->next++ % PROXY_IN_FLIGHT] = (struct proxy_in_flight){
        .correlation = message->correlation,
        .api_key = message->api_key,
        .api_version = message->api_version,
    };
}

/* Past a text of 16 bits of length, which may be null (-1); beyond the end for what is cut short.
 */
static size_t behind_text(struct slice bytes, size_t place)
{
    int16_t size = place + sizeof size <= bytes.size ? at16(bytes, place) : INT16_MAX;

    return place + sizeof size + (size > 0 ? (size_t)size : 0);
}

/* Of a produce request before version 9, from its first batch ("Record Batch"); -1 where there is
 * none. */
static int64_t producer_of(struct slice bytes)
{
    enum { ACKS_TIMEOUT_TOPICS = 10, PARTITIONS_INDEX_SIZE = 12, BATCH_TO_PRODUCER = 43 };
    size_t place = behind_text(bytes, behind_text(bytes, REQUEST_HEADER));

    place = behind_text(bytes, place + ACKS_TIMEOUT_TOPICS);
    place += PARTITIONS_INDEX_SIZE + BATCH_TO_PRODUCER;
    if (place + sizeof(int64_t) > bytes.size)
        return -1;
    return (int64_t)((uint64_t)at32(bytes, place) << 32 | at32(bytes, place + sizeof(int32_t)));
}

enum proxy_verdict proxy_hold_produce(void *context, const struct proxy_message *message)
{
    struct proxy_held *held = context;
    int64_t producer;

    if (message->direction != PROXY_REQUEST || message->api_key != PROXY_KAFKA_PRODUCE)
        return PROXY_PASS;
    producer = producer_of(message->bytes);
    if (held->any)
        return producer == held->producer ? PROXY_DROP : PROXY_PASS;
    *held = (struct proxy_held){.any = true, .producer = producer};
    return PROXY_HOLD;
}
