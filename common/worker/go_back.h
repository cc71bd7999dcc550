/* Go-Back-N over a log: the rule by which many writers, zombies among them, give each source record
 * exactly one effect. Pure: no clock, no I/O, no library.
 *
 * Each output covers the closed range [from, to] of source offsets. A writer starts at the
 * committed source offset, writes in order, and commits only behind outputs that were acknowledged
 * in log order; after any doubt it goes back to the first output that was not. So the log offers
 * the next source offset again as long as one writer lives, and the first output in log order
 * decides. */
#ifndef TRIBUTARY_WORKER_GO_BACK_H
#define TRIBUTARY_WORKER_GO_BACK_H

#include <stdbool.h>
#include <stdint.h>

/* Closed range of source offsets. `to` is the record's own; from .. to-1 held no events. */
struct go_back_range {
    int64_t from;
    int64_t to;
};

enum go_back_verdict {
    GO_BACK_APPLY, /* from <= next_source <= to: it is the first that covers next_source */
    GO_BACK_RERUN, /* to < next_source: a later run of what was decided already: drop it */
    GO_BACK_AHEAD, /* from > next_source: out of sequence; ignore it, the run will come again */
};

/* The reader's rule. Applying moves next_source to range.to + 1. */
enum go_back_verdict go_back_read(int64_t next_source, struct go_back_range range);

/* The writer's rule for one partition and one incarnation of its producer. */
struct go_back_acks {
    int64_t last_offset; /* output offset of the last report taken; -1 before the first */
    int64_t committable; /* source offset that may be committed: all below it is in the log */
};

/* committed: where this writer starts. Call again for each new incarnation, with `committable`. */
void go_back_acks_init(struct go_back_acks *acks, int64_t committed);

/* Takes the delivery report of the output that covers `range`. False: the incarnation ends here
 * (delivery failed, no offset, an offset not above the last, which is a later request overtaking an
 * earlier one, or an earlier output has no report yet); nothing of it counts from now on. */
bool go_back_acks_take(struct go_back_acks *acks, struct go_back_range range, bool delivered,
                       int64_t offset);

#endif
