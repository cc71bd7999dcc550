#include "tests/integration/kafka/harness.h"

#include "common/base/clock.h"
#include "common/base/must.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WAIT_MS = 30000, POLL_MS = 100, LEAVE_MS = 10000 };

void harness_init(struct harness *harness, struct broker *broker)
{
    struct error error = {0};

    harness->settings = (struct kafka_settings){
        .brokers = broker_address(broker),
        .prefix = broker_prefix(broker),
        .session_timeout_ms = 6000,
        .poll_interval_ms = 60000,
        .queue_bytes = 4 << 20,
        .queue_records = 10000,
        .linger_ms = 1,
    };
    OK(kafka_admin_new(&(struct kafka_admin_options){.settings = &harness->settings,
                                                     .client_id = "test",
                                                     .timeout_ms = 10000},
                       &harness->admin, &error));
}

void harness_done(struct harness *harness)
{
    kafka_admin_free(harness->admin);
}

void harness_topic(const struct harness *harness, const char *topic, int32_t partitions)
{
    const struct kafka_topic wanted = {
        .name = topic, .partitions = partitions, .replicas = 1, .retention_ms = -1};
    struct error error = {0};
    bool created = false;

    OK(kafka_admin_ensure_topic(harness->admin, &wanted, &created, &error));
    ck_assert(created);
}

struct kafka_producer *harness_producer(const struct harness *harness, const char *topic,
                                        void (*delivered)(void *, const struct kafka_delivery *),
                                        void *opaque)
{
    struct kafka_producer *producer;
    struct error error = {0};

    OK(kafka_producer_new(&(struct kafka_producer_options){.settings = &harness->settings,
                                                           .client_id = "test",
                                                           .topics = &topic,
                                                           .topic_count = 1,
                                                           .delivered = delivered,
                                                           .opaque = opaque},
                          &producer, &error));
    OK(kafka_producer_warm(producer, WAIT_MS, &error));
    return producer;
}

static void expect_delivered(void *opaque, const struct kafka_delivery *delivery)
{
    (void)opaque;
    ck_assert_msg(delivery->status == STATUS_OK, "%s", delivery->code);
}

static void send_patiently(struct kafka_producer *producer, const struct kafka_message *message)
{
    struct error error = {0};
    enum status status;

    while ((status = kafka_producer_send(producer, message, &error)) == STATUS_RETRY) {
        kafka_producer_poll(producer, 10);
        error_clear(&error);
    }
    ck_assert_msg(status == STATUS_OK, "%s", error.text);
}

void harness_fill(const struct harness *harness, const char *topic, int32_t partitions,
                  int64_t records, size_t size)
{
    struct kafka_producer *producer = harness_producer(harness, topic, expect_delivered, NULL);
    struct error error = {0};
    char *value = must_alloc(size + 1);

    for (int64_t i = 0; i < records; i++) {
        memset(value, 'x', size);
        value[snprintf(value, 20, "%" PRId64, i)] = ' ';
        for (int32_t p = 0; p < partitions; p++)
            send_patiently(producer, &(struct kafka_message){
                                         .partition = p, .key = {"k", 1}, .value = {value, size}});
        kafka_producer_poll(producer, 0);
    }
    OK(kafka_producer_flush(producer, WAIT_MS, &error));
    kafka_producer_free(producer);
    free(value);
}

bool harness_value_is(const struct kafka_record *record, int64_t number)
{
    char text[24];
    size_t size = (size_t)snprintf(text, sizeof text, "%" PRId64 " ", number);

    return record->value.size >= size && memcmp(record->value.data, text, size) == 0;
}

static void on_assigned(void *opaque, const struct kafka_position *partitions, size_t count)
{
    struct member *member = opaque;
    struct error error = {0};

    ck_assert_uint_le(count, HARNESS_PARTITIONS);
    ck_assert_uint_eq(member->owned_count, 0);
    member->assigned++;
    member->owned_count = count;
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(partitions[i].offset, KAFKA_OFFSET_NONE);
        member->owned[i] = partitions[i];
        member->owned[i].offset = member->start;
    }
    if (member->start >= 0)
        OK(kafka_consumer_assign(member->consumer, member->owned, count, &error));
}

static void on_revoked(void *opaque, const struct kafka_position *partitions, size_t count,
                       bool lost)
{
    struct member *member = opaque;

    (void)partitions;
    ck_assert_uint_eq(count, member->owned_count);
    member->revoked++;
    member->lost += lost;
    member->owned_count = 0;
}

static void on_committed(void *opaque, const struct error *error)
{
    struct member *member = opaque;

    member->committed++;
    member->last_commit = *error;
}

void member_join(struct member *member, const struct harness *harness, const char *group,
                 const char *const *topics, size_t topic_count)
{
    struct error error = {0};

    OK(kafka_consumer_new(&(struct kafka_consumer_options){.settings = &harness->settings,
                                                           .group = group,
                                                           .client_id = "test",
                                                           .topics = topics,
                                                           .topic_count = topic_count,
                                                           .callbacks = {.assigned = on_assigned,
                                                                         .revoked = on_revoked,
                                                                         .committed = on_committed,
                                                                         .opaque = member}},
                          &member->consumer, &error));
    if (group != NULL)
        OK(kafka_consumer_join(member->consumer, &error));
}

enum kafka_event member_poll(struct member *member, struct kafka_record *ret_record)
{
    struct error error = {0};
    enum kafka_event event = kafka_consumer_poll(member->consumer, POLL_MS, ret_record, &error);

    ck_assert_msg(event == KAFKA_NOTHING || event == KAFKA_RECORD || event == KAFKA_END,
                  "event %d: %s", event, error.text);
    return event;
}

void member_await(struct member *member, size_t owned)
{
    int64_t deadline_ms = clock_steady_ms() + WAIT_MS;
    struct kafka_record record;

    while (member->owned_count != owned) {
        ck_assert_msg(clock_steady_ms() < deadline_ms, "owns %zu of %zu partitions",
                      member->owned_count, owned);
        if (member_poll(member, &record) == KAFKA_RECORD)
            kafka_record_release(&record);
    }
}

void member_leave(struct member *member)
{
    struct error error = {0};

    OK(kafka_consumer_close(member->consumer, LEAVE_MS, &error));
    ck_assert_uint_eq(member->owned_count, 0);
}
