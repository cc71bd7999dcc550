#include "tests/support/gateway/topic.h"

#include "common/base/must.h"
#include "tests/support/process/place.h"

#include <check.h>

enum { READ_MS = 60000, POLL_MS = 200, PARTITIONS_MAX = 64 };

static struct kafka_consumer *open_reader(const struct kafka_settings *settings, const char *topic,
                                          int32_t partitions)
{
    struct kafka_position from[PARTITIONS_MAX];
    const struct kafka_consumer_options options = {
        .settings = settings, .client_id = "test", .topics = &topic, .topic_count = 1};
    struct kafka_consumer *consumer = NULL;
    struct error error = {0};

    ck_assert_int_le(partitions, PARTITIONS_MAX);
    for (int32_t p = 0; p < partitions; p++)
        from[p] = (struct kafka_position){.topic = 0, .partition = p, .offset = 0};
    ck_assert_msg(kafka_consumer_new(&options, &consumer, &error) == STATUS_OK &&
                      kafka_consumer_assign(consumer, from, (size_t)partitions, &error) ==
                          STATUS_OK,
                  "%s", error.text);
    return consumer;
}

void topic_read(const char *brokers, const char *prefix, const char *topic, int32_t partitions,
                topic_seen *seen, void *context)
{
    const struct kafka_settings settings = {.brokers = brokers,
                                            .prefix = prefix,
                                            .session_timeout_ms = 6000,
                                            .poll_interval_ms = 300000,
                                            .queue_bytes = 4 << 20,
                                            .queue_records = 10000};
    struct kafka_consumer *consumer = open_reader(&settings, topic, partitions);
    int64_t until_ms = place_steady_ms() + READ_MS;
    struct error error = {0};
    int32_t ended = 0;

    while (ended < partitions) {
        struct kafka_record record;
        enum kafka_event event = kafka_consumer_poll(consumer, POLL_MS, &record, &error);

        ck_assert_msg(place_steady_ms() < until_ms, "reading %s: %s", topic, error.text);
        if (event == KAFKA_END)
            ended++;
        ck_assert_msg(event != KAFKA_OUT_OF_LOG, "%s", error.text);
        if (event != KAFKA_RECORD)
            continue;
        seen(context, &record);
        kafka_record_release(&record);
    }
    (void)!kafka_consumer_close(consumer, 5000, &error);
}
