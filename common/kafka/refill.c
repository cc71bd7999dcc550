/* Keeps the library fetching. Once its queue is full, the thread of a broker sleeps, at 2.0.2 for
 * up to a second and whatever becomes of the queue meanwhile: a small queue would hold a consumer
 * at 50,000 records a second, and a large one costs memory. From 2.2 on fetch.queue.backoff.ms
 * mends it. Before, any request wakes that thread, so one is sent that costs the broker next to
 * nothing: for the latest offsets, whose answer nobody waits for. */
#include "common/kafka/member.h"

enum { MENDED_VERSION = 0x02020000 };

static void wake_fetchers(const struct kafka_consumer *consumer)
{
    enum { LATEST = -1 };
    rd_kafka_topic_partition_list_t *list =
        kafka_topics_list(&consumer->topics, consumer->reading.positions, consumer->reading.count);

    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = LATEST;
    (void)rd_kafka_offsets_for_times(consumer->client.rk, list, 0);
    rd_kafka_topic_partition_list_destroy(list);
}

void kafka_member_refill(struct kafka_consumer *consumer, size_t size)
{
    struct kafka_refill *refill = &consumer->refill;

    refill->records++;
    refill->bytes += size;
    if (refill->records < refill->queue_records / 4 && refill->bytes < refill->queue_bytes / 4)
        return;
    refill->records = 0;
    refill->bytes = 0;
    if (rd_kafka_version() < MENDED_VERSION &&
        rd_kafka_queue_length(consumer->queue) < refill->queue_records / 2)
        wake_fetchers(consumer);
}
