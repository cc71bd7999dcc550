/* The group's offsets in Kafka: only shown, by tools that know lag from there. Nothing starts from
 * them, so they are written now and then, nobody waits, and what fails is made up for by the next
 * (the worker counts it). */
#ifndef TRIBUTARY_SINK_SHOWN_H
#define TRIBUTARY_SINK_SHOWN_H

#include "common/kafka/consumer.h"
#include "common/sink/offsets.h"

#include <stdbool.h>
#include <stdint.h>

struct shown {
    int64_t *offsets; /* by offsets_index: what was committed last; KAFKA_OFFSET_NONE: nothing */
    struct kafka_position *positions; /* of the commit that is being made */
    int64_t next_ms;
    int64_t all_ms; /* then also what has not changed: a commit may have failed */
};

void shown_init(struct shown *shown, const struct offsets *offsets);
void shown_done(struct shown *shown);

/* Commits where the taken partitions stand, if that has changed: every few seconds, or at once.
 * Every minute anew. */
void shown_turn(struct shown *shown, const struct offsets *offsets, const bool *taken,
                struct kafka_consumer *consumer, int64_t now_ms);
void shown_commit(struct shown *shown, const struct offsets *offsets, const bool *taken,
                  struct kafka_consumer *consumer);

/* It is not ours any more: others commit for it. */
void shown_forget(struct shown *shown, const struct offsets *offsets, int32_t partition);

#endif
