/* The feedback that corrects a wrong answer: whether, and what. Pure. */
#ifndef TRIBUTARY_FEEDER_CORRECTION_H
#define TRIBUTARY_FEEDER_CORRECTION_H

#include "common/event/event.h"
#include "producers/feeder/pending.h"

enum { FEEDER_CORRECTION_ID_SIZE = 37 };

struct feeder_correction {
    uint64_t ticket;
    int64_t occurred_at;
    char id[FEEDER_CORRECTION_ID_SIZE];
    uint8_t user_size, transaction_id_size, category_size;
    char user[EVENT_ID_MAX], transaction_id[EVENT_ID_MAX], category[EVENT_CATEGORY_MAX];
};

/* True for that share of the ids, the same ones for the same seed. */
bool feeder_correction_chosen(uint64_t seed, double share, struct slice id);

/* Says that the event's category is its label. The id follows from the transaction's, so that what
 * is said again is the same feedback; so its time is the transaction's. */
void feeder_correction_make(const struct feeder_waiting *waiting, struct feeder_correction *ret);

/* Borrows from the correction. */
struct feedback feeder_correction_feedback(const struct feeder_correction *correction);

#endif
