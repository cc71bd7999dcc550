/* Puts events straight into the topics, as an upstream with a Kafka client of its own would, or a
 * classifier: for tests of consumers. Anything that fails fails the test. */
#ifndef TRIBUTARY_TESTS_SUPPORT_FEED_H
#define TRIBUTARY_TESTS_SUPPORT_FEED_H

#include "common/base/owned.h"
#include "common/event/event.h"

#include <stdint.h>

struct feed;

enum feed_topic { FEED_TRANSACTIONS, FEED_FEEDBACK, FEED_CLASSIFICATIONS };

/* The topics must exist, with `partitions` each. */
struct feed *feed_new(const char *brokers, const char *prefix, int32_t partitions);
void feed_free(struct feed *feed);
OWNED_DEFINE(feed);

/* Under the key and in the partition of the event's user, which is returned. Not acknowledged yet.
 */
int32_t feed_transaction(struct feed *feed, const struct transaction *event);
int32_t feed_feedback(struct feed *feed, const struct feedback *event);

/* An output under the key of its transaction, if it has one. */
void feed_classification(struct feed *feed, int32_t partition, const struct classification *event);

/* Any bytes. */
void feed_raw(struct feed *feed, enum feed_topic topic, int32_t partition, struct slice key,
              struct slice value);

/* Waits until everything is acknowledged. */
void feed_flush(struct feed *feed);

#endif
