/* Making a topic, and judging one that is there. */
#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/kafka/kafka_error.h"
#include "common/kafka/operator.h"
#include "common/kafka/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* What every topic of the fleet has to have, and a foreign one is checked for. */
static const struct {
    const char *name;
    const char *value;
} required[] = {
    {"cleanup.policy", "delete"},
    {"message.timestamp.type", "LogAppendTime"},
};

static void configure_number(rd_kafka_NewTopic_t *order, const char *name, int64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, value);
    rd_kafka_NewTopic_set_config(order, name, text);
}

static rd_kafka_NewTopic_t *order_of(const struct kafka_topic *topic, const char *name,
                                     struct error *error)
{
    char reason[160];
    rd_kafka_NewTopic_t *order =
        rd_kafka_NewTopic_new(name, topic->partitions, topic->replicas, reason, sizeof reason);

    if (order == NULL) {
        error_set(error, STATUS_REJECT, "topic %s: %s", name, reason);
        return NULL;
    }
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++)
        rd_kafka_NewTopic_set_config(order, required[i].name, required[i].value);
    rd_kafka_NewTopic_set_config(order, "compression.type", "producer");
    rd_kafka_NewTopic_set_config(order, "unclean.leader.election.enable", "false");
    configure_number(order, "retention.ms", topic->retention_ms);
    if (topic->min_insync > 0)
        configure_number(order, "min.insync.replicas", topic->min_insync);
    return order;
}

/* Somebody else may have made it meanwhile: just as good. */
static enum status created(const rd_kafka_event_t *event, bool *ret_created, struct error *error)
{
    const rd_kafka_CreateTopics_result_t *result =
        rd_kafka_event_CreateTopics_result((rd_kafka_event_t *)(uintptr_t)event);
    size_t count;
    const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(result, &count);
    rd_kafka_resp_err_t code = rd_kafka_topic_result_error(topics[0]);
    const char *reason = rd_kafka_topic_result_error_string(topics[0]);

    *ret_created = code == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return STATUS_OK;
    return error_set_code(error, kafka_error_status(code), kafka_error_name(code),
                          "making topic %s: %s", rd_kafka_topic_result_name(topics[0]),
                          reason == NULL ? rd_kafka_err2str(code) : reason);
}

static enum status create(struct kafka_admin *admin, const struct kafka_topic *topic,
                          const char *name, bool *ret_created, struct error *error)
{
    rd_kafka_NewTopic_t *order = order_of(topic, name, error);
    rd_kafka_AdminOptions_t *options;
    rd_kafka_event_t *event;
    enum status status;

    if (order == NULL)
        return STATUS_REJECT;
    options = kafka_operator_begin(admin, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(admin->client.rk, &order, 1, options, admin->answers);
    status = kafka_operator_answer(admin, options, "making a topic", &event, error);
    rd_kafka_NewTopic_destroy(order);
    if (status != STATUS_OK)
        return status;
    status = created(event, ret_created, error);
    rd_kafka_event_destroy(event);
    return status;
}

/* Metadata first: the library looks leaders up in what it was told last. */
static enum status reach(struct kafka_admin *admin, const struct kafka_topic *topic,
                         int32_t *ret_count, struct error *error)
{
    size_t count = (size_t)topic->partitions;
    struct kafka_watermarks *ignored = must_alloc(count * sizeof *ignored);
    enum status status = kafka_admin_partitions(admin, topic->name, ret_count, error);

    if (status == STATUS_OK)
        status = kafka_admin_watermarks(admin, topic->name, ignored, count, error);
    free(ignored);
    return status;
}

/* What the controller has made, brokers learn a little later: until then nothing can be written. */
static enum status await_leaders(struct kafka_admin *admin, const struct kafka_topic *topic,
                                 int32_t *ret_count, struct error *error)
{
    static const struct timespec turn = {.tv_nsec = 20 * 1000000};
    int64_t deadline_ms = clock_steady_ms() + admin->timeout_ms;
    struct error last;
    enum status status;

    do {
        last = (struct error){0};
        status = reach(admin, topic, ret_count, &last);
        if (status != STATUS_OK)
            nanosleep(&turn, NULL);
    } while (status != STATUS_OK && kafka_client_remaining(deadline_ms) > 0);
    if (status != STATUS_OK)
        error_set_code(error, STATUS_RETRY, last.code, "topic %s was made and is not there yet: %s",
                       topic->name, last.text);
    return status == STATUS_OK ? STATUS_OK : STATUS_RETRY;
}

static enum status judge_entries(const rd_kafka_ConfigResource_t *resource, struct error *error)
{
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < sizeof required / sizeof required[0]; j++) {
            const char *value = rd_kafka_ConfigEntry_value(entries[i]);

            if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), required[j].name) == 0 &&
                (value == NULL || strcmp(value, required[j].value) != 0))
                return error_set(error, STATUS_REJECT, "topic %s has %s=%s, it must be %s",
                                 rd_kafka_ConfigResource_name(resource), required[j].name,
                                 value == NULL ? "" : value, required[j].value);
        }
    return STATUS_OK;
}

static enum status judge_answer(rd_kafka_event_t *event, struct error *error)
{
    size_t count;
    const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &count);
    rd_kafka_resp_err_t code;

    if (count != 1)
        return error_set(error, STATUS_RETRY, "a topic's configuration was not answered");
    code = rd_kafka_ConfigResource_error(resources[0]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set(error, code, "configuration of topic %s",
                               rd_kafka_ConfigResource_name(resources[0]));
    return judge_entries(resources[0], error);
}

static enum status judge(struct kafka_admin *admin, const char *name, struct error *error)
{
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    rd_kafka_AdminOptions_t *options =
        kafka_operator_begin(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_event_t *event;
    enum status status;

    rd_kafka_DescribeConfigs(admin->client.rk, &resource, 1, options, admin->answers);
    status = kafka_operator_answer(admin, options, "a topic's configuration", &event, error);
    rd_kafka_ConfigResource_destroy(resource);
    if (status != STATUS_OK)
        return status;
    status = judge_answer(event, error);
    rd_kafka_event_destroy(event);
    return status;
}

enum status kafka_admin_ensure_topic(struct kafka_admin *admin, const struct kafka_topic *topic,
                                     bool *ret_created, struct error *error)
{
    char name[KAFKA_NAME_SIZE];
    bool made = false;
    int32_t count = 0;
    enum status status;

    kafka_name(admin->settings, topic->name, name);
    status = kafka_query_partitions(admin->client.rk, name, admin->timeout_ms, &count, error);
    if (status == STATUS_OK && count == 0) {
        status = create(admin, topic, name, &made, error);
        if (status == STATUS_OK)
            status = await_leaders(admin, topic, &count, error);
    }
    if (status == STATUS_OK && count != topic->partitions)
        status = error_set(error, STATUS_REJECT,
                           "topic %s has %" PRId32 " partitions, %" PRId32 " are configured", name,
                           count, topic->partitions);
    if (status == STATUS_OK)
        status = judge(admin, name, error);
    if (status == STATUS_OK)
        *ret_created = made;
    return status;
}
