/* Where a log begins and ends: transactions' control records, offsets that are not in it. */
#include "common/base/clock.h"
#include "tests/integration/kafka/harness.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const topics[] = {"ends"};

struct fixture {
    struct broker *broker;
    struct harness harness;
    struct member member;
    char topic[KAFKA_NAME_SIZE];
};

static void set_up(struct fixture *fixture, int32_t partitions, int64_t records)
{
    *fixture = (struct fixture){.broker = broker_shared(), .member.start = -1};
    harness_init(&fixture->harness, fixture->broker);
    harness_topic(&fixture->harness, topics[0], partitions);
    kafka_name(&fixture->harness.settings, topics[0], fixture->topic);
    if (records > 0)
        harness_fill(&fixture->harness, topics[0], partitions, records, 40);
    member_join(&fixture->member, &fixture->harness, "group", topics, 1);
    member_await(&fixture->member, (size_t)partitions);
}

static void tear_down(struct fixture *fixture)
{
    member_leave(&fixture->member);
    harness_done(&fixture->harness);
    broker_free(fixture->broker);
}

static void read_from(struct fixture *fixture, int32_t partition, int64_t offset)
{
    const struct kafka_position position = {0, partition, offset};
    struct error error = {0};

    OK(kafka_consumer_assign(fixture->member.consumer, &position, 1, &error));
}

/* The next event; whatever it is, its record is given back. */
static enum kafka_event next(struct fixture *fixture, struct kafka_record *ret_record,
                             struct error *error)
{
    int64_t deadline_ms = clock_steady_ms() + 20000;
    enum kafka_event event;

    do {
        ck_assert_msg(clock_steady_ms() < deadline_ms, "nothing comes");
        event = kafka_consumer_poll(fixture->member.consumer, 100, ret_record, error);
    } while (event == KAFKA_NOTHING);
    if (event == KAFKA_RECORD) {
        rd_kafka_message_destroy(ret_record->handle);
        ret_record->handle = NULL;
    }
    return event;
}

static void expect(struct fixture *fixture, enum kafka_event event, int64_t offset)
{
    struct kafka_record record;
    struct error error;
    enum kafka_event got = next(fixture, &record, &error);

    ck_assert_msg(got == event, "event %d at %lld, not %d: %s", got, (long long)record.offset,
                  event, error.text);
    ck_assert_int_eq(record.offset, offset);
}

static rd_kafka_t *client(const struct fixture *fixture, rd_kafka_type_t type, const char *id)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char reason[200];
    rd_kafka_t *rk;

    rd_kafka_conf_set(conf, "bootstrap.servers", fixture->harness.settings.brokers, NULL, 0);
    if (id != NULL)
        rd_kafka_conf_set(conf, "transactional.id", id, NULL, 0);
    rk = rd_kafka_new(type, conf, reason, sizeof reason);
    ck_assert_msg(rk != NULL, "%s", reason);
    return rk;
}

static void fine(rd_kafka_error_t *problem)
{
    ck_assert_msg(problem == NULL, "%s", rd_kafka_error_string(problem));
}

static rd_kafka_t *writer(const struct fixture *fixture)
{
    rd_kafka_t *rk = client(fixture, RD_KAFKA_PRODUCER, fixture->topic);

    fine(rd_kafka_init_transactions(rk, 20000));
    return rk;
}

static void write_two(const struct fixture *fixture, rd_kafka_t *rk)
{
    char value[] = "value";

    fine(rd_kafka_begin_transaction(rk));
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(fixture->topic),
                                           RD_KAFKA_V_PARTITION(0),
                                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                           RD_KAFKA_V_VALUE(value, sizeof value), RD_KAFKA_V_END),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    ck_assert_int_eq(rd_kafka_flush(rk, 20000), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void expect_watermarks(struct fixture *fixture, int64_t low, int64_t high)
{
    struct kafka_watermarks watermarks;
    struct error error = {0};

    OK(kafka_consumer_watermarks(fixture->member.consumer, &(struct kafka_position){0, 0, 0}, 1,
                                 5000, &watermarks, &error));
    ck_assert_int_eq(watermarks.low, low);
    ck_assert_int_eq(watermarks.high, high);
}

START_TEST(control_records_are_passed_over)
{
    struct fixture fixture;
    rd_kafka_t *rk;

    set_up(&fixture, 1, 0);
    rk = writer(&fixture);
    read_from(&fixture, 0, 0);
    expect(&fixture, KAFKA_END, 0);
    write_two(&fixture, rk);
    expect_watermarks(&fixture, 0, 0); /* open: nothing is stable */
    fine(rd_kafka_commit_transaction(rk, 20000));
    expect(&fixture, KAFKA_RECORD, 0);
    expect(&fixture, KAFKA_RECORD, 1);
    expect(&fixture, KAFKA_END, 3);
    write_two(&fixture, rk);
    fine(rd_kafka_abort_transaction(rk, 20000));
    expect(&fixture, KAFKA_END, 6);
    expect_watermarks(&fixture, 0, 6);
    write_two(&fixture, rk);
    fine(rd_kafka_commit_transaction(rk, 20000));
    expect(&fixture, KAFKA_RECORD, 6);
    expect(&fixture, KAFKA_RECORD, 7);
    expect(&fixture, KAFKA_END, 9);
    read_from(&fixture, 0, 2); /* an offset that holds a control record */
    expect(&fixture, KAFKA_RECORD, 6);
    rd_kafka_destroy(rk);
    tear_down(&fixture);
}
END_TEST

static void delete_below(const struct fixture *fixture, int32_t partition, int64_t offset)
{
    rd_kafka_t *rk = client(fixture, RD_KAFKA_PRODUCER, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_DeleteRecords_t *request;
    rd_kafka_event_t *event;

    rd_kafka_topic_partition_list_add(list, fixture->topic, partition)->offset = offset;
    request = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(rk, &request, 1, NULL, queue);
    event = rd_kafka_queue_poll(queue, 20000);
    ck_assert_ptr_nonnull(event);
    ck_assert_msg(rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR, "%s",
                  rd_kafka_event_error_string(event));
    rd_kafka_event_destroy(event);
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
}

static void expect_out_of_log(struct fixture *fixture, int64_t offset)
{
    struct kafka_record record;
    struct error error;

    ck_assert_int_eq(next(fixture, &record, &error), KAFKA_OUT_OF_LOG);
    ck_assert_int_eq(record.partition, 0);
    ck_assert_int_eq(record.offset, offset);
    ck_assert_int_eq(error.status, STATUS_REJECT);
    ck_assert_msg(strstr(error.text, "not in the log") != NULL, "%s", error.text);
    for (int i = 0; i < 5; i++) /* said once, and nothing is read */
        ck_assert_int_eq(kafka_consumer_poll(fixture->member.consumer, 100, &record, &error),
                         KAFKA_NOTHING);
}

START_TEST(an_offset_outside_the_log_is_told)
{
    struct fixture fixture;

    set_up(&fixture, 1, 20);
    delete_below(&fixture, 0, 7);
    expect_watermarks(&fixture, 7, 20);
    read_from(&fixture, 0, 21);
    expect_out_of_log(&fixture, 21);
    read_from(&fixture, 0, 6);
    expect_out_of_log(&fixture, 6);
    read_from(&fixture, 0, 1000000);
    expect_out_of_log(&fixture, 1000000);
    read_from(&fixture, 0, 20);
    expect(&fixture, KAFKA_END, 20);
    read_from(&fixture, 0, 7);
    for (int64_t offset = 7; offset < 20; offset++)
        expect(&fixture, KAFKA_RECORD, offset);
    expect(&fixture, KAFKA_END, 20);
    tear_down(&fixture);
}
END_TEST

START_TEST(the_other_partitions_go_on)
{
    static const struct kafka_position positions[] = {{0, 0, 50}, {0, 1, 0}, {0, 2, 3}};
    struct fixture fixture;
    struct kafka_record record;
    struct error error = {0};
    int out = 0, ends = 0, records = 0;

    set_up(&fixture, 3, 10);
    OK(kafka_consumer_assign(fixture.member.consumer, positions, 3, &error));
    while (out + ends < 3) {
        enum kafka_event event = next(&fixture, &record, &error);

        ck_assert_int_eq(event == KAFKA_OUT_OF_LOG, record.partition == 0);
        out += event == KAFKA_OUT_OF_LOG;
        ends += event == KAFKA_END;
        records += event == KAFKA_RECORD;
    }
    ck_assert_int_eq(out, 1);
    ck_assert_int_eq(ends, 2);
    ck_assert_int_eq(records, 10 + 7);
    tear_down(&fixture);
}
END_TEST

/* What the library has to say of an assignment that is over must not halt the new one. */
START_TEST(an_error_of_before_is_not_told)
{
    struct fixture fixture;

    set_up(&fixture, 1, 20);
    for (int i = 0; i < 60; i++) {
        read_from(&fixture, 0, 500);
        usleep((useconds_t)(i * 20)); /* the broker's answer meets every step of the change */
        read_from(&fixture, 0, 19);
        expect(&fixture, KAFKA_RECORD, 19);
        expect(&fixture, KAFKA_END, 20);
    }
    tear_down(&fixture);
}
END_TEST

SUITE_MAIN_TIMEOUT("kafka log ends", 60, control_records_are_passed_over,
                   an_offset_outside_the_log_is_told, the_other_partitions_go_on,
                   an_error_of_before_is_not_told);
