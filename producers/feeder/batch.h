/* Events on their way in one request: their lines of NDJSON and who they are. Pure. */
#ifndef TRIBUTARY_FEEDER_BATCH_H
#define TRIBUTARY_FEEDER_BATCH_H

#include "common/base/buffer.h"
#include "common/event/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FEEDER_BODY_BYTES_MAX = 900 * 1024 }; /* of a request: below the gateway's 1 MiB */

/* One event to post. Slices are borrowed. */
struct feeder_post {
    enum event_kind kind;
    struct slice id;
    struct slice user;
    struct slice line; /* its JSON */
    uint64_t ticket;   /* the caller's */
    uint64_t key;      /* the caller's */
};

struct feeder_item {
    uint64_t ticket;
    uint64_t key;
    uint32_t at; /* its line in the body, with the line break */
    uint32_t size;
    uint8_t id_size;
    char id[EVENT_ID_MAX];
};

static inline struct slice feeder_item_id(const struct feeder_item *item)
{
    return (struct slice){item->id, item->id_size};
}

struct feeder_batch {
    struct buffer body;
    struct feeder_item *items; /* owned */
    size_t count;
    size_t capacity;
};

void feeder_batch_init(struct feeder_batch *batch, size_t capacity);
void feeder_batch_done(struct feeder_batch *batch);

/* False: it is full. An event always fits into an empty one. */
bool feeder_batch_add(struct feeder_batch *batch, const struct feeder_post *post);

/* Keeps the items that are marked, in their order. */
void feeder_batch_keep(struct feeder_batch *batch, const bool *marked);

void feeder_batch_reset(struct feeder_batch *batch);

#endif
