/* What a batch does to the offset rows, worked out before the transaction: which records are new,
 * where each row moves, and what the books gain. Pure. */
#ifndef TRIBUTARY_SINK_PLAN_H
#define TRIBUTARY_SINK_PLAN_H

#include "common/worker/batch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OFFSET_NO_SOURCE = -1 };

/* A row of source_offsets as this worker left it. */
struct offset_row {
    int64_t next;
    int64_t next_source; /* OFFSET_NO_SOURCE where the topic is not behind the classifier */
    int64_t epoch;
    int64_t unaccounted; /* as the database said last */
};

/* What becomes of it. */
struct offset_change {
    int64_t to_next;
    int64_t to_next_source;
    int64_t applied;
    int64_t duplicate;
    int64_t rejected;
    int64_t gap;
    int64_t reruns; /* outputs dropped or ignored by the go-back rule: a metric, not in the books */
    int64_t ahead;
    bool touched;
};

enum fate {
    FATE_PASSED,   /* nothing to do: a gap, a marker, a re-run, or committed before */
    FATE_LIVE,     /* for the group */
    FATE_REJECTED, /* a dead letter, counted as rejected */
    FATE_STRAY,    /* a dead letter outside the books: no output of a classifier at all */
};

/* Judges records[0..count) against rows; fills fates[0..count) and changes, which has one entry a
 * row and starts as a copy of where the rows stand (plan_start). rows and changes are indexed by
 * partition * input_count + input. A record that cannot be decoded must have reject_reason set. */
void plan_start(const struct offset_row *rows, struct offset_change *changes, size_t row_count);
void plan_records(const struct input *inputs, size_t input_count, const struct record *records,
                  size_t count, struct offset_change *changes, enum fate *fates);

#endif
