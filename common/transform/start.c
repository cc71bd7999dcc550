/* Where a partition is taken up: at what its group has committed, and nowhere else. */
#include "common/transform/life.h"

#include <inttypes.h>

enum { KAFKA_CALL_MS = 5000 };

enum status transform_find_start(const struct transform_life *life, int32_t partition,
                                 int64_t *ret_next, struct error *error)
{
    const struct worker_thread *thread = life->thread;
    const char *topic = thread->inputs[0].topic;
    struct kafka_position position = {.partition = partition, .offset = KAFKA_OFFSET_NONE};
    struct kafka_watermarks log;
    enum status status;

    /* In this order: the log's end only grows, so what was committed lies below it. */
    status = kafka_consumer_committed(thread->consumer, &position, 1, KAFKA_CALL_MS, error);
    if (status != STATUS_OK)
        return status;
    if (position.offset == KAFKA_OFFSET_NONE)
        return error_set(error, STATUS_REJECT,
                         "group %s has committed nothing for %s/%" PRId32 ": run `tributary init`, "
                         "or `tributary offsets recover` if it was there before",
                         thread->name, topic, partition);
    status = kafka_consumer_watermarks(thread->consumer, &position, 1, KAFKA_CALL_MS, &log, error);
    if (status != STATUS_OK)
        return status;
    if (position.offset < log.low || position.offset > log.high)
        return error_set(error, STATUS_REJECT,
                         "group %s has committed %" PRId64 " for %s/%" PRId32 ", but the log holds "
                         "%" PRId64 " to %" PRId64 ": run `tributary offsets recover`",
                         thread->name, position.offset, topic, partition, log.low, log.high);
    *ret_next = position.offset;
    return STATUS_OK;
}
