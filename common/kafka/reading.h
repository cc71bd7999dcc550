/* What a consumer reads and which offset comes next: lets through only what belongs to the current
 * assignment and goes forward. Pure; beneath it librdkafka's own version barriers do the same, and
 * two have failed before (#4208). Inside this folder only. */
#ifndef TRIBUTARY_KAFKA_READING_H
#define TRIBUTARY_KAFKA_READING_H

#include "common/kafka/position.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kafka_reading {
    struct kafka_position *positions; /* sorted by topic and partition; offset: the next to come */
    size_t count;
    size_t last; /* where the last look-up ended */
};

void kafka_reading_init(struct kafka_reading *reading);
void kafka_reading_done(struct kafka_reading *reading);

/* From now on exactly these. False, and nothing changed, when one is named twice. */
bool kafka_reading_set(struct kafka_reading *reading, const struct kafka_position *positions,
                       size_t count);

/* A record of that offset: true when it is to be given out, and the next one is beyond it. */
bool kafka_reading_record(struct kafka_reading *reading, struct kafka_position position);

/* The end of the partition at that offset: the same, and the next one is there. */
bool kafka_reading_end(struct kafka_reading *reading, struct kafka_position position);

/* That offset is the next one to come. */
bool kafka_reading_at(const struct kafka_reading *reading, struct kafka_position position);

bool kafka_reading_has(const struct kafka_reading *reading, int32_t topic, int32_t partition);

#endif
