/* How far a source is done, so that it can be gone on from there: each event is opened when it is
 * taken and done when everything that it was held for is done; all places up to feeder_marks_place
 * are. Pure. */
#ifndef TRIBUTARY_FEEDER_MARKS_H
#define TRIBUTARY_FEEDER_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FEEDER_MARKS = 1 << 17 }; /* events under way, from the oldest that is not done */

/* In a source. */
struct feeder_place {
    uint64_t at;    /* a line perhaps; never falls; 0: the start */
    uint64_t check; /* the source's own, of what is there */
};

struct feeder_marks {
    struct feeder_mark {
        struct feeder_place place;
        uint32_t holds;
    } * ring;       /* owned */
    uint64_t first; /* ticket of the oldest that is not done */
    uint64_t next;
    struct feeder_place place;
};

/* place: where the source goes on from. */
void feeder_marks_init(struct feeder_marks *marks, struct feeder_place place);
void feeder_marks_done(struct feeder_marks *marks);

bool feeder_marks_full(const struct feeder_marks *marks);

/* A ticket with one hold. Not when full. Places must not fall. */
uint64_t feeder_marks_open(struct feeder_marks *marks, struct feeder_place place);
void feeder_marks_hold(struct feeder_marks *marks, uint64_t ticket);
void feeder_marks_drop(struct feeder_marks *marks, uint64_t ticket);

/* Everything there is done. */
struct feeder_place feeder_marks_place(const struct feeder_marks *marks);

#endif
