/* Questions to the brokers that any client may ask, with deadlines that hold. Inside this folder
 * only. */
#ifndef TRIBUTARY_KAFKA_QUERY_H
#define TRIBUTARY_KAFKA_QUERY_H

#include "common/base/status.h"
#include "common/kafka/position.h"

#include <librdkafka/rdkafka.h>
#include <stdint.h>

/* One of ret_watermarks for each element of list, whose offsets are written over. */
MUST_CHECK enum status kafka_query_watermarks(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list,
                                              int64_t timeout_ms,
                                              struct kafka_watermarks *ret_watermarks,
                                              struct error *error);

/* 0 when there is no such topic. name with the prefix. */
MUST_CHECK enum status kafka_query_partitions(rd_kafka_t *rk, const char *name, int64_t timeout_ms,
                                              int32_t *ret_count, struct error *error);

/* The first error that an element of the list carries, as a failure of `what`. */
MUST_CHECK enum status kafka_query_list_error(const rd_kafka_topic_partition_list_t *list,
                                              const char *what, struct error *error);

#endif
