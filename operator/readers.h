/* The groups of an installation and what they read: for init, verify, status and recovery. */
#ifndef TRIBUTARY_OPERATOR_READERS_H
#define TRIBUTARY_OPERATOR_READERS_H

#include <stdbool.h>
#include <stddef.h>

#define TOPIC_TRANSACTIONS    "transactions"
#define TOPIC_FEEDBACK        "feedback"
#define TOPIC_CLASSIFICATIONS "classifications"
#define GROUP_CLASSIFIER      "classifier"

/* One sink group's reading of one topic: an offset row a partition. */
struct reader {
    const char *group;
    const char *topic;
    bool sequenced; /* behind the classifier: counted in offsets of `transactions` */
};

extern const struct reader readers[];
extern const size_t reader_count;

/* In the order in which they are made. */
extern const char *const topics[];
extern const size_t topic_count;

#endif
