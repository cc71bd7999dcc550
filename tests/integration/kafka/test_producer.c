/* What a producer answers for: each message one report, in order, of this incarnation only. */
#include "common/base/clock.h"
#include "common/base/must.h"
#include "tests/integration/kafka/harness.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static const char *const topics[] = {"sent"};

enum { PARTITIONS = 4 };

struct reports {
    size_t ok, other;
    int64_t last_offset[PARTITIONS];
    uintptr_t last_number[PARTITIONS];
    uint64_t incarnation;
};

struct fixture {
    struct broker *broker;
    struct harness harness;
    struct reports reports;
    struct kafka_producer *producer;
};

/* Numbers are sent ascending in each partition, so reports and offsets must ascend too. */
static void on_delivered(void *opaque, const struct kafka_delivery *delivery)
{
    struct reports *reports = opaque;
    uintptr_t number = (uintptr_t)delivery->opaque;

    ck_assert_uint_eq(delivery->incarnation, reports->incarnation);
    if (delivery->status != STATUS_OK) {
        reports->other++;
        return;
    }
    ck_assert_str_eq(delivery->code, "");
    ck_assert_int_eq(delivery->topic, 0);
    ck_assert_int_gt(delivery->offset, reports->last_offset[delivery->partition]);
    ck_assert_uint_gt(number, reports->last_number[delivery->partition]);
    reports->last_offset[delivery->partition] = delivery->offset;
    reports->last_number[delivery->partition] = number;
    reports->ok++;
}

static void open_producer(struct fixture *fixture, uint64_t incarnation, int64_t queue_records)
{
    struct error error = {0};

    fixture->reports = (struct reports){.incarnation = incarnation};
    for (size_t i = 0; i < PARTITIONS; i++)
        fixture->reports.last_offset[i] = -1;
    OK(kafka_producer_new(&(struct kafka_producer_options){.settings = &fixture->harness.settings,
                                                           .client_id = "test",
                                                           .topics = topics,
                                                           .topic_count = 1,
                                                           .queue_records = queue_records,
                                                           .incarnation = incarnation,
                                                           .delivered = on_delivered,
                                                           .opaque = &fixture->reports},
                          &fixture->producer, &error));
    OK(kafka_producer_warm(fixture->producer, 20000, &error));
    ck_assert(kafka_producer_connected(fixture->producer));
}

static void set_up(struct fixture *fixture, int64_t queue_records)
{
    *fixture = (struct fixture){.broker = broker_shared()};
    harness_init(&fixture->harness, fixture->broker);
    harness_topic(&fixture->harness, topics[0], PARTITIONS);
    open_producer(fixture, 1, queue_records);
}

static void tear_down(struct fixture *fixture)
{
    kafka_producer_free(fixture->producer);
    harness_done(&fixture->harness);
    broker_free(fixture->broker);
}

static enum status send_number(struct fixture *fixture, uintptr_t number, struct error *error)
{
    char text[24];
    int size = snprintf(text, sizeof text, "%" PRIuPTR, number);

    return kafka_producer_send(fixture->producer,
                               &(struct kafka_message){.partition = (int32_t)(number % PARTITIONS),
                                                       .value = {text, (size_t)size},
                                                       .opaque = (void *)number},
                               error);
}

static int64_t written(const struct fixture *fixture)
{
    struct kafka_watermarks watermarks[PARTITIONS];
    struct error error = {0};
    int64_t sum = 0;

    OK(kafka_admin_watermarks(fixture->harness.admin, topics[0], watermarks, PARTITIONS, &error));
    for (size_t i = 0; i < PARTITIONS; i++)
        sum += watermarks[i].high;
    return sum;
}

START_TEST(reports_come_once_and_in_order)
{
    enum { COUNT = 40000 };
    struct fixture fixture;
    struct error error = {0};

    set_up(&fixture, 0);
    for (uintptr_t i = 1; i <= COUNT; i++) {
        OK(send_number(&fixture, i, &error));
        if (i % 100 == 0)
            kafka_producer_poll(fixture.producer, 0);
    }
    OK(kafka_producer_flush(fixture.producer, 20000, &error));
    ck_assert_uint_eq(fixture.reports.ok, COUNT);
    ck_assert_uint_eq(fixture.reports.other, 0);
    ck_assert_uint_eq(kafka_producer_pending(fixture.producer), 0);
    ck_assert_int_eq(written(&fixture), COUNT);
    OK(kafka_producer_check(fixture.producer, &error));
    tear_down(&fixture);
}
END_TEST

START_TEST(a_full_queue_is_told)
{
    enum { ROOM = 50 };
    struct fixture fixture;
    struct error error = {0};
    uintptr_t number = 1;

    set_up(&fixture, ROOM);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < ROOM; i++)
            OK(send_number(&fixture, number++, &error));
        ck_assert_int_eq(send_number(&fixture, number, &error), STATUS_RETRY);
        ck_assert_str_eq(error.code, "QUEUE_FULL");
        error_clear(&error);
        ck_assert_uint_eq(kafka_producer_pending(fixture.producer), ROOM);
        OK(kafka_producer_flush(fixture.producer, 20000, &error));
    }
    ck_assert_uint_eq(fixture.reports.ok, 3 * ROOM);
    ck_assert_int_eq(written(&fixture), 3 * ROOM);
    tear_down(&fixture);
}
END_TEST

START_TEST(what_never_can_be_sent_is_refused)
{
    enum { TOO_LARGE = 2000000 };
    struct fixture fixture;
    struct error error = {0};
    char *value = must_alloc(TOO_LARGE);

    set_up(&fixture, 0);
    ck_assert_int_eq(
        kafka_producer_send(fixture.producer,
                            &(struct kafka_message){.partition = PARTITIONS, .value = {"x", 1}},
                            &error),
        STATUS_REJECT);
    error_clear(&error);
    ck_assert_int_eq(
        kafka_producer_send(
            fixture.producer,
            &(struct kafka_message){.partition = -1, .value = {"x", 1}, .traceparent = {"y", 1}},
            &error),
        STATUS_REJECT);
    for (size_t traced = 0; traced < 2; traced++) {
        error_clear(&error);
        ck_assert_int_eq(kafka_producer_send(fixture.producer,
                                             &(struct kafka_message){.value = {value, TOO_LARGE},
                                                                     .traceparent = {"y", traced}},
                                             &error),
                         STATUS_REJECT);
        ck_assert_str_eq(error.code, "MSG_SIZE_TOO_LARGE");
    }
    error_clear(&error);
    OK(kafka_producer_flush(fixture.producer, 5000, &error));
    ck_assert_uint_eq(fixture.reports.ok + fixture.reports.other, 0);
    ck_assert_int_eq(written(&fixture), 0);
    free(value);
    tear_down(&fixture);
}
END_TEST

static bool readable(int fd, int timeout_ms)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};

    return poll(&wanted, 1, timeout_ms) == 1;
}

START_TEST(an_event_loop_learns_of_reports)
{
    struct fixture fixture;
    struct error error = {0};
    int fd;

    set_up(&fixture, 0);
    fd = kafka_producer_event_fd(fixture.producer);
    ck_assert_int_eq(fd, kafka_producer_event_fd(fixture.producer));
    kafka_producer_poll(fixture.producer, 0);
    for (uintptr_t i = 1; i <= 200; i++) {
        OK(send_number(&fixture, i, &error));
        while (fixture.reports.ok < i) {
            ck_assert_msg(readable(fd, 5000), "no report of %" PRIuPTR, i);
            kafka_producer_poll(fixture.producer, 0);
        }
    }
    while (readable(fd, 50)) /* nothing more to come */
        kafka_producer_poll(fixture.producer, 0);
    ck_assert_uint_eq(fixture.reports.ok, 200);
    tear_down(&fixture);
}
END_TEST

/* Freed in the middle of its work: no report ever again, and the next one starts clean. What the
 * first had under way may or may not be in the log. */
START_TEST(a_new_incarnation_starts_clean)
{
    enum { COUNT = 2000, ROUNDS = 20 };
    struct fixture fixture;
    struct error error = {0};
    int64_t freed_ms, longest_ms = 0, log;

    set_up(&fixture, 0);
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        for (uintptr_t i = 1; i <= COUNT; i++)
            OK(send_number(&fixture, i, &error));
        kafka_producer_poll(fixture.producer, (int64_t)(round % 4));
        freed_ms = clock_steady_ms();
        kafka_producer_free(fixture.producer);
        freed_ms = clock_steady_ms() - freed_ms;
        if (freed_ms > longest_ms)
            longest_ms = freed_ms;
        open_producer(&fixture, round + 1, 0);
        ck_assert_uint_eq(kafka_producer_incarnation(fixture.producer), round + 1);
    }
    ck_assert_int_lt(longest_ms, 1500); /* newer libraries may take longer than the limit */
    for (uintptr_t i = 1; i <= COUNT; i++)
        OK(send_number(&fixture, i, &error));
    OK(kafka_producer_flush(fixture.producer, 20000, &error));
    ck_assert_uint_eq(fixture.reports.ok, COUNT);
    ck_assert_uint_eq(fixture.reports.other, 0);
    log = written(&fixture);
    printf("freed within %" PRId64 " ms; %" PRId64 " of %d in the log\n", longest_ms, log,
           COUNT * (ROUNDS + 1));
    ck_assert_int_ge(log, COUNT);
    tear_down(&fixture);
}
END_TEST

START_TEST(the_first_message_is_not_late)
{
    struct fixture fixture;
    struct error error = {0};
    int64_t since_ms;

    set_up(&fixture, 0);
    since_ms = clock_steady_ms();
    OK(send_number(&fixture, 1, &error));
    while (fixture.reports.ok == 0)
        kafka_producer_poll(fixture.producer, 100);
    printf("first report after %" PRId64 " ms\n", clock_steady_ms() - since_ms);
    ck_assert_int_lt(clock_steady_ms() - since_ms, 600);
    tear_down(&fixture);
}
END_TEST

SUITE_MAIN_TIMEOUT("kafka producer", 60, reports_come_once_and_in_order, a_full_queue_is_told,
                   what_never_can_be_sent_is_refused, an_event_loop_learns_of_reports,
                   a_new_incarnation_starts_clean, the_first_message_is_not_late);
