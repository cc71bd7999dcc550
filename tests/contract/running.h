/* A transform at work without Kafka: transform_apply and the window as they are, behind a sender of
 * the test's own that acknowledges at once, and checks each output against the record that it
 * stands for. */
#ifndef TRIBUTARY_TESTS_CONTRACT_RUNNING_H
#define TRIBUTARY_TESTS_CONTRACT_RUNNING_H

#include "common/transform/life.h"
#include "tests/contract/source.h"

#define RUNNING_WALL_US INT64_C(1700000001000000) /* every batch's: it is in the outputs */

struct running;

/* Opens the group with the defaults of all settings but what the flags say (--redis-address=…);
 * NULL ends them. */
struct running *running_open(const struct transform *transform, const char *const *flags);
void running_close(struct running *running);

/* What the group keeps of its life. */
void *running_state(struct running *running);
const struct transform_context *running_context(const struct running *running);

/* Takes all partitions, and feeds the source in batches of random cuts, partitions mixed at random,
 * with rebalances, a window that gets full, and batches given back. */
void running_feed(struct running *running, const struct source *source, struct random *random);

/* The value of the output of that record, once it is fed. */
struct slice running_output(const struct running *running, int32_t partition, size_t index);

/* How many outputs were decided so. */
size_t running_decided(const struct running *running, enum decider decider);

#endif
