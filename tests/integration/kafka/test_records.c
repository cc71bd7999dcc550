/* Records out of a broker as they went in, from where they were asked for, each once. */
#include "common/base/clock.h"
#include "common/base/random.h"
#include "tests/integration/kafka/harness.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const topics[] = {"records"};

struct fixture {
    struct broker *broker;
    struct harness harness;
    struct member member;
};

/* One member that owns all partitions of the topic "records". */
static void set_up(struct fixture *fixture, int32_t partitions, int64_t records, int64_t start)
{
    *fixture = (struct fixture){.broker = broker_shared(), .member.start = start};
    harness_init(&fixture->harness, fixture->broker);
    harness_topic(&fixture->harness, topics[0], partitions);
    if (records > 0)
        harness_fill(&fixture->harness, topics[0], partitions, records, 60);
    member_join(&fixture->member, &fixture->harness, "group", topics, 1);
    member_await(&fixture->member, (size_t)partitions);
}

static void tear_down(struct fixture *fixture)
{
    member_leave(&fixture->member);
    harness_done(&fixture->harness);
    broker_free(fixture->broker);
}

/* The next record or end; fails when none comes. */
static enum kafka_event next(struct member *member, struct kafka_record *ret_record)
{
    int64_t deadline_ms = clock_steady_ms() + 20000;
    enum kafka_event event;

    do {
        ck_assert_msg(clock_steady_ms() < deadline_ms, "nothing comes");
        event = member_poll(member, ret_record);
    } while (event == KAFKA_NOTHING);
    return event;
}

struct reports {
    struct kafka_delivery items[8];
    size_t count;
};

static void keep_report(void *opaque, const struct kafka_delivery *delivery)
{
    struct reports *reports = opaque;

    ck_assert_uint_lt(reports->count, 8);
    reports->items[reports->count++] = *delivery;
}

static void is_record(const struct kafka_record *record, const struct kafka_message *message,
                      const struct kafka_delivery *delivery)
{
    struct slice traceparent = {0};

    ck_assert_int_eq(delivery->status, STATUS_OK);
    ck_assert_ptr_eq(delivery->opaque, message);
    ck_assert_int_eq(delivery->partition, message->partition);
    ck_assert_int_gt(delivery->latency_us, 0);
    ck_assert_int_eq(record->offset, delivery->offset);
    ck_assert_int_eq(record->partition, message->partition);
    ck_assert_int_gt(record->timestamp_ms, INT64_C(1500000000000));
    ck_assert(slice_equal(record->key, message->key));
    ck_assert(slice_equal(record->value, message->value));
    ck_assert_int_eq(record->key.data == NULL, message->key.data == NULL);
    ck_assert_int_eq(record->value.data == NULL, message->value.data == NULL);
    ck_assert_int_eq(kafka_record_header(record, "traceparent", &traceparent),
                     message->traceparent.size > 0);
    ck_assert(slice_equal(traceparent, message->traceparent));
}

START_TEST(round_trip)
{
    static const struct kafka_message messages[] = {
        {.partition = 0, .key = {"a:1", 3}, .value = {"first", 5}},
        {.partition = 0, .key = {NULL, 0}, .value = {"no key", 6}},
        {.partition = 0, .key = {"", 0}, .value = {"empty key", 9}},
        {.partition = 0, .key = {"a:1", 3}, .value = {NULL, 0}},
        {.partition = 0,
         .key = {"a:1", 3},
         .value = {"traced\0too", 10},
         .traceparent = {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 55}},
    };
    enum { COUNT = sizeof messages / sizeof messages[0] };
    struct fixture fixture;
    struct reports reports = {0};
    struct kafka_producer *producer;
    struct kafka_record record;
    struct error error = {0};

    set_up(&fixture, 1, 0, 0);
    producer = harness_producer(&fixture.harness, topics[0], keep_report, &reports);
    ck_assert_int_eq(kafka_producer_partitions(producer, 0), 1);
    for (size_t i = 0; i < COUNT; i++) {
        struct kafka_message message = messages[i];

        message.opaque = (void *)(uintptr_t)&messages[i];
        OK(kafka_producer_send(producer, &message, &error));
    }
    ck_assert_uint_eq(kafka_producer_pending(producer), COUNT);
    OK(kafka_producer_flush(producer, 10000, &error));
    ck_assert_uint_eq(reports.count, COUNT);
    for (size_t i = 0; i < COUNT;) {
        if (next(&fixture.member, &record) == KAFKA_END)
            continue;
        ck_assert_int_eq(record.offset, (int64_t)i);
        is_record(&record, &messages[i], &reports.items[i]);
        kafka_record_release(&record);
        i++;
    }
    kafka_producer_free(producer);
    tear_down(&fixture);
}
END_TEST

enum { PARTITIONS = 4, RECORDS = 3000 };

/* Starts some of the partitions anew, forwards or backwards of where they stand. */
static size_t choose(struct random *random, struct kafka_position *ret_positions)
{
    size_t count = 0;

    for (int32_t p = 0; p < PARTITIONS; p++)
        if (random_below(random, 4) > 0)
            ret_positions[count++] =
                (struct kafka_position){0, p, (int64_t)random_below(random, RECORDS + 1)};
    return count;
}

static struct kafka_position *find(struct kafka_position *positions, size_t count,
                                   int32_t partition)
{
    for (size_t i = 0; i < count; i++)
        if (positions[i].partition == partition)
            return &positions[i];
    return NULL;
}

static void expect_next(struct kafka_position *positions, size_t count, enum kafka_event event,
                        const struct kafka_record *record)
{
    struct kafka_position *position = find(positions, count, record->partition);

    ck_assert_msg(position != NULL, "[%d] is not read", record->partition);
    ck_assert_msg(record->offset == position->offset, "[%d] gives %" PRId64 " for %" PRId64,
                  record->partition, record->offset, position->offset);
    if (event == KAFKA_END) {
        ck_assert_int_eq(record->offset, RECORDS);
    } else {
        ck_assert(harness_value_is(record, record->offset));
        position->offset++;
    }
}

/* Reads up to so many records; on the way it may pause, resume and poll meanwhile. */
static void read_exactly(struct member *member, struct random *random,
                         struct kafka_position *positions, size_t count, size_t records)
{
    struct error error = {0};
    struct kafka_record record;

    while (records-- > 0) {
        enum kafka_event event = kafka_consumer_poll(member->consumer, 5, &record, &error);

        ck_assert_msg(event <= KAFKA_END, "%s", error.text);
        if (event != KAFKA_NOTHING)
            expect_next(positions, count, event, &record);
        if (event == KAFKA_RECORD)
            kafka_record_release(&record);
        if (random_below(random, 300) == 0) {
            OK(kafka_consumer_pause(member->consumer, &error));
            OK(kafka_consumer_pause(member->consumer, &error));
            ck_assert_int_eq(kafka_consumer_poll(member->consumer, 2, &record, &error),
                             KAFKA_NOTHING);
            if (random_below(random, 4) > 0)
                OK(kafka_consumer_resume(member->consumer, &error));
            OK(kafka_consumer_resume(member->consumer, &error));
        }
    }
}

START_TEST(reads_from_where_it_is_told)
{
    enum { ROUNDS = 200 };
    struct fixture fixture;
    struct random random;
    struct kafka_position positions[PARTITIONS];
    struct error error = {0};

    set_up(&fixture, PARTITIONS, RECORDS, -1);
    random_init(&random, 71);
    for (int i = 0; i < ROUNDS; i++) {
        size_t count = choose(&random, positions);

        OK(kafka_consumer_assign(fixture.member.consumer, positions, count, &error));
        read_exactly(&fixture.member, &random, positions, count, random_below(&random, 400));
        if (random_below(&random, 10) == 0)
            OK(kafka_consumer_pause(fixture.member.consumer, &error));
    }
    tear_down(&fixture);
}
END_TEST

START_TEST(pauses_and_goes_on)
{
    struct fixture fixture;
    struct kafka_position positions[PARTITIONS];
    struct kafka_record record;
    struct error error = {0};
    size_t left = PARTITIONS * RECORDS;

    set_up(&fixture, PARTITIONS, RECORDS, 0);
    for (int32_t p = 0; p < PARTITIONS; p++)
        positions[p] = (struct kafka_position){0, p, 0};
    while (left > 0) {
        enum kafka_event event = next(&fixture.member, &record);

        expect_next(positions, PARTITIONS, event, &record);
        if (event == KAFKA_END)
            continue;
        kafka_record_release(&record);
        if (--left % 1000 != 0)
            continue;
        OK(kafka_consumer_pause(fixture.member.consumer, &error));
        for (int i = 0; i < 5; i++)
            ck_assert_int_eq(member_poll(&fixture.member, &record), KAFKA_NOTHING);
        OK(kafka_consumer_resume(fixture.member.consumer, &error));
    }
    tear_down(&fixture);
}
END_TEST

START_TEST(tells_the_end_each_time)
{
    struct fixture fixture;
    struct kafka_record record;
    struct kafka_watermarks seen;

    set_up(&fixture, 1, 0, 0);
    ck_assert_int_eq(next(&fixture.member, &record), KAFKA_END);
    ck_assert_int_eq(record.offset, 0);
    for (int round = 0; round < 3; round++) {
        harness_fill(&fixture.harness, topics[0], 1, 1, 30);
        ck_assert_int_eq(next(&fixture.member, &record), KAFKA_RECORD);
        ck_assert_int_eq(record.offset, round);
        kafka_record_release(&record);
        ck_assert_int_eq(next(&fixture.member, &record), KAFKA_END);
        ck_assert_int_eq(record.offset, round + 1);
        ck_assert_int_eq(record.partition, 0);
        ck_assert(kafka_consumer_seen_watermarks(fixture.member.consumer, 0, 0, &seen));
        ck_assert_int_eq(seen.high, round + 1);
        ck_assert_int_eq(seen.low, 0);
    }
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(member_poll(&fixture.member, &record), KAFKA_NOTHING);
    tear_down(&fixture);
}
END_TEST

START_TEST(what_is_not_assigned_is_refused)
{
    struct fixture fixture;
    const struct kafka_position foreign = {0, 1, 0}, own = {0, 0, 3};
    struct kafka_record record;
    struct error error = {0};

    set_up(&fixture, 1, 10, 0);
    ck_assert_int_eq(kafka_consumer_assign(fixture.member.consumer, &foreign, 1, &error),
                     STATUS_LOST);
    error_clear(&error);
    ck_assert_int_eq(next(&fixture.member, &record), KAFKA_RECORD);
    ck_assert_int_eq(record.offset, 0);
    kafka_record_release(&record);
    OK(kafka_consumer_assign(fixture.member.consumer, NULL, 0, &error));
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(member_poll(&fixture.member, &record), KAFKA_NOTHING);
    OK(kafka_consumer_assign(fixture.member.consumer, &own, 1, &error));
    ck_assert_int_eq(next(&fixture.member, &record), KAFKA_RECORD);
    ck_assert_int_eq(record.offset, 3);
    kafka_record_release(&record);
    tear_down(&fixture);
}
END_TEST

/* A queue that is full again and again must not put the fetching to sleep. */
START_TEST(a_small_queue_is_no_brake)
{
    enum { MANY = 100000 };
    struct fixture fixture = {.broker = broker_shared()};
    struct kafka_record record;
    int64_t since_ms, next_offset = 0;

    harness_init(&fixture.harness, fixture.broker);
    fixture.harness.settings.queue_records = 100;
    harness_topic(&fixture.harness, topics[0], 1);
    harness_fill(&fixture.harness, topics[0], 1, MANY, 400);
    member_join(&fixture.member, &fixture.harness, "group", topics, 1);
    member_await(&fixture.member, 1);
    since_ms = clock_steady_ms();
    while (next_offset < MANY) {
        if (next(&fixture.member, &record) != KAFKA_RECORD)
            continue;
        ck_assert_int_eq(record.offset, next_offset++);
        kafka_record_release(&record);
    }
    /* Asleep, the library reads a hundred records a second: the test's own limit is the assertion. */
    printf("%d records in %" PRId64 " ms\n", MANY, clock_steady_ms() - since_ms);
    tear_down(&fixture);
}
END_TEST

/* Larger than what a fetch asks for. */
START_TEST(a_large_record_comes_through)
{
    enum { LARGE = 900000, COUNT = 5 };
    struct fixture fixture = {.broker = broker_shared()};
    struct kafka_record record;

    harness_init(&fixture.harness, fixture.broker);
    harness_topic(&fixture.harness, topics[0], 1);
    harness_fill(&fixture.harness, topics[0], 1, COUNT, LARGE);
    member_join(&fixture.member, &fixture.harness, "group", topics, 1);
    for (int64_t offset = 0; offset < COUNT;) {
        if (next(&fixture.member, &record) != KAFKA_RECORD)
            continue;
        ck_assert_int_eq(record.offset, offset++);
        ck_assert_uint_eq(record.value.size, LARGE);
        kafka_record_release(&record);
    }
    tear_down(&fixture);
}
END_TEST

START_TEST(reads_without_a_group)
{
    static const struct kafka_position positions[] = {{0, 1, 5}, {0, 0, 8}};
    struct fixture fixture = {.broker = broker_shared()};
    struct kafka_position next_positions[] = {{0, 1, 5}, {0, 0, 8}};
    struct kafka_record record;
    struct error error = {0};
    int ends = 0;

    harness_init(&fixture.harness, fixture.broker);
    harness_topic(&fixture.harness, topics[0], 2);
    harness_fill(&fixture.harness, topics[0], 2, 10, 60);
    member_join(&fixture.member, &fixture.harness, NULL, topics, 1);
    for (int round = 0; round < 2; round++) {
        memcpy(next_positions, positions, sizeof positions);
        OK(kafka_consumer_assign(fixture.member.consumer, positions, 2, &error));
        for (ends = 0; ends < 2;) {
            enum kafka_event event = next(&fixture.member, &record);
            struct kafka_position *position = &next_positions[record.partition == 0];

            ck_assert_int_eq(record.offset, position->offset);
            ends += event == KAFKA_END;
            if (event != KAFKA_RECORD)
                continue;
            position->offset++;
            kafka_record_release(&record);
        }
    }
    ck_assert_int_eq(fixture.member.assigned, 0);
    tear_down(&fixture);
    ck_assert_int_eq(fixture.member.revoked, 0);
}
END_TEST

static void *wake_later(void *opaque)
{
    nanosleep(&(struct timespec){.tv_nsec = 100 * 1000000}, NULL);
    kafka_consumer_wake(opaque);
    return NULL;
}

START_TEST(wakes_a_poll)
{
    struct fixture fixture;
    struct kafka_record record;
    struct error error = {0};
    pthread_t thread;
    int64_t since_ms;

    set_up(&fixture, 1, 0, -1);
    for (int i = 0; i < 3; i++) {
        since_ms = clock_steady_ms();
        ck_assert_int_eq(pthread_create(&thread, NULL, wake_later, fixture.member.consumer), 0);
        ck_assert_int_eq(kafka_consumer_poll(fixture.member.consumer, 5000, &record, &error),
                         KAFKA_NOTHING);
        ck_assert_int_lt(clock_steady_ms() - since_ms, 1000);
        pthread_join(thread, NULL);
    }
    kafka_consumer_wake(fixture.member.consumer); /* nobody waits: the next one does not */
    since_ms = clock_steady_ms();
    (void)!kafka_consumer_poll(fixture.member.consumer, 5000, &record, &error);
    ck_assert_int_lt(clock_steady_ms() - since_ms, 1000);
    since_ms = clock_steady_ms();
    (void)!kafka_consumer_poll(fixture.member.consumer, 300, &record, &error);
    ck_assert_int_ge(clock_steady_ms() - since_ms, 250);
    tear_down(&fixture);
}
END_TEST

SUITE_MAIN_TIMEOUT("kafka records", 60, round_trip, reads_from_where_it_is_told, pauses_and_goes_on,
                   tells_the_end_each_time, what_is_not_assigned_is_refused,
                   a_small_queue_is_no_brake, a_large_record_comes_through, reads_without_a_group,
                   wakes_a_poll);
