/* How far a source is done, so that it can be gone on from there: each event is opened when it is
 * taken and done when everything that it was held for is done; all places up to feeder_marks_place
 * are. Pure. */
#ifndef TRIBUTARY_FEEDER_MARKS_H
#define TRIBUTARY_FEEDER_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FEEDER_MARKS = 1 << 17 }; /* events under way, from the oldest that is not done */

struct feeder_marks {
    struct feeder_mark {
        uint64_t place;
        uint32_t holds;
    } * ring;       /* owned */
    uint64_t first; /* ticket of the oldest that is not done */
    uint64_t next;
    uint64_t place;
};

/* place: where the source goes on from; 0 is the start. */
void feeder_marks_init(struct feeder_marks *marks, uint64_t place);
void feeder_marks_done(struct feeder_marks *marks);

bool feeder_marks_full(const struct feeder_marks *marks);

/* A ticket with one hold. Not when full. Places must not fall. */
uint64_t feeder_marks_open(struct feeder_marks *marks, uint64_t place);
void feeder_marks_hold(struct feeder_marks *marks, uint64_t ticket);
void feeder_marks_drop(struct feeder_marks *marks, uint64_t ticket);

/* Everything there is done. */
uint64_t feeder_marks_place(const struct feeder_marks *marks);

#endif
