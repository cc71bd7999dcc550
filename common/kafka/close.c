/* The end of a consumer, with a deadline: rd_kafka_consumer_close has none, and hangs at 2.0.2 with
 * a deleted partition (#4187) and up to 2.6.0 with its coordinator gone (#4724). */
#include "common/base/clock.h"
#include "common/kafka/kafka_error.h"
#include "common/kafka/member.h"

/* A client that could not leave its group in time still gets this long to end. */
enum { END_MIN_MS = 500, TURN_MS = 50 };

static void serve(struct kafka_consumer *consumer, rd_kafka_queue_t *queue, int64_t timeout_ms)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, kafka_client_timeout(timeout_ms));

    if (event == NULL)
        return;
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
        rd_kafka_assign(consumer->client.rk, NULL);
    rd_kafka_event_destroy(event);
}

/* The group is told that this member goes; a client that has failed for good cannot. */
static void leave(struct kafka_consumer *consumer, int64_t deadline_ms)
{
    rd_kafka_t *rk = consumer->client.rk;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_error_t *problem = rd_kafka_consumer_close_queue(rk, queue);
    int64_t left_ms;

    while (problem == NULL && !rd_kafka_consumer_closed(rk) &&
           (left_ms = kafka_client_remaining(deadline_ms)) > 0)
        serve(consumer, queue, left_ms < TURN_MS ? left_ms : TURN_MS);
    if (problem != NULL)
        rd_kafka_error_destroy(problem);
    rd_kafka_queue_destroy(queue);
}

bool kafka_member_end(struct kafka_consumer *consumer, int64_t timeout_ms)
{
    if (consumer->rebalance != NULL)
        rd_kafka_topic_partition_list_destroy(consumer->rebalance);
    consumer->rebalance = NULL;
    rd_kafka_queue_destroy(consumer->commits);
    rd_kafka_queue_destroy(consumer->queue);
    return kafka_client_close(&consumer->client, kafka_member_release, timeout_ms);
}

enum status kafka_consumer_close(struct kafka_consumer *consumer, int64_t timeout_ms,
                                 struct error *error)
{
    int64_t deadline_ms = clock_steady_ms() + timeout_ms;
    int64_t left_ms;

    if (consumer == NULL)
        return STATUS_OK;
    kafka_member_give_up(consumer, rd_kafka_assignment_lost(consumer->client.rk) != 0);
    leave(consumer, deadline_ms);
    kafka_member_serve_commits(consumer);
    left_ms = kafka_client_remaining(deadline_ms);
    if (kafka_member_end(consumer, left_ms > END_MIN_MS ? left_ms : END_MIN_MS))
        return STATUS_OK;
    return error_set(error, STATUS_RETRY, "kafka: the consumer did not end within %lld ms",
                     (long long)timeout_ms);
}
