#include "common/kafka/conf.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

/* librdkafka 2.0.2 crashes on a long client id under flexible versions (#4689). */
enum { CLIENT_ID_MAX = 20 };

/* A fetch takes at most this from a broker, and this from one partition. It is compressed, and what
 * comes out may be twenty times as large, so more costs memory, while a broker answers the next one
 * in a millisecond. Kafka gives a first batch that is larger anyway. */
#define FETCH_BYTES           "262144"
#define FETCH_PARTITION_BYTES "131072"

/* Must be above the largest batch that a broker may hold, or a client connects, fetches it, is
 * refused by itself and connects again for ever. */
#define RECEIVE_BYTES "100000000"

struct property {
    const char *name;
    const char *value;
};

static const struct property common[] = {
    {"socket.nagle.disable", "true"}, /* Nagle is on by default before 2.10 (#4986) */
    {"socket.keepalive.enable", "true"},
    {"socket.timeout.ms", "10000"},
    {"socket.connection.setup.timeout.ms", "10000"},
    /* Grows from the first to the second, with jitter (-25 % .. +50 %). */
    {"reconnect.backoff.ms", "100"},
    {"reconnect.backoff.max.ms", "1000"},
    {"topic.metadata.refresh.interval.ms", "60000"},
    {"allow.auto.create.topics", "false"},
    /* Log lines come through the poll, on the caller's thread. */
    {"log.queue", "true"},
    {"receive.message.max.bytes", RECEIVE_BYTES},
    {NULL, NULL},
};

static const struct property consuming[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"auto.offset.reset", "error"},             /* never to anything else: it loses or doubles */
    {"partition.assignment.strategy", "range"}, /* co-partitioned; cooperative is broken in 2.0.2 */
    {"isolation.level", "read_committed"},
    {"check.crcs", "true"},
    {"enable.partition.eof", "true"},
    {"fetch.wait.max.ms", "100"},
    {"fetch.error.backoff.ms", "100"},
    {"fetch.max.bytes", FETCH_BYTES},
    {"message.max.bytes", FETCH_BYTES}, /* of what we send: little; a fetch may not be smaller */
    {"fetch.message.max.bytes", FETCH_PARTITION_BYTES},
    {NULL, NULL},
};

/* Known to newer versions only. */
static const struct property optional[] = {
    {"fetch.queue.backoff.ms", "2"}, /* 2.2; before it refill.c does this */
    {NULL, NULL},
};

static const struct property producing[] = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
    {"max.in.flight.requests.per.connection", "5"},
    {"compression.codec", "lz4"},
    {"request.timeout.ms", "10000"},
    {"delivery.report.only.error", "false"},
    {NULL, NULL},
};

/* The first refusal stays in error, so that a sequence is checked once. NULL leaves the default. */
static void set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *error)
{
    char reason[160];

    if (value == NULL || error->status != STATUS_OK)
        return;
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK)
        error_set(error, STATUS_FATAL, "kafka refuses %s: %s", name, reason);
}

static void set_number(rd_kafka_conf_t *conf, const char *name, int64_t value, struct error *error)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, value);
    set(conf, name, text, error);
}

static void set_all(rd_kafka_conf_t *conf, const struct property *properties, struct error *error)
{
    for (; properties->name != NULL; properties++)
        set(conf, properties->name, properties->value, error);
}

static void set_optional(rd_kafka_conf_t *conf)
{
    char reason[160];

    for (const struct property *property = optional; property->name != NULL; property++)
        (void)rd_kafka_conf_set(conf, property->name, property->value, reason, sizeof reason);
}

static void set_client_id(rd_kafka_conf_t *conf, const char *client_id, struct error *error)
{
    char text[CLIENT_ID_MAX + 1];

    snprintf(text, sizeof text, "%s", client_id);
    set(conf, "client.id", text, error);
}

static void set_security(rd_kafka_conf_t *conf, const struct kafka_settings *settings,
                         struct error *error)
{
    static const char *const protocols[] = {"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"};
    static const char *const mechanisms[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};

    set(conf, "security.protocol", protocols[settings->protocol], error);
    if (settings->protocol == KAFKA_SASL_PLAINTEXT || settings->protocol == KAFKA_SASL_SSL) {
        set(conf, "sasl.mechanism", mechanisms[settings->sasl_mechanism], error);
        set(conf, "sasl.username", settings->sasl_username, error);
        set(conf, "sasl.password", settings->sasl_password, error);
    }
    if (settings->protocol == KAFKA_SSL || settings->protocol == KAFKA_SASL_SSL) {
        set(conf, "enable.ssl.certificate.verification", "true", error);
        set(conf, "ssl.endpoint.identification.algorithm", "https", error);
        set(conf, "ssl.ca.location", settings->ca_file, error);
        set(conf, "ssl.certificate.location", settings->certificate_file, error);
        set(conf, "ssl.key.location", settings->key_file, error);
        set(conf, "ssl.key.password", settings->key_password, error);
    }
}

static rd_kafka_conf_t *conf_new(const struct kafka_settings *settings, const char *client_id,
                                 struct error *error)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    set_all(conf, common, error);
    set_client_id(conf, client_id, error);
    set(conf, "bootstrap.servers", settings->brokers, error);
    set_number(conf, "statistics.interval.ms", settings->stats_interval_ms, error);
    set(conf, "debug", settings->debug, error);
    set_security(conf, settings, error);
    return conf;
}

static enum status conf_finish(rd_kafka_conf_t *conf, const struct error *refusal,
                               rd_kafka_conf_t **ret_conf, struct error *error)
{
    if (refusal->status != STATUS_OK) {
        rd_kafka_conf_destroy(conf);
        return error_set(error, refusal->status, "%s", refusal->text);
    }
    *ret_conf = conf;
    return STATUS_OK;
}

/* A name of its own for each thread of a process. */
static void set_instance(rd_kafka_conf_t *conf, const struct kafka_settings *settings,
                         const char *client_id, struct error *error)
{
    char text[256];

    if (settings->instance_id == NULL || settings->instance_id[0] == '\0')
        return;
    snprintf(text, sizeof text, "%s-%s", settings->instance_id, client_id);
    set(conf, "group.instance.id", text, error);
}

static int64_t heartbeat_ms(int64_t session_timeout_ms)
{
    int64_t third = session_timeout_ms / 3;

    return third < 3000 ? third : 3000;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

enum status kafka_conf_consumer(const struct kafka_settings *settings,
                                const struct kafka_conf_consumer *consumer,
                                rd_kafka_conf_t **ret_conf, struct error *error)
{
    struct error refusal = {0};
    rd_kafka_conf_t *conf = conf_new(settings, consumer->client_id, &refusal);
    char group[KAFKA_NAME_SIZE];

    kafka_name(settings, consumer->group, group);
    set_all(conf, consuming, &refusal);
    set_optional(conf);
    set(conf, "group.id", group, &refusal);
    set_instance(conf, settings, consumer->client_id, &refusal);
    set_number(conf, "session.timeout.ms", settings->session_timeout_ms, &refusal);
    set_number(conf, "heartbeat.interval.ms", heartbeat_ms(settings->session_timeout_ms), &refusal);
    set_number(conf, "max.poll.interval.ms",
               larger(settings->poll_interval_ms, settings->session_timeout_ms), &refusal);
    set_number(conf, "queued.max.messages.kbytes", settings->queue_bytes / 1024, &refusal);
    set_number(conf, "queued.min.messages", settings->queue_records, &refusal);
    return conf_finish(conf, &refusal, ret_conf, error);
}

enum status kafka_conf_producer(const struct kafka_settings *settings,
                                const struct kafka_conf_producer *producer,
                                rd_kafka_conf_t **ret_conf, struct error *error)
{
    struct error refusal = {0};
    rd_kafka_conf_t *conf = conf_new(settings, producer->client_id, &refusal);

    set_all(conf, producing, &refusal);
    set_number(conf, "linger.ms", settings->linger_ms, &refusal);
    set_number(conf, "message.timeout.ms", producer->message_timeout_ms, &refusal);
    set_number(conf, "queue.buffering.max.messages", producer->queue_records, &refusal);
    set_number(conf, "queue.buffering.max.kbytes", larger(producer->queue_bytes / 1024, 1),
               &refusal);
    return conf_finish(conf, &refusal, ret_conf, error);
}

const char *kafka_conf_warning(const struct kafka_settings *settings, int version)
{
    enum { MENDED_VERSION = 0x02060100 };
    bool scram = settings->protocol == KAFKA_SASL_PLAINTEXT || settings->protocol == KAFKA_SASL_SSL;

    scram = scram && settings->sasl_mechanism != KAFKA_SASL_PLAIN;
    if (scram && version < MENDED_VERSION)
        return "SCRAM of librdkafka before 2.6.1 sends a nonce that Kafka 4 takes for invalid "
               "credentials: use sasl_mechanism plain with protocol sasl_ssl";
    return NULL;
}

enum status kafka_conf_admin(const struct kafka_settings *settings, const char *client_id,
                             rd_kafka_conf_t **ret_conf, struct error *error)
{
    struct error refusal = {0};
    rd_kafka_conf_t *conf = conf_new(settings, client_id, &refusal);
    char group[KAFKA_NAME_SIZE];

    /* It joins no group, but without the name of one the library crashes when a coordinator moves or
     * loads while it asks for offsets (#5040, open). */
    kafka_name(settings, "tributary-admin", group);
    set(conf, "group.id", group, &refusal);
    set(conf, "isolation.level", "read_committed", &refusal);
    return conf_finish(conf, &refusal, ret_conf, error);
}
