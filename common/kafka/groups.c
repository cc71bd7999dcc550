/* Consumer groups seen from outside: their state, and what they have committed. */
#include "common/base/must.h"
#include "common/kafka/conf.h"
#include "common/kafka/kafka_error.h"
#include "common/kafka/operator.h"
#include "common/kafka/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum kafka_group_state state_of(rd_kafka_consumer_group_state_t state)
{
    switch (state) {
    case RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY:
        return KAFKA_GROUP_EMPTY;
    case RD_KAFKA_CONSUMER_GROUP_STATE_STABLE:
        return KAFKA_GROUP_STABLE;
    case RD_KAFKA_CONSUMER_GROUP_STATE_PREPARING_REBALANCE:
    case RD_KAFKA_CONSUMER_GROUP_STATE_COMPLETING_REBALANCE:
        return KAFKA_GROUP_REBALANCING;
    case RD_KAFKA_CONSUMER_GROUP_STATE_DEAD:
        return KAFKA_GROUP_DEAD;
    default:
        return KAFKA_GROUP_UNKNOWN;
    }
}

static enum status read_group(rd_kafka_event_t *event, struct kafka_group *ret_group,
                              struct error *error)
{
    size_t count;
    const rd_kafka_ConsumerGroupDescription_t **groups =
        rd_kafka_DescribeConsumerGroups_result_groups(
            rd_kafka_event_DescribeConsumerGroups_result(event), &count);
    const rd_kafka_error_t *problem;
    rd_kafka_resp_err_t code;

    if (count != 1)
        return error_set(error, STATUS_RETRY, "a group's description was not answered");
    problem = rd_kafka_ConsumerGroupDescription_error(groups[0]);
    code = problem == NULL ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(problem);
    if (code == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) {
        *ret_group = (struct kafka_group){.state = KAFKA_GROUP_DEAD};
        return STATUS_OK;
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set(error, code, "group %s",
                               rd_kafka_ConsumerGroupDescription_group_id(groups[0]));
    *ret_group = (struct kafka_group){
        .state = state_of(rd_kafka_ConsumerGroupDescription_state(groups[0])),
        .members = rd_kafka_ConsumerGroupDescription_member_count(groups[0]),
    };
    return STATUS_OK;
}

enum status kafka_admin_group(struct kafka_admin *admin, const char *group,
                              struct kafka_group *ret_group, struct error *error)
{
    char name[KAFKA_NAME_SIZE];
    const char *names[] = {name};
    rd_kafka_AdminOptions_t *options =
        kafka_operator_begin(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    rd_kafka_event_t *event;
    enum status status;

    kafka_name(admin->settings, group, name);
    rd_kafka_DescribeConsumerGroups(admin->client.rk, names, 1, options, admin->answers);
    status = kafka_operator_answer(admin, options, "a group's description", &event, error);
    if (status != STATUS_OK)
        return status;
    status = read_group(event, ret_group, error);
    rd_kafka_event_destroy(event);
    return status;
}

/* The partitions of the one group that was asked for. */
static enum status read_offsets(const rd_kafka_group_result_t *result, const char *what,
                                const rd_kafka_topic_partition_list_t **ret_list,
                                struct error *error)
{
    const rd_kafka_error_t *problem = rd_kafka_group_result_error(result);
    const rd_kafka_topic_partition_list_t *list = rd_kafka_group_result_partitions(result);
    enum status status;

    if (problem != NULL)
        return kafka_error_set(error, rd_kafka_error_code(problem), "%s of group %s", what,
                               rd_kafka_group_result_name(result));
    if (list == NULL)
        return error_set(error, STATUS_RETRY, "%s: no answer", what);
    status = kafka_query_list_error(list, what, error);
    if (status == STATUS_OK)
        *ret_list = list;
    return status;
}

static rd_kafka_topic_partition_list_t *partitions_of(const struct kafka_admin *admin,
                                                      const char *topic, const int64_t *offsets,
                                                      size_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    char name[KAFKA_NAME_SIZE];

    kafka_name(admin->settings, topic, name);
    for (size_t i = 0; i < count; i++) {
        if (offsets != NULL && offsets[i] == KAFKA_OFFSET_NONE)
            continue;
        rd_kafka_topic_partition_list_add(list, name, (int32_t)i)->offset =
            offsets == NULL ? RD_KAFKA_OFFSET_INVALID : offsets[i];
    }
    return list;
}

/* ---- What a group has committed ---- */

static void asker_release(struct kafka_client *client)
{
    free((struct kafka_asker *)client);
}

void kafka_asker_free(struct kafka_asker *asker)
{
    enum { FREE_MS = 1000 };

    if (asker != NULL)
        kafka_client_close(&asker->client, asker_release, FREE_MS);
}

/* Not by rd_kafka_ListConsumerGroupOffsets: at 2.0.2 it crashes the process when the coordinator
 * answers with an error, as it does while it starts (its parser retries a request that it was not
 * given). What members ask with does not. */
static enum status asker_for(struct kafka_admin *admin, const char *group, struct error *error)
{
    const struct kafka_conf_consumer wanted = {group, "tributary-admin"};
    struct kafka_asker *asker;
    rd_kafka_conf_t *conf;
    enum status status;

    if (admin->asker != NULL && strcmp(admin->asker->group, group) == 0)
        return STATUS_OK;
    if ((status = kafka_conf_consumer(admin->settings, &wanted, &conf, error)) != STATUS_OK)
        return status;
    asker = must_alloc(sizeof *asker);
    asker->client.observer = admin->client.observer;
    snprintf(asker->group, sizeof asker->group, "%s", group);
    status = kafka_client_open(&asker->client, admin->settings, RD_KAFKA_CONSUMER, conf, error);
    if (status != STATUS_OK) {
        free(asker);
        return status;
    }
    kafka_asker_free(admin->asker);
    admin->asker = asker;
    return STATUS_OK;
}

static enum status ask_committed(struct kafka_admin *admin, const char *group,
                                 rd_kafka_topic_partition_list_t *list, struct error *error)
{
    enum status status = asker_for(admin, group, error);

    if (status != STATUS_OK)
        return status;
    status = kafka_error_set(
        error,
        rd_kafka_committed(admin->asker->client.rk, list, kafka_client_timeout(admin->timeout_ms)),
        "committed offsets of group %s", group);
    rd_kafka_poll(admin->asker->client.rk, 0); /* log lines */
    return status == STATUS_OK ? kafka_query_list_error(list, "committed offsets", error) : status;
}

enum status kafka_admin_committed(struct kafka_admin *admin, const char *group, const char *topic,
                                  int64_t *ret_offsets, size_t count, struct error *error)
{
    rd_kafka_topic_partition_list_t *list = partitions_of(admin, topic, NULL, count);
    enum status status = ask_committed(admin, group, list, error);

    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        ret_offsets[i] = KAFKA_OFFSET_NONE;
    for (int i = 0; status == STATUS_OK && i < list->cnt; i++)
        if (list->elems[i].offset >= 0)
            ret_offsets[list->elems[i].partition] = list->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

/* ---- Setting it ---- */

static enum status send_commit(struct kafka_admin *admin, const char *group,
                               const rd_kafka_topic_partition_list_t *list, struct error *error)
{
    char name[KAFKA_NAME_SIZE];
    rd_kafka_AlterConsumerGroupOffsets_t *request;
    rd_kafka_AdminOptions_t *options =
        kafka_operator_begin(admin, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS);
    const rd_kafka_topic_partition_list_t *answered;
    const rd_kafka_group_result_t **results;
    rd_kafka_event_t *event;
    size_t groups;
    enum status status;

    kafka_name(admin->settings, group, name);
    request = rd_kafka_AlterConsumerGroupOffsets_new(name, list);
    rd_kafka_AlterConsumerGroupOffsets(admin->client.rk, &request, 1, options, admin->answers);
    status = kafka_operator_answer(admin, options, "setting committed offsets", &event, error);
    rd_kafka_AlterConsumerGroupOffsets_destroy(request);
    if (status != STATUS_OK)
        return status;
    results = rd_kafka_AlterConsumerGroupOffsets_result_groups(
        rd_kafka_event_AlterConsumerGroupOffsets_result(event), &groups);
    MUST(groups == 1);
    status = read_offsets(results[0], "setting committed offsets", &answered, error);
    rd_kafka_event_destroy(event);
    return status;
}

/* The broker refuses a group with members too; asked first, the line can say why. */
static enum status check_empty(struct kafka_admin *admin, const char *group, struct error *error)
{
    struct kafka_group described;
    enum status status = kafka_admin_group(admin, group, &described, error);

    if (status == STATUS_OK && described.members > 0)
        return error_set_code(error, STATUS_LOST, "NON_EMPTY_GROUP",
                              "group %s has %zu members: stop them first", group,
                              described.members);
    return status;
}

enum status kafka_admin_commit(struct kafka_admin *admin, const char *group, const char *topic,
                               const int64_t *offsets, size_t count, struct error *error)
{
    rd_kafka_topic_partition_list_t *list = partitions_of(admin, topic, offsets, count);
    enum status status = STATUS_OK;

    if (list->cnt > 0) {
        status = check_empty(admin, group, error);
        if (status == STATUS_OK)
            status = send_commit(admin, group, list, error);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}
