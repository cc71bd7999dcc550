/* The group gives and takes. The library's callback only notes it: the caller is told from the
 * poll, outside of the library. */
#include "common/base/must.h"
#include "common/kafka/member.h"

void kafka_member_note_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                                 rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct kafka_consumer *consumer = opaque;

    if (consumer->rebalance != NULL)
        rd_kafka_topic_partition_list_destroy(consumer->rebalance);
    consumer->rebalance = rd_kafka_topic_partition_list_copy(list);
    consumer->rebalance_assigns = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    consumer->rebalance_lost =
        rd_kafka_assignment_lost(rk) || (code != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS &&
                                         code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS);
    rd_kafka_yield(rk);
}

bool kafka_member_owns(const struct kafka_consumer *consumer, int32_t topic, int32_t partition)
{
    for (size_t i = 0; i < consumer->owned_count; i++)
        if (consumer->owned[i].topic == topic && consumer->owned[i].partition == partition)
            return true;
    return false;
}

void kafka_member_give_up(struct kafka_consumer *consumer, bool lost)
{
    if (consumer->owned_count > 0 && consumer->callbacks.revoked != NULL)
        consumer->callbacks.revoked(consumer->callbacks.opaque, consumer->owned,
                                    consumer->owned_count, lost);
    consumer->paused = false;
    rd_kafka_assign(consumer->client.rk, NULL);
    free(consumer->owned);
    consumer->owned = NULL;
    consumer->owned_count = 0;
    MUST(kafka_reading_set(&consumer->reading, NULL, 0));
}

/* The library wants an answer before it goes on as a member, and offsets come only later from the
 * caller: nothing is read yet. */
static void take_over(struct kafka_consumer *consumer, const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);

    rd_kafka_assign(consumer->client.rk, none);
    rd_kafka_topic_partition_list_destroy(none);
    consumer->owned = must_alloc((size_t)list->cnt * sizeof *consumer->owned);
    for (int i = 0; i < list->cnt; i++) {
        struct kafka_position position = kafka_topics_position(&consumer->topics, &list->elems[i]);

        position.offset = KAFKA_OFFSET_NONE;
        if (position.topic >= 0)
            consumer->owned[consumer->owned_count++] = position;
    }
    if (consumer->callbacks.assigned != NULL)
        consumer->callbacks.assigned(consumer->callbacks.opaque, consumer->owned,
                                     consumer->owned_count);
}

void kafka_member_serve_rebalance(struct kafka_consumer *consumer)
{
    rd_kafka_topic_partition_list_t *list = consumer->rebalance;

    if (list == NULL)
        return;
    consumer->rebalance = NULL;
    consumer->client.connected = true;
    if (!consumer->rebalance_assigns || consumer->owned_count > 0)
        kafka_member_give_up(consumer, consumer->rebalance_lost);
    if (consumer->rebalance_assigns)
        take_over(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
}
