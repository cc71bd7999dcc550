#include "common/kafka/topics.h"

#include "common/base/must.h"

#include <string.h>

void kafka_topics_init(struct kafka_topics *topics, const struct kafka_settings *settings,
                       const char *const *names, size_t count)
{
    topics->count = count;
    topics->names = must_alloc(count * sizeof *topics->names);
    for (size_t i = 0; i < count; i++)
        kafka_name(settings, names[i], topics->names[i]);
}

void kafka_topics_done(struct kafka_topics *topics)
{
    free(topics->names);
    *topics = (struct kafka_topics){0};
}

int32_t kafka_topics_index(const struct kafka_topics *topics, const char *name)
{
    for (size_t i = 0; i < topics->count; i++)
        if (strcmp(topics->names[i], name) == 0)
            return (int32_t)i;
    return -1;
}

rd_kafka_topic_partition_list_t *kafka_topics_list(const struct kafka_topics *topics,
                                                   const struct kafka_position *positions,
                                                   size_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);

    for (size_t i = 0; i < count; i++) {
        const struct kafka_position *position = &positions[i];
        rd_kafka_topic_partition_t *element;

        MUST(position->topic >= 0 && (size_t)position->topic < topics->count);
        element = rd_kafka_topic_partition_list_add(list, topics->names[position->topic],
                                                    position->partition);
        element->offset =
            position->offset == KAFKA_OFFSET_NONE ? RD_KAFKA_OFFSET_INVALID : position->offset;
    }
    return list;
}

struct kafka_position kafka_topics_position(const struct kafka_topics *topics,
                                            const rd_kafka_topic_partition_t *element)
{
    return (struct kafka_position){
        .topic = kafka_topics_index(topics, element->topic),
        .partition = element->partition,
        .offset = element->offset < 0 ? KAFKA_OFFSET_NONE : element->offset,
    };
}
