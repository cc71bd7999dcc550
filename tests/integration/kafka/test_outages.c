/* A broker that is killed, comes back, or stands still: nothing is fatal, nothing is lost or
 * doubled, and no call outlasts its deadline. */
#include "common/base/clock.h"
#include "tests/integration/kafka/harness.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const topics[] = {"kept"};

struct fixture {
    struct broker *broker;
    struct harness harness;
    struct member member;
    size_t delivered, failed;
    int64_t last_offset;
};

static void set_up(struct fixture *fixture, int64_t records)
{
    *fixture = (struct fixture){.broker = broker_start(NULL), .last_offset = -1};
    harness_init(&fixture->harness, fixture->broker);
    harness_topic(&fixture->harness, topics[0], 1);
    if (records > 0)
        harness_fill(&fixture->harness, topics[0], 1, records, 40);
}

static void tear_down(struct fixture *fixture)
{
    harness_done(&fixture->harness);
    broker_free(fixture->broker);
}

/* Reads up to an offset; the client may complain meanwhile, but only that it tries again. */
static void read_to(struct fixture *fixture, int64_t *next, int64_t to)
{
    int64_t deadline_ms = clock_steady_ms() + 40000;
    struct kafka_record record;
    struct error error;

    while (*next < to) {
        enum kafka_event event =
            kafka_consumer_poll(fixture->member.consumer, 100, &record, &error);

        ck_assert_msg(clock_steady_ms() < deadline_ms, "stands at %" PRId64, *next);
        if (event == KAFKA_CLIENT_ERROR || event == KAFKA_PARTITION_ERROR)
            ck_assert_msg(error.status == STATUS_RETRY, "%s", error.text);
        if (event != KAFKA_RECORD)
            continue;
        ck_assert_int_eq(record.offset, *next);
        fixture->member.start = ++*next; /* where it starts again, should the group be made anew */
        kafka_record_release(&record);
    }
}

static enum kafka_event poll_once(struct fixture *fixture, struct error *error)
{
    struct kafka_record record;
    enum kafka_event event = kafka_consumer_poll(fixture->member.consumer, 100, &record, error);

    if (event == KAFKA_RECORD)
        kafka_record_release(&record);
    return event;
}

START_TEST(a_consumer_survives_a_restart)
{
    struct fixture fixture;
    struct error error = {0};
    int64_t next = 0;
    int complaints = 0;

    set_up(&fixture, 1000);
    member_join(&fixture.member, &fixture.harness, "group", topics, 1);
    member_await(&fixture.member, 1);
    OK(kafka_consumer_assign(fixture.member.consumer, fixture.member.owned, 1, &error));
    read_to(&fixture, &next, 1000);
    broker_kill(fixture.broker);
    for (int i = 0; i < 30; i++) {
        complaints += poll_once(&fixture, &error) == KAFKA_CLIENT_ERROR;
        ck_assert(error.status == STATUS_OK || error.status == STATUS_RETRY);
    }
    ck_assert_int_gt(complaints, 0);
    broker_restart(fixture.broker);
    harness_fill(&fixture.harness, topics[0], 1, 500, 40);
    read_to(&fixture, &next, 1500);
    error_clear(&error);
    OK(kafka_consumer_commit(fixture.member.consumer, &(struct kafka_position){0, 0, next}, 1,
                             10000, &error));
    member_leave(&fixture.member);
    tear_down(&fixture);
}
END_TEST

static void on_delivered(void *opaque, const struct kafka_delivery *delivery)
{
    struct fixture *fixture = opaque;

    if (delivery->status != STATUS_OK) {
        ck_assert_msg(delivery->status == STATUS_RETRY || delivery->status == STATUS_FATAL, "%s",
                      delivery->code);
        fixture->failed++;
        return;
    }
    ck_assert_int_gt(delivery->offset, fixture->last_offset);
    fixture->last_offset = delivery->offset;
    fixture->delivered++;
}

static struct kafka_producer *producer_of(struct fixture *fixture, int64_t message_timeout_ms)
{
    struct kafka_producer *producer;
    struct error error = {0};

    OK(kafka_producer_new(&(struct kafka_producer_options){.settings = &fixture->harness.settings,
                                                           .client_id = "test",
                                                           .topics = topics,
                                                           .topic_count = 1,
                                                           .message_timeout_ms = message_timeout_ms,
                                                           .delivered = on_delivered,
                                                           .opaque = fixture},
                          &producer, &error));
    OK(kafka_producer_warm(producer, 20000, &error));
    return producer;
}

static void send_some(struct kafka_producer *producer, int count)
{
    struct error error = {0};

    for (int i = 0; i < count; i++)
        OK(kafka_producer_send(producer, &(struct kafka_message){.value = {"x", 1}}, &error));
    kafka_producer_poll(producer, 0);
}

static int64_t written(const struct fixture *fixture)
{
    struct kafka_watermarks watermarks;
    struct error error = {0};

    OK(kafka_admin_watermarks(fixture->harness.admin, topics[0], &watermarks, 1, &error));
    return watermarks.high;
}

START_TEST(a_producer_delivers_over_a_restart)
{
    struct fixture fixture;
    struct kafka_producer *producer;
    struct error error = {0};

    set_up(&fixture, 0);
    producer = producer_of(&fixture, 60000);
    send_some(producer, 2000);
    broker_kill(fixture.broker);
    send_some(producer, 2000);
    for (int i = 0; i < 20 && kafka_producer_connected(producer); i++)
        kafka_producer_poll(producer, 100);
    ck_assert(!kafka_producer_connected(producer));
    broker_restart(fixture.broker);
    send_some(producer, 1000);
    OK(kafka_producer_flush(producer, 40000, &error));
    ck_assert(kafka_producer_connected(producer));
    ck_assert_uint_eq(fixture.delivered, 5000);
    ck_assert_uint_eq(fixture.failed, 0);
    ck_assert_int_eq(written(&fixture), 5000);
    kafka_producer_free(producer);
    tear_down(&fixture);
}
END_TEST

START_TEST(a_report_comes_in_time_all_the_same)
{
    struct fixture fixture;
    struct kafka_producer *producer;
    struct error error = {0};
    int64_t since_ms;

    set_up(&fixture, 0);
    producer = producer_of(&fixture, 2000);
    send_some(producer, 10);
    OK(kafka_producer_flush(producer, 10000, &error));
    broker_pause(fixture.broker);
    since_ms = clock_steady_ms();
    send_some(producer, 10);
    while (fixture.failed < 10 && clock_steady_ms() - since_ms < 10000)
        kafka_producer_poll(producer, 100);
    ck_assert_uint_eq(fixture.failed, 10);
    printf("reported after %" PRId64 " ms, %s\n", clock_steady_ms() - since_ms,
           kafka_producer_check(producer, &error) == STATUS_OK ? "not fatal" : error.text);
    ck_assert_int_lt(clock_steady_ms() - since_ms, 5000);
    since_ms = clock_steady_ms();
    kafka_producer_free(producer);
    ck_assert_int_lt(clock_steady_ms() - since_ms, 1500);
    broker_resume(fixture.broker);
    fixture.last_offset = -1;
    error_clear(&error);
    producer = producer_of(&fixture, 30000);
    send_some(producer, 10);
    OK(kafka_producer_flush(producer, 30000, &error));
    ck_assert_uint_eq(fixture.delivered, 20);
    kafka_producer_free(producer);
    tear_down(&fixture);
}
END_TEST

enum { DEADLINE_MS = 500, SLACK_MS = 600 };

/* RETRY, and not much later than it was asked for. */
#define IN_TIME(call)                                                                              \
    do {                                                                                           \
        int64_t since_ms_ = clock_steady_ms();                                                     \
        enum status status_;                                                                       \
                                                                                                   \
        error_clear(&error);                                                                       \
        status_ = (call);                                                                          \
        ck_assert_msg(status_ == STATUS_RETRY, "%s: %d %s", #call, status_, error.text);           \
        ck_assert_msg(clock_steady_ms() - since_ms_ < DEADLINE_MS + SLACK_MS, "%s took %" PRId64,  \
                      #call, clock_steady_ms() - since_ms_);                                       \
    } while (0)

static struct kafka_admin *quick_admin(const struct fixture *fixture)
{
    struct kafka_admin *admin;
    struct error error = {0};
    int32_t count;

    OK(kafka_admin_new(&(struct kafka_admin_options){.settings = &fixture->harness.settings,
                                                     .client_id = "test",
                                                     .timeout_ms = DEADLINE_MS},
                       &admin, &error));
    for (int i = 0; i < 20; i++) /* until it is connected */
        if (kafka_admin_partitions(admin, topics[0], &count, &error) == STATUS_OK)
            break;
    return admin;
}

static void ask_admin(struct kafka_admin *admin)
{
    struct kafka_topic topic = {.name = "new", .partitions = 1, .replicas = 1};
    struct kafka_watermarks watermarks;
    struct kafka_group group;
    struct error error = {0};
    int64_t offset = 1;
    int32_t count;
    bool created;

    IN_TIME(kafka_admin_partitions(admin, topics[0], &count, &error));
    IN_TIME(kafka_admin_watermarks(admin, topics[0], &watermarks, 1, &error));
    IN_TIME(kafka_admin_ensure_topic(admin, &topic, &created, &error));
    IN_TIME(kafka_admin_group(admin, "group", &group, &error));
    IN_TIME(kafka_admin_committed(admin, "group", topics[0], &offset, 1, &error));
    IN_TIME(kafka_admin_commit(admin, "group", topics[0], &offset, 1, &error));
}

static void ask_consumer(struct kafka_consumer *consumer)
{
    struct kafka_position position = {0, 0, 1};
    struct kafka_watermarks watermarks;
    struct kafka_record record;
    struct error error = {0}, ignored = {0};
    int64_t since_ms;
    int32_t count;

    IN_TIME(kafka_consumer_watermarks(consumer, &position, 1, DEADLINE_MS, &watermarks, &error));
    IN_TIME(kafka_consumer_partitions(consumer, 0, DEADLINE_MS, &count, &error));
    IN_TIME(kafka_consumer_committed(consumer, &position, 1, DEADLINE_MS, &error));
    IN_TIME(kafka_consumer_commit(consumer, &position, 1, DEADLINE_MS, &error));
    since_ms = clock_steady_ms();
    ck_assert_int_eq(kafka_consumer_pause(consumer, &ignored), STATUS_OK);
    ck_assert_int_eq(kafka_consumer_resume(consumer, &ignored), STATUS_OK);
    ck_assert_int_eq(kafka_consumer_assign(consumer, &position, 1, &ignored), STATUS_OK);
    ck_assert_int_lt(clock_steady_ms() - since_ms, 200);
    since_ms = clock_steady_ms();
    for (int i = 0; i < 10; i++)
        (void)!kafka_consumer_poll(consumer, 50, &record, &ignored);
    ck_assert_int_lt(clock_steady_ms() - since_ms, 1000);
}

START_TEST(no_call_outlasts_its_deadline)
{
    struct fixture fixture;
    struct kafka_producer *producer;
    struct kafka_admin *admin;
    struct error error = {0};
    int64_t since_ms;
    enum status status;

    set_up(&fixture, 10);
    admin = quick_admin(&fixture);
    producer = producer_of(&fixture, 60000);
    member_join(&fixture.member, &fixture.harness, "group", topics, 1);
    member_await(&fixture.member, 1);
    broker_pause(fixture.broker);
    ask_admin(admin);
    ask_consumer(fixture.member.consumer);
    send_some(producer, 10);
    IN_TIME(kafka_producer_flush(producer, DEADLINE_MS, &error));
    IN_TIME(kafka_producer_warm(producer, DEADLINE_MS, &error));
    since_ms = clock_steady_ms();
    kafka_admin_free(admin);
    kafka_producer_free(producer);
    printf("admin and producer freed in %" PRId64 " ms\n", clock_steady_ms() - since_ms);
    ck_assert_int_lt(clock_steady_ms() - since_ms, 2500);
    since_ms = clock_steady_ms();
    status = kafka_consumer_close(fixture.member.consumer, 1000, &error);
    printf("consumer closed in %" PRId64 " ms: %s\n", clock_steady_ms() - since_ms,
           status_name(status));
    ck_assert_int_lt(clock_steady_ms() - since_ms, 2000);
    broker_resume(fixture.broker);
    tear_down(&fixture);
}
END_TEST

SUITE_MAIN_TIMEOUT("kafka outages", 90, a_consumer_survives_a_restart,
                   a_producer_delivers_over_a_restart, a_report_comes_in_time_all_the_same,
                   no_call_outlasts_its_deadline);
