#include "common/kafka/admin.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/kafka/conf.h"
#include "common/kafka/kafka_error.h"
#include "common/kafka/operator.h"
#include "common/kafka/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static void admin_release(struct kafka_client *client)
{
    free((struct kafka_admin *)client);
}

enum status kafka_admin_new(const struct kafka_admin_options *options,
                            struct kafka_admin **ret_admin, struct error *error)
{
    struct kafka_admin *admin = must_alloc(sizeof *admin);
    rd_kafka_conf_t *conf;
    enum status status = kafka_conf_admin(options->settings, options->client_id, &conf, error);

    admin->client.observer = options->observer;
    admin->settings = options->settings;
    admin->timeout_ms = options->timeout_ms;
    /* A consumer that subscribes to nothing: it makes no topic by asking for one. */
    if (status == STATUS_OK)
        status =
            kafka_client_open(&admin->client, options->settings, RD_KAFKA_CONSUMER, conf, error);
    if (status != STATUS_OK) {
        free(admin);
        return status;
    }
    *ret_admin = admin;
    return STATUS_OK;
}

void kafka_admin_free(struct kafka_admin *admin)
{
    enum { FREE_MS = 1000 };

    if (admin == NULL)
        return;
    if (admin->answers != NULL)
        rd_kafka_queue_destroy(admin->answers);
    kafka_asker_free(admin->asker);
    kafka_client_close(&admin->client, admin_release, FREE_MS);
}

rd_kafka_AdminOptions_t *kafka_operator_begin(struct kafka_admin *admin, rd_kafka_admin_op_t kind)
{
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(admin->client.rk, kind);
    int timeout_ms = kafka_client_timeout(admin->timeout_ms);
    char reason[80];

    MUST(options != NULL);
    /* Refused only where the kind or the range is wrong; the wait below is bounded in any case. */
    (void)rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, reason, sizeof reason);
    if (kind == RD_KAFKA_ADMIN_OP_CREATETOPICS)
        (void)rd_kafka_AdminOptions_set_operation_timeout(options, timeout_ms, reason,
                                                          sizeof reason);
    /* A late answer to an earlier request goes down with its queue. */
    if (admin->answers != NULL)
        rd_kafka_queue_destroy(admin->answers);
    admin->answers = rd_kafka_queue_new(admin->client.rk);
    return options;
}

enum status kafka_operator_answer(struct kafka_admin *admin, rd_kafka_AdminOptions_t *options,
                                  const char *what, rd_kafka_event_t **ret_event,
                                  struct error *error)
{
    rd_kafka_event_t *event =
        rd_kafka_queue_poll(admin->answers, kafka_client_timeout(admin->timeout_ms));
    rd_kafka_resp_err_t code;

    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_poll(admin->client.rk, 0); /* log lines */
    if (event == NULL)
        return error_set_code(error, STATUS_RETRY, "TIMED_OUT", "%s: no answer in %" PRId64 " ms",
                              what, admin->timeout_ms);
    code = rd_kafka_event_error(event);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        error_set_code(error, kafka_error_status(code), kafka_error_name(code), "%s: %s", what,
                       rd_kafka_event_error_string(event));
        rd_kafka_event_destroy(event);
        return kafka_error_status(code);
    }
    *ret_event = event;
    return STATUS_OK;
}

enum status kafka_admin_partitions(struct kafka_admin *admin, const char *topic, int32_t *ret_count,
                                   struct error *error)
{
    char name[KAFKA_NAME_SIZE];

    kafka_name(admin->settings, topic, name);
    rd_kafka_poll(admin->client.rk, 0);
    return kafka_query_partitions(admin->client.rk, name, admin->timeout_ms, ret_count, error);
}

enum status kafka_admin_watermarks(struct kafka_admin *admin, const char *topic,
                                   struct kafka_watermarks *ret_watermarks, size_t count,
                                   struct error *error)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    char name[KAFKA_NAME_SIZE];
    enum status status;

    kafka_name(admin->settings, topic, name);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, name, (int32_t)i);
    status =
        kafka_query_watermarks(admin->client.rk, list, admin->timeout_ms, ret_watermarks, error);
    rd_kafka_poll(admin->client.rk, 0);
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}
