/* Everything that a topic holds, for checks of what was promised against what is there. */
#ifndef TRIBUTARY_TESTS_SUPPORT_GATEWAY_TOPIC_H
#define TRIBUTARY_TESTS_SUPPORT_GATEWAY_TOPIC_H

#include "common/kafka/consumer.h"

typedef void topic_seen(void *context, const struct kafka_record *record);

/* Reads all partitions from 0 to their ends; a record is borrowed for the call. Anything that fails
 * fails the test. */
void topic_read(const char *brokers, const char *prefix, const char *topic, int32_t partitions,
                topic_seen *seen, void *context);

#endif
