#include "tests/support/feed/feed.h"

#include "common/base/hash.h"
#include "common/base/must.h"
#include "common/codec/codec.h"
#include "common/kafka/producer.h"
#include "tests/support/process/process.h"

enum { FLUSH_MS = 60000, WARM_MS = 30000, EVENT_BYTES = 1 << 20 };

struct feed {
    struct kafka_settings settings;
    struct kafka_producer *producer;
    struct buffer bytes;
    int32_t partitions;
};

static void on_delivered(void *opaque, const struct kafka_delivery *delivery)
{
    (void)opaque;
    if (delivery->status != STATUS_OK)
        process_fail(NULL, "delivery: %s", delivery->code);
}

struct feed *feed_new(const char *brokers, const char *prefix, int32_t partitions)
{
    static const char *const topics[] = {"transactions", "feedback", "classifications"};
    struct feed *feed = must_alloc(sizeof *feed);
    const struct kafka_producer_options options = {.settings = &feed->settings,
                                                   .client_id = "feed",
                                                   .topics = topics,
                                                   .topic_count = 3,
                                                   .delivered = on_delivered};
    struct error error = {0};

    feed->settings = (struct kafka_settings){.brokers = brokers,
                                             .prefix = prefix,
                                             .session_timeout_ms = 6000,
                                             .poll_interval_ms = 300000,
                                             .queue_bytes = 1 << 20,
                                             .queue_records = 1000,
                                             .linger_ms = 1};
    feed->partitions = partitions;
    buffer_init(&feed->bytes, EVENT_BYTES);
    if (kafka_producer_new(&options, &feed->producer, &error) != STATUS_OK ||
        kafka_producer_warm(feed->producer, WARM_MS, &error) != STATUS_OK)
        process_fail(NULL, "%s", error.text);
    return feed;
}

void feed_free(struct feed *feed)
{
    if (feed == NULL)
        return;
    kafka_producer_free(feed->producer);
    buffer_done(&feed->bytes);
    free(feed);
}

void feed_raw(struct feed *feed, enum feed_topic topic, int32_t partition, struct slice key,
              struct slice value)
{
    const struct kafka_message message = {
        .topic = (int32_t)topic, .partition = partition, .key = key, .value = value};
    enum status status;

    do {
        struct error error = {0};

        status = kafka_producer_send(feed->producer, &message, &error);
        if (status != STATUS_OK && status != STATUS_RETRY)
            process_fail(NULL, "%s", error.text);
        kafka_producer_poll(feed->producer, status == STATUS_OK ? 0 : 100);
    } while (status == STATUS_RETRY);
}

static int32_t feed_user(struct feed *feed, enum feed_topic topic, struct slice tenant,
                         struct slice user)
{
    char text[EVENT_KEY_MAX];
    struct slice key = event_key(tenant, user, text);
    int32_t partition = hash_partition(key, feed->partitions);

    feed_raw(feed, topic, partition, key, buffer_slice(&feed->bytes));
    return partition;
}

int32_t feed_transaction(struct feed *feed, const struct transaction *event)
{
    buffer_reset(&feed->bytes);
    codec_encode_transaction(event, &feed->bytes);
    return feed_user(feed, FEED_TRANSACTIONS, event->tenant, event->user);
}

int32_t feed_feedback(struct feed *feed, const struct feedback *event)
{
    buffer_reset(&feed->bytes);
    codec_encode_feedback(event, &feed->bytes);
    return feed_user(feed, FEED_FEEDBACK, event->tenant, event->user);
}

void feed_classification(struct feed *feed, int32_t partition, const struct classification *event)
{
    char text[EVENT_KEY_MAX];
    struct slice key = {NULL, 0};

    if (event->transaction != NULL)
        key = event_key(event->transaction->tenant, event->transaction->user, text);
    buffer_reset(&feed->bytes);
    codec_encode_classification(event, &feed->bytes);
    feed_raw(feed, FEED_CLASSIFICATIONS, partition, key, buffer_slice(&feed->bytes));
}

void feed_flush(struct feed *feed)
{
    struct error error = {0};

    if (kafka_producer_flush(feed->producer, FLUSH_MS, &error) != STATUS_OK)
        process_fail(NULL, "%s", error.text);
}
