/* The partitions of one consumer thread: which are assigned, taken or halted, and where each
 * stands. Pure: no Kafka, no clock. A partition number stands for that partition of all inputs. */
#ifndef TRIBUTARY_WORKER_PARTITIONS_H
#define TRIBUTARY_WORKER_PARTITIONS_H

#include "common/base/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PARTITIONS_MAX_INPUTS = 4 };

enum partition_phase {
    PARTITION_ABSENT, /* not assigned to us */
    PARTITION_WANTED, /* assigned; to be taken when retry_at_ms comes */
    PARTITION_TAKEN,  /* ours: its records are read */
    PARTITION_HALTED, /* assigned, but something must be mended first; tried again now and then */
};

struct partition_input {
    int64_t next; /* the next offset to put into a batch */
    int64_t end;  /* where the log ended when it was last seen; -1: not seen since a record */
    int64_t end_seen_ms; /* steady time of that */
    int64_t appended_us; /* broker time of the last record put into a batch; 0: none */
    int64_t asked_end;   /* of the log, while it is not read; 0: not asked */
    int64_t level_us;    /* wall time when nothing was unread; 0: never */
};

struct partition {
    enum partition_phase phase;
    bool assigned[PARTITIONS_MAX_INPUTS];
    unsigned attempts; /* failed ones in a row */
    int64_t retry_at_ms;
    struct partition_input inputs[PARTITIONS_MAX_INPUTS];
};

struct partitions {
    struct partition *items; /* owned; by partition number */
    int32_t count;
    size_t input_count;
};

void partitions_init(struct partitions *partitions, int32_t count, size_t input_count);
void partitions_done(struct partitions *partitions);

/* NULL for a number that the topics do not have. */
struct partition *partitions_at(struct partitions *partitions, int32_t number);

/* One input of the partition was assigned. Wanted once all inputs are: only so one member holds p
 * of every topic. */
void partitions_assign(struct partitions *partitions, int32_t number, size_t input, int64_t now_ms);

/* The first wanted or halted partition whose time has come; -1: none. */
int32_t partitions_due(const struct partitions *partitions, int64_t now_ms);

/* next: one offset an input. */
void partition_take(struct partition *partition, size_t input_count, const int64_t *next);

/* Wanted again after a full-jitter pause that grows with each failure in a row. */
void partition_retry(struct partition *partition, struct random *random, int64_t now_ms);

void partition_halt(struct partition *partition, int64_t again_at_ms);

/* How many are in the phase. */
size_t partitions_count(const struct partitions *partitions, enum partition_phase phase);

#endif
