#include "operator/readers.h"

const struct reader readers[] = {
    {"analytics", TOPIC_CLASSIFICATIONS, true}, {"analytics", TOPIC_FEEDBACK, false},
    {"learner", TOPIC_CLASSIFICATIONS, true},   {"learner", TOPIC_FEEDBACK, false},
    {"notifier", TOPIC_CLASSIFICATIONS, true},
};
const size_t reader_count = sizeof readers / sizeof readers[0];

const char *const topics[] = {TOPIC_TRANSACTIONS, TOPIC_FEEDBACK, TOPIC_CLASSIFICATIONS};
const size_t topic_count = sizeof topics / sizeof topics[0];
