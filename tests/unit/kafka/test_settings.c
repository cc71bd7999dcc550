/* How librdkafka is configured, the classes of its errors, and clients without a broker. */
#include "common/base/clock.h"
#include "common/config/config.h"
#include "common/kafka/admin.h"
#include "common/kafka/conf.h"
#include "common/kafka/consumer.h"
#include "common/kafka/kafka_error.h"
#include "common/kafka/producer.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <string.h>

/* Nobody listens there. */
static const struct kafka_settings nowhere = {
    .brokers = "127.0.0.1:9",
    .prefix = "eu.",
    .session_timeout_ms = 30000,
    .poll_interval_ms = 300000,
    .queue_bytes = 4 << 20,
    .queue_records = 10000,
    .linger_ms = 1,
};

START_TEST(the_defaults_are_usable)
{
    struct kafka_settings settings;
    const struct config_section section = {"kafka", kafka_setting_table, kafka_setting_count,
                                           &settings};
    const struct config_program program = {
        .name = "test", .summary = "test", .version = "0", .sections = &section, .count = 1};
    char *argv[] = {(char[]){"test"}, (char[]){"--kafka-prefix=eu."},
                    (char[]){"--kafka-protocol=ssl"}, NULL};
    const struct kafka_conf_consumer wanted = {"learner", "learner-0"};
    struct config *config;
    enum config_action action;
    struct error error = {0};
    rd_kafka_conf_t *conf;
    char name[KAFKA_NAME_SIZE];

    ck_assert_msg(config_load(&config, &program, 3, argv, &action, &error) == STATUS_OK, "%s",
                  error.text);
    ck_assert_str_eq(settings.brokers, "127.0.0.1:9092");
    ck_assert_int_eq(settings.protocol, KAFKA_SSL);
    ck_assert_int_eq(settings.linger_ms, 1);
    ck_assert_ptr_null(settings.sasl_password);
    kafka_name(&settings, "feedback", name);
    ck_assert_str_eq(name, "eu.feedback");
    ck_assert_msg(kafka_conf_consumer(&settings, &wanted, &conf, &error) == STATUS_OK, "%s",
                  error.text);
    rd_kafka_conf_destroy(conf);
    config_free(config);
}
END_TEST

static void has(const rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[512];
    size_t size = sizeof text;

    ck_assert_int_eq(rd_kafka_conf_get(conf, name, text, &size), RD_KAFKA_CONF_OK);
    ck_assert_msg(strcmp(text, value) == 0, "%s is %s, not %s", name, text, value);
}

START_TEST(a_consumer_is_guarded)
{
    const struct kafka_conf_consumer wanted = {"learner", "a-name-that-is-much-too-long"};
    struct error error = {0};
    rd_kafka_conf_t *conf;

    ck_assert_int_eq(kafka_conf_consumer(&nowhere, &wanted, &conf, &error), STATUS_OK);
    has(conf, "group.id", "eu.learner");
    has(conf, "client.id", "a-name-that-is-much-");
    has(conf, "auto.offset.reset", "error");
    has(conf, "enable.auto.commit", "false");
    has(conf, "enable.auto.offset.store", "false");
    has(conf, "partition.assignment.strategy", "range");
    has(conf, "isolation.level", "read_committed");
    has(conf, "check.crcs", "true");
    has(conf, "enable.partition.eof", "true");
    has(conf, "socket.nagle.disable", "true");
    has(conf, "allow.auto.create.topics", "false");
    has(conf, "session.timeout.ms", "30000");
    has(conf, "heartbeat.interval.ms", "3000");
    has(conf, "max.poll.interval.ms", "300000");
    has(conf, "queued.max.messages.kbytes", "4096");
    has(conf, "client.rack", "");
    rd_kafka_conf_destroy(conf);
}
END_TEST

START_TEST(a_producer_is_guarded)
{
    const struct kafka_conf_producer wanted = {"gateway", 9000, 500, 1 << 20};
    struct error error = {0};
    rd_kafka_conf_t *conf;

    ck_assert_int_eq(kafka_conf_producer(&nowhere, &wanted, &conf, &error), STATUS_OK);
    has(conf, "enable.idempotence", "true");
    has(conf, "acks", "-1");
    has(conf, "max.in.flight.requests.per.connection", "5");
    has(conf, "compression.codec", "lz4");
    has(conf, "linger.ms", "1");
    has(conf, "message.timeout.ms", "9000");
    has(conf, "queue.buffering.max.messages", "500");
    has(conf, "queue.buffering.max.kbytes", "1024");
    has(conf, "socket.nagle.disable", "true");
    rd_kafka_conf_destroy(conf);
}
END_TEST

START_TEST(static_members_differ_by_thread)
{
    struct kafka_settings settings = nowhere;
    const struct kafka_conf_consumer wanted = {"learner", "learner-1"};
    struct error error = {0};
    rd_kafka_conf_t *conf;

    settings.instance_id = "pod-7";
    settings.session_timeout_ms = 1500;
    settings.poll_interval_ms = 1000;
    ck_assert_int_eq(kafka_conf_consumer(&settings, &wanted, &conf, &error), STATUS_OK);
    has(conf, "group.instance.id", "pod-7-learner-1");
    has(conf, "heartbeat.interval.ms", "500");
    has(conf, "max.poll.interval.ms", "1500");
    rd_kafka_conf_destroy(conf);
}
END_TEST

START_TEST(security_is_passed_on)
{
    struct kafka_settings settings = nowhere;
    struct error error = {0};
    rd_kafka_conf_t *conf;

    settings.protocol = KAFKA_SASL_SSL;
    settings.sasl_mechanism = KAFKA_SCRAM_SHA_256;
    settings.sasl_username = "worker";
    settings.sasl_password = "secret";
    settings.ca_file = "/etc/ssl/ca.pem";
    ck_assert_int_eq(kafka_conf_admin(&settings, "init", &conf, &error), STATUS_OK);
    has(conf, "security.protocol", "sasl_ssl");
    has(conf, "sasl.mechanism", "SCRAM-SHA-256");
    has(conf, "sasl.username", "worker");
    has(conf, "ssl.ca.location", "/etc/ssl/ca.pem");
    has(conf, "enable.ssl.certificate.verification", "true");
    has(conf, "ssl.endpoint.identification.algorithm", "https");
    rd_kafka_conf_destroy(conf);
}
END_TEST

START_TEST(scram_is_warned_of)
{
    enum { BEFORE = 0x020002ff, AFTER = 0x020601ff };
    struct kafka_settings settings = nowhere;

    settings.protocol = KAFKA_SASL_SSL;
    settings.sasl_mechanism = KAFKA_SCRAM_SHA_512;
    ck_assert_ptr_nonnull(kafka_conf_warning(&settings, BEFORE));
    ck_assert_ptr_null(kafka_conf_warning(&settings, AFTER));
    settings.sasl_mechanism = KAFKA_SASL_PLAIN;
    ck_assert_ptr_null(kafka_conf_warning(&settings, BEFORE));
    settings.sasl_mechanism = KAFKA_SCRAM_SHA_256;
    settings.protocol = KAFKA_SSL;
    ck_assert_ptr_null(kafka_conf_warning(&settings, BEFORE));
}
END_TEST

START_TEST(refused_settings_are_told)
{
    struct kafka_settings settings = nowhere;
    struct kafka_admin *admin = NULL;
    struct error error = {0};

    settings.debug = "no-such-context";
    ck_assert_int_eq(kafka_admin_new(&(struct kafka_admin_options){.settings = &settings,
                                                                   .client_id = "init",
                                                                   .timeout_ms = 100},
                                     &admin, &error),
                     STATUS_FATAL);
    ck_assert_ptr_null(admin);
    ck_assert_msg(strstr(error.text, "debug") != NULL, "%s", error.text);

    error_clear(&error);
    settings.debug = NULL;
    settings.protocol = KAFKA_SSL;
    settings.ca_file = "/nonexistent/ca.pem";
    ck_assert_int_eq(kafka_admin_new(&(struct kafka_admin_options){.settings = &settings,
                                                                   .client_id = "init",
                                                                   .timeout_ms = 100},
                                     &admin, &error),
                     STATUS_FATAL);
    ck_assert_msg(strstr(error.text, "ssl.ca.location") != NULL, "%s", error.text);
}
END_TEST

START_TEST(errors_have_classes)
{
    static const struct {
        rd_kafka_resp_err_t code;
        enum status status;
        const char *name;
    } cases[] = {
        {RD_KAFKA_RESP_ERR_NO_ERROR, STATUS_OK, ""},
        {RD_KAFKA_RESP_ERR__TRANSPORT, STATUS_RETRY, "TRANSPORT"},
        {RD_KAFKA_RESP_ERR__QUEUE_FULL, STATUS_RETRY, "QUEUE_FULL"},
        {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, STATUS_RETRY, "MSG_TIMED_OUT"},
        {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, STATUS_RETRY, "NOT_ENOUGH_REPLICAS"},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, STATUS_RETRY, "TOPIC_AUTHORIZATION_FAILED"},
        {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, STATUS_LOST, "ILLEGAL_GENERATION"},
        {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, STATUS_LOST, "UNKNOWN_MEMBER_ID"},
        {RD_KAFKA_RESP_ERR__STATE, STATUS_LOST, "STATE"},
        {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, STATUS_REJECT, "MSG_SIZE_TOO_LARGE"},
        {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, STATUS_REJECT, "OFFSET_OUT_OF_RANGE"},
        {RD_KAFKA_RESP_ERR__FATAL, STATUS_FATAL, "FATAL"},
        {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, STATUS_FATAL,
         "OUT_OF_ORDER_SEQUENCE_NUMBER"},
        {RD_KAFKA_RESP_ERR__INCONSISTENT, STATUS_FATAL, "INCONSISTENT"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error = {0};

        ck_assert_str_eq(kafka_error_name(cases[i].code), cases[i].name);
        ck_assert_int_eq(kafka_error_set(&error, cases[i].code, "sending %d", 7), cases[i].status);
        ck_assert_int_eq(error.status, cases[i].status);
        ck_assert_int_eq(strncmp(error.code, cases[i].name, sizeof error.code - 1), 0);
    }
}
END_TEST

static void nothing_lasts(int64_t since_ms, int64_t limit_ms)
{
    ck_assert_int_lt(clock_steady_ms() - since_ms, limit_ms);
}

START_TEST(a_consumer_without_brokers)
{
    static const char *const topics[] = {"transactions"};
    struct kafka_consumer *consumer;
    struct kafka_position position = {0, 0, 0};
    struct kafka_watermarks watermarks;
    struct kafka_record record;
    struct error error = {0};
    int64_t since_ms = clock_steady_ms();
    int trouble = 0;

    ck_assert_int_eq(kafka_consumer_new(&(struct kafka_consumer_options){.settings = &nowhere,
                                                                         .group = "learner",
                                                                         .client_id = "learner-0",
                                                                         .topics = topics,
                                                                         .topic_count = 1},
                                        &consumer, &error),
                     STATUS_OK);
    ck_assert_int_eq(kafka_consumer_join(consumer, &error), STATUS_OK);
    while (trouble == 0 && clock_steady_ms() - since_ms < 3000)
        trouble += kafka_consumer_poll(consumer, 50, &record, &error) == KAFKA_CLIENT_ERROR;
    ck_assert_int_eq(trouble, 1);
    ck_assert_int_eq(error.status, STATUS_RETRY);
    error_clear(&error);
    ck_assert_int_eq(kafka_consumer_assign(consumer, &position, 1, &error), STATUS_LOST);
    error_clear(&error);
    ck_assert_int_eq(kafka_consumer_committed(consumer, &position, 1, 100, &error), STATUS_RETRY);
    error_clear(&error);
    ck_assert_int_eq(kafka_consumer_watermarks(consumer, &position, 1, 100, &watermarks, &error),
                     STATUS_RETRY);
    ck_assert(!kafka_consumer_seen_watermarks(consumer, 0, 0, &watermarks));
    error_clear(&error);
    ck_assert_int_eq(kafka_consumer_close(consumer, 2000, &error), STATUS_OK);
    nothing_lasts(since_ms, 6000);
}
END_TEST

/* librdkafka waits for the outcome of a commit that it can send to nobody. */
START_TEST(a_close_keeps_its_deadline)
{
    static const char *const topics[] = {"transactions"};
    struct kafka_consumer *consumer;
    struct kafka_position position = {0, 0, 0};
    struct error error = {0};
    int64_t since_ms;

    ck_assert_int_eq(kafka_consumer_new(&(struct kafka_consumer_options){.settings = &nowhere,
                                                                         .group = "learner",
                                                                         .client_id = "learner-0",
                                                                         .topics = topics,
                                                                         .topic_count = 1},
                                        &consumer, &error),
                     STATUS_OK);
    ck_assert_int_eq(kafka_consumer_join(consumer, &error), STATUS_OK);
    ck_assert_int_eq(kafka_consumer_commit(consumer, &position, 1, 100, &error), STATUS_RETRY);
    error_clear(&error);
    since_ms = clock_steady_ms();
    if (kafka_consumer_close(consumer, 1000, &error) != STATUS_OK)
        ck_assert_int_eq(error.status, STATUS_RETRY);
    nothing_lasts(since_ms, 2000);
}
END_TEST

static void count_report(void *opaque, const struct kafka_delivery *delivery)
{
    (void)delivery;
    ++*(int *)opaque;
}

START_TEST(a_producer_without_brokers)
{
    static const char *const topics[] = {"transactions"};
    struct kafka_producer *producer;
    struct error error = {0};
    int64_t since_ms = clock_steady_ms();
    int reports = 0;

    ck_assert_int_eq(kafka_producer_new(&(struct kafka_producer_options){.settings = &nowhere,
                                                                         .client_id = "gateway",
                                                                         .topics = topics,
                                                                         .topic_count = 1,
                                                                         .incarnation = 3,
                                                                         .delivered = count_report,
                                                                         .opaque = &reports},
                                        &producer, &error),
                     STATUS_OK);
    ck_assert_int_eq(kafka_producer_warm(producer, 200, &error), STATUS_RETRY);
    ck_assert_int_eq(kafka_producer_partitions(producer, 0), 0);
    error_clear(&error);
    ck_assert_int_eq(kafka_producer_send(producer, &(struct kafka_message){.partition = 0}, &error),
                     STATUS_RETRY);
    ck_assert_uint_eq(kafka_producer_pending(producer), 0);
    ck_assert(!kafka_producer_connected(producer));
    ck_assert_uint_eq(kafka_producer_incarnation(producer), 3);
    error_clear(&error);
    ck_assert_int_eq(kafka_producer_check(producer, &error), STATUS_OK);
    ck_assert_int_eq(kafka_producer_flush(producer, 10, &error), STATUS_OK);
    kafka_producer_free(producer);
    ck_assert_int_eq(reports, 0);
    nothing_lasts(since_ms, 3000);
}
END_TEST

START_TEST(an_admin_without_brokers)
{
    OWNED(kafka_admin) admin = NULL;
    struct kafka_watermarks watermarks[2];
    struct kafka_group group;
    struct error error = {0};
    int64_t offsets[2], since_ms = clock_steady_ms();
    int32_t count;

    ck_assert_int_eq(kafka_admin_new(&(struct kafka_admin_options){.settings = &nowhere,
                                                                   .client_id = "init",
                                                                   .timeout_ms = 200},
                                     &admin, &error),
                     STATUS_OK);
    ck_assert_int_eq(kafka_admin_partitions(admin, "t", &count, &error), STATUS_RETRY);
    error_clear(&error);
    ck_assert_int_eq(kafka_admin_watermarks(admin, "t", watermarks, 2, &error), STATUS_RETRY);
    error_clear(&error);
    ck_assert_int_eq(kafka_admin_group(admin, "g", &group, &error), STATUS_RETRY);
    error_clear(&error);
    ck_assert_int_eq(kafka_admin_committed(admin, "g", "t", offsets, 2, &error), STATUS_RETRY);
    error_clear(&error);
    ck_assert_int_eq(kafka_admin_commit(admin, "g", "t", (const int64_t[]){1, 2}, 2, &error),
                     STATUS_RETRY);
    nothing_lasts(since_ms, 4000);
}
END_TEST

SUITE_MAIN("kafka settings", the_defaults_are_usable, a_consumer_is_guarded, a_producer_is_guarded,
           static_members_differ_by_thread, security_is_passed_on, scram_is_warned_of,
           refused_settings_are_told, errors_have_classes, a_consumer_without_brokers,
           a_close_keeps_its_deadline, a_producer_without_brokers, an_admin_without_brokers);
