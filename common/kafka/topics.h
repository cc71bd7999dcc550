/* The topics of a consumer or producer, named by index, and the way to and from the library's lists
 * of partitions. Inside this folder only. */
#ifndef TRIBUTARY_KAFKA_TOPICS_H
#define TRIBUTARY_KAFKA_TOPICS_H

#include "common/kafka/position.h"
#include "common/kafka/settings.h"

#include <librdkafka/rdkafka.h>
#include <stddef.h>

struct kafka_topics {
    char (*names)[KAFKA_NAME_SIZE]; /* with the prefix */
    size_t count;
};

void kafka_topics_init(struct kafka_topics *topics, const struct kafka_settings *settings,
                       const char *const *names, size_t count);
void kafka_topics_done(struct kafka_topics *topics);

/* -1 when it is none of them. */
int32_t kafka_topics_index(const struct kafka_topics *topics, const char *name);

/* A list of the library's, to be destroyed by the caller. KAFKA_OFFSET_NONE becomes its own word
 * for that. A topic index out of range is a programming error. */
rd_kafka_topic_partition_list_t *kafka_topics_list(const struct kafka_topics *topics,
                                                   const struct kafka_position *positions,
                                                   size_t count);

/* What an element says; topic is -1 for a name that is none of them. */
struct kafka_position kafka_topics_position(const struct kafka_topics *topics,
                                            const rd_kafka_topic_partition_t *element);

#endif
