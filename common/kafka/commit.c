/* Offsets that the group has committed. A commit that comes too late is told, never fatal: safety
 * does not rest on it. */
#include "common/base/clock.h"
#include "common/kafka/kafka_error.h"
#include "common/kafka/member.h"
#include "common/kafka/query.h"

enum { COMMITS_MAX = 100 };

/* Not fatal, whatever the library calls it. */
static enum status soften(enum status status, struct error *error)
{
    if (status == STATUS_FATAL) {
        status = STATUS_RETRY;
        error->status = status;
    }
    return status;
}

/* Each partition has an outcome of its own, and the call's is none of them (1.9: _STATE). */
static enum status outcome(rd_kafka_event_t *event, struct error *error)
{
    const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    enum status status = STATUS_OK;

    if (list != NULL)
        status = kafka_query_list_error(list, "commit", error);
    if (status == STATUS_OK)
        status = kafka_error_set(error, rd_kafka_event_error(event), "commit");
    return soften(status, error);
}

static enum status commit_to(struct kafka_consumer *consumer,
                             const struct kafka_position *positions, size_t count,
                             rd_kafka_queue_t *queue, struct error *error)
{
    rd_kafka_topic_partition_list_t *list = kafka_topics_list(&consumer->topics, positions, count);
    rd_kafka_resp_err_t code = rd_kafka_commit_queue(consumer->client.rk, list, queue, NULL, NULL);

    rd_kafka_topic_partition_list_destroy(list);
    return soften(kafka_error_set(error, code, "commit"), error);
}

static enum status wait_for(rd_kafka_queue_t *queue, int64_t timeout_ms, struct error *error)
{
    int64_t deadline_ms = clock_steady_ms() + timeout_ms;
    int64_t left_ms;

    while ((left_ms = kafka_client_remaining(deadline_ms)) > 0) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, kafka_client_timeout(left_ms));
        enum status status;

        if (event == NULL)
            continue;
        status = outcome(event, error);
        rd_kafka_event_destroy(event);
        return status;
    }
    return error_set_code(error, STATUS_RETRY, "TIMED_OUT", "commit: no answer within the timeout");
}

enum status kafka_consumer_commit(struct kafka_consumer *consumer,
                                  const struct kafka_position *positions, size_t count,
                                  int64_t timeout_ms, struct error *error)
{
    rd_kafka_queue_t *queue;
    enum status status;

    if (count == 0)
        return STATUS_OK;
    queue = rd_kafka_queue_new(consumer->client.rk);
    status = commit_to(consumer, positions, count, queue, error);
    if (status == STATUS_OK)
        status = wait_for(queue, timeout_ms, error);
    rd_kafka_queue_destroy(queue);
    return status;
}

enum status kafka_consumer_commit_async(struct kafka_consumer *consumer,
                                        const struct kafka_position *positions, size_t count,
                                        struct error *error)
{
    enum status status;

    if (count == 0)
        return STATUS_OK;
    if (consumer->commits_pending >= COMMITS_MAX)
        return error_set_code(error, STATUS_RETRY, "QUEUE_FULL", "commit: %d are under way",
                              COMMITS_MAX);
    status = commit_to(consumer, positions, count, consumer->commits, error);
    if (status == STATUS_OK)
        consumer->commits_pending++;
    return status;
}

void kafka_member_serve_commits(struct kafka_consumer *consumer)
{
    rd_kafka_event_t *event;

    while (consumer->commits_pending > 0 &&
           (event = rd_kafka_queue_poll(consumer->commits, 0)) != NULL) {
        struct error error = {0};

        (void)outcome(event, &error);
        rd_kafka_event_destroy(event);
        consumer->commits_pending--;
        if (consumer->callbacks.committed != NULL)
            consumer->callbacks.committed(consumer->callbacks.opaque, &error);
    }
}

enum status kafka_consumer_committed(struct kafka_consumer *consumer,
                                     struct kafka_position *positions, size_t count,
                                     int64_t timeout_ms, struct error *error)
{
    rd_kafka_topic_partition_list_t *list = kafka_topics_list(&consumer->topics, positions, count);
    enum status status = kafka_error_set(
        error, rd_kafka_committed(consumer->client.rk, list, kafka_client_timeout(timeout_ms)),
        "committed offsets");

    if (status == STATUS_OK)
        status = kafka_query_list_error(list, "committed offset", error);
    /* The library answers in the order asked. */
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        positions[i] = kafka_topics_position(&consumer->topics, &list->elems[i]);
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}
