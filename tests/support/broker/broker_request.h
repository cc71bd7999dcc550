/* The few Kafka requests that the tests' broker needs, written by hand (non-flexible versions of
 * the Kafka protocol), one connection each: internal to tests/support/broker. */
#ifndef TRIBUTARY_TESTS_SUPPORT_BROKER_REQUEST_H
#define TRIBUTARY_TESTS_SUPPORT_BROKER_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

/* True when the broker at 127.0.0.1:port answers Metadata and says that a broker (itself) is
 * there. Waits at most a second. */
bool broker_request_ready(int port);

/* 0 or Kafka's error code; -1 when there is no answer. */
int broker_request_create(int port, const char *topic, int32_t partitions);

/* Likewise; *ret_offset is set on 0. */
int broker_request_end(int port, const char *topic, int32_t partition, int64_t *ret_offset);

/* Likewise: LeaveGroup for that member. */
int broker_request_leave(int port, const char *group, const char *member);

#endif
