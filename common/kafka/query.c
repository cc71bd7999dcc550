#include "common/kafka/query.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/kafka/client.h"
#include "common/kafka/kafka_error.h"

#include <inttypes.h>

enum status kafka_query_list_error(const rd_kafka_topic_partition_list_t *list, const char *what,
                                   struct error *error)
{
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *element = &list->elems[i];

        if (element->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            return kafka_error_set(error, element->err, "%s of %s [%" PRId32 "]", what,
                                   element->topic, element->partition);
    }
    return STATUS_OK;
}

/* ListOffsets for all partitions at once, one request a broker. rd_kafka_query_watermark_offsets
 * asks for one partition and waits for ever before 2.3 (#4460). The protocol's special times -2
 * and -1 mean the earliest and the latest offset. */
static enum status list_offsets(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list,
                                int64_t protocol_time, int64_t deadline_ms, struct error *error)
{
    int timeout_ms = kafka_client_timeout(kafka_client_remaining(deadline_ms));
    rd_kafka_resp_err_t code;

    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset = protocol_time;
        list->elems[i].err = RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    code = rd_kafka_offsets_for_times(rk, list, timeout_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set(error, code, "watermarks of %s", list->elems[0].topic);
    return kafka_query_list_error(list, "watermarks", error);
}

enum status kafka_query_watermarks(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list,
                                   int64_t timeout_ms, struct kafka_watermarks *ret_watermarks,
                                   struct error *error)
{
    enum { EARLIEST = -2, LATEST = -1 };
    int64_t deadline_ms = clock_steady_ms() + timeout_ms;
    int64_t *lows;
    enum status status;

    if (list->cnt == 0)
        return STATUS_OK;
    status = list_offsets(rk, list, EARLIEST, deadline_ms, error);
    if (status != STATUS_OK)
        return status;
    lows = must_alloc((size_t)list->cnt * sizeof *lows);
    for (int i = 0; i < list->cnt; i++)
        lows[i] = list->elems[i].offset;
    status = list_offsets(rk, list, LATEST, deadline_ms, error);
    for (int i = 0; status == STATUS_OK && i < list->cnt; i++)
        ret_watermarks[i] = (struct kafka_watermarks){lows[i], list->elems[i].offset};
    free(lows);
    return status;
}

static enum status count_partitions(const struct rd_kafka_metadata *metadata, const char *name,
                                    int32_t *ret_count, struct error *error)
{
    rd_kafka_resp_err_t code;

    MUST(metadata->topic_cnt <= 1);
    if (metadata->topic_cnt == 0) {
        *ret_count = 0;
        return STATUS_OK;
    }
    code = metadata->topics[0].err;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART &&
        code != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
        return kafka_error_set(error, code, "metadata of %s", name);
    *ret_count = metadata->topics[0].partition_cnt;
    return STATUS_OK;
}

enum status kafka_query_partitions(rd_kafka_t *rk, const char *name, int64_t timeout_ms,
                                   int32_t *ret_count, struct error *error)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
    rd_kafka_resp_err_t code;
    enum status status;

    if (topic == NULL)
        return kafka_error_set(error, rd_kafka_last_error(), "topic %s", name);
    code = rd_kafka_metadata(rk, 0, topic, &metadata, kafka_client_timeout(timeout_ms));
    rd_kafka_topic_destroy(topic);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set(error, code, "metadata of %s", name);
    status = count_partitions(metadata, name, ret_count, error);
    rd_kafka_metadata_destroy(metadata);
    return status;
}
