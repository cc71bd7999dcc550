/* The one place that configures librdkafka: every guard against its bugs and every limit is here.
 * Inside this folder only. */
#ifndef TRIBUTARY_KAFKA_CONF_H
#define TRIBUTARY_KAFKA_CONF_H

#include "common/base/status.h"
#include "common/kafka/settings.h"

#include <librdkafka/rdkafka.h>
#include <stdint.h>

struct kafka_conf_consumer {
    const char *group; /* without the prefix */
    const char *client_id;
};

struct kafka_conf_producer {
    const char *client_id;
    int64_t message_timeout_ms;
    int64_t queue_records;
    int64_t queue_bytes;
};

/* Owned by the caller, or by rd_kafka_new once that has succeeded. FATAL: refused, with the
 * library's words. */
MUST_CHECK enum status kafka_conf_consumer(const struct kafka_settings *settings,
                                           const struct kafka_conf_consumer *consumer,
                                           rd_kafka_conf_t **ret_conf, struct error *error);
MUST_CHECK enum status kafka_conf_producer(const struct kafka_settings *settings,
                                           const struct kafka_conf_producer *producer,
                                           rd_kafka_conf_t **ret_conf, struct error *error);
/* A client without a group that neither reads nor writes. */
MUST_CHECK enum status kafka_conf_admin(const struct kafka_settings *settings,
                                        const char *client_id, rd_kafka_conf_t **ret_conf,
                                        struct error *error);

/* What of these settings will not work with that version of the library (rd_kafka_version), though
 * it takes them; NULL: nothing. */
const char *kafka_conf_warning(const struct kafka_settings *settings, int version);

#endif
