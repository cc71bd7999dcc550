/* The window: events that were posted and not yet seen classified, found by user and id. Bounded.
 * Pure. */
#ifndef TRIBUTARY_FEEDER_PENDING_H
#define TRIBUTARY_FEEDER_PENDING_H

#include "producers/feeder/feeder_event.h"

struct feeder_waiting {
    uint64_t key;
    uint64_t ticket;
    uint64_t index;  /* in the stream, from 0 */
    int64_t sent_us; /* steady; the last time */
    int64_t occurred_at;
    uint8_t id_size, user_size, label_size;
    char id[EVENT_ID_MAX], user[EVENT_ID_MAX], label[EVENT_CATEGORY_MAX];
    int32_t next; /* in its chain, or of the free ones */
};

struct feeder_pending {
    struct feeder_waiting *slots; /* owned */
    int32_t *heads;               /* owned; by key */
    size_t head_count;
    size_t capacity;
    size_t count;
    int32_t free;
};

void feeder_pending_init(struct feeder_pending *pending, size_t capacity);
void feeder_pending_done(struct feeder_pending *pending);

/* Of user and id; never 0. */
uint64_t feeder_pending_key(struct slice user, struct slice id);

/* NULL when it is full, or the key is there already. The caller sets ticket, index and time. */
struct feeder_waiting *feeder_pending_add(struct feeder_pending *pending, uint64_t key,
                                          const struct feeder_event *event);

/* NULL when it is not there. */
struct feeder_waiting *feeder_pending_find(struct feeder_pending *pending, uint64_t key);

/* Its memory stays as it is until the next add. */
void feeder_pending_remove(struct feeder_pending *pending, struct feeder_waiting *waiting);

#endif
