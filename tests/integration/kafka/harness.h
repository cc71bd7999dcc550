/* What the tests of common/kafka share: settings for a test's own names, topics filled with records
 * that say where they stand, and a member of a group that keeps what it was told. */
#ifndef TRIBUTARY_TESTS_KAFKA_HARNESS_H
#define TRIBUTARY_TESTS_KAFKA_HARNESS_H

#include "common/kafka/admin.h"
#include "common/kafka/consumer.h"
#include "common/kafka/producer.h"
#include "tests/support/broker/broker.h"
#include "tests/support/suite/suite.h"

#define OK(call) ck_assert_msg((call) == STATUS_OK, "%s: %s", #call, error.text)

struct harness {
    struct kafka_settings settings;
    struct kafka_admin *admin;
};

/* Names are prefixed; calls of the admin client last at most 10 s. */
void harness_init(struct harness *harness, struct broker *broker);
void harness_done(struct harness *harness);

void harness_topic(const struct harness *harness, const char *topic, int32_t partitions);

/* A warm producer for one topic. */
struct kafka_producer *harness_producer(const struct harness *harness, const char *topic,
                                        void (*delivered)(void *, const struct kafka_delivery *),
                                        void *opaque);

/* Appends records to each of partitions 0 .. partitions-1; the value of offset o is harness_value
 * of o where the topic was empty before. size: bytes of a value, at least 20. */
void harness_fill(const struct harness *harness, const char *topic, int32_t partitions,
                  int64_t records, size_t size);

/* Whether the value is the one that harness_fill put there. */
bool harness_value_is(const struct kafka_record *record, int64_t number);

enum { HARNESS_PARTITIONS = 64 };

/* A member and what its callbacks said. */
struct member {
    struct kafka_consumer *consumer;
    struct kafka_position owned[HARNESS_PARTITIONS];
    size_t owned_count;
    int assigned, revoked, lost, committed;
    struct error last_commit;
    int64_t start; /* assigned partitions are read from here at once; below 0: they are not */
};

void member_join(struct member *member, const struct harness *harness, const char *group,
                 const char *const *topics, size_t topic_count);

/* One poll, which must not be an error. */
enum kafka_event member_poll(struct member *member, struct kafka_record *ret_record);

/* Polls without records until it owns so many partitions. */
void member_await(struct member *member, size_t owned);

void member_leave(struct member *member);

#endif
