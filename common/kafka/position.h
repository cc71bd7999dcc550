/* Places in Kafka's logs. A topic is named by its index in the list that a consumer or producer was
 * made with. */
#ifndef TRIBUTARY_KAFKA_POSITION_H
#define TRIBUTARY_KAFKA_POSITION_H

#include <stdint.h>

/* In place of an offset: there is none (nothing committed, not known yet). */
#define KAFKA_OFFSET_NONE INT64_C(-1)

/* The next record to be read, or to be read again. */
struct kafka_position {
    int32_t topic;
    int32_t partition;
    int64_t offset;
};

/* What the log holds: offsets low <= o < high. high is the last stable offset where a transaction
 * is open, as a reader with read_committed sees it. */
struct kafka_watermarks {
    int64_t low;
    int64_t high;
};

#endif
