/* How to reach Kafka and how to talk to it: the section "kafka" of every program. What a consumer,
 * a producer or an admin client needs beyond that is decided in this folder and is no setting. */
#ifndef TRIBUTARY_KAFKA_SETTINGS_H
#define TRIBUTARY_KAFKA_SETTINGS_H

#include "common/config/setting.h"

#include <stddef.h>
#include <stdint.h>

enum kafka_protocol { KAFKA_PLAINTEXT, KAFKA_SSL, KAFKA_SASL_PLAINTEXT, KAFKA_SASL_SSL };
enum kafka_sasl { KAFKA_SASL_PLAIN, KAFKA_SCRAM_SHA_256, KAFKA_SCRAM_SHA_512 };

struct kafka_settings {
    const char *brokers;        /* host:port,host:port */
    const char *prefix;         /* before the name of every topic and group; "" for none */
    const char *instance_id;    /* static membership (KIP-345); NULL: off */
    int64_t session_timeout_ms; /* a member silent for so long loses its partitions */
    int64_t poll_interval_ms;   /* as long between two polls, and it leaves the group */
    int64_t queue_bytes;        /* fetched ahead of the consumer, a thread */
    int64_t queue_records;      /* the same in records */
    int64_t linger_ms;          /* a producer's wait for company in a batch */
    int64_t stats_interval_ms;  /* librdkafka's own statistics; 0: none */
    const char *debug;          /* librdkafka's debug contexts; NULL: none */
    enum kafka_protocol protocol;
    enum kafka_sasl sasl_mechanism;
    const char *sasl_username;
    const char *sasl_password;    /* secret */
    const char *ca_file;          /* PEM; NULL: the system's */
    const char *certificate_file; /* PEM of the client with its chain; NULL: none */
    const char *key_file;         /* PEM */
    const char *key_password;     /* secret */
};

extern const struct setting kafka_setting_table[];
extern const size_t kafka_setting_count;

/* Longest name of a topic, with the prefix and the terminating NUL (Kafka allows 249). */
enum { KAFKA_NAME_SIZE = 250 };

/* prefix + name; cut at KAFKA_NAME_SIZE, which a broker then refuses. */
void kafka_name(const struct kafka_settings *settings, const char *name,
                char ret_name[KAFKA_NAME_SIZE]);

#endif
