#include "producers/feeder/pending.h"

#include "common/base/hash.h"
#include "common/base/must.h"

enum { NONE = -1 };

void feeder_pending_init(struct feeder_pending *pending, size_t capacity)
{
    *pending = (struct feeder_pending){.capacity = capacity, .head_count = 1};
    while (pending->head_count < capacity)
        pending->head_count *= 2;
    pending->heads = must_alloc(pending->head_count * sizeof *pending->heads);
    pending->slots = must_alloc(capacity * sizeof *pending->slots);
    for (size_t i = 0; i < pending->head_count; i++)
        pending->heads[i] = NONE;
    for (size_t i = 0; i < capacity; i++)
        pending->slots[i].next = i + 1 < capacity ? (int32_t)i + 1 : NONE;
    pending->free = capacity > 0 ? 0 : NONE;
}

void feeder_pending_done(struct feeder_pending *pending)
{
    free(pending->heads);
    free(pending->slots);
    *pending = (struct feeder_pending){0};
}

uint64_t feeder_pending_key(struct slice user, struct slice id)
{
    uint64_t key = hash_fnv1a(hash_fnv1a(HASH_FNV_SEED, user), SLICE_LITERAL("\0"));

    key = hash_fnv1a(key, id);
    key ^= key >> 32; /* the low bits choose the chain */
    return key == 0 ? 1 : key;
}

static uint8_t keep(char *place, struct slice text, size_t limit)
{
    size_t size = text.size < limit ? text.size : limit;

    if (size > 0)
        memcpy(place, text.data, size);
    return (uint8_t)size;
}

struct feeder_waiting *feeder_pending_find(struct feeder_pending *pending, uint64_t key)
{
    int32_t at = pending->heads[key & (pending->head_count - 1)];

    while (at != NONE && pending->slots[at].key != key)
        at = pending->slots[at].next;
    return at == NONE ? NULL : &pending->slots[at];
}

struct feeder_waiting *feeder_pending_add(struct feeder_pending *pending, uint64_t key,
                                          const struct feeder_event *event)
{
    int32_t *head = &pending->heads[key & (pending->head_count - 1)];
    const struct transaction *transaction = &event->transaction;
    struct feeder_waiting *waiting;
    int32_t at = pending->free;

    if (at == NONE || feeder_pending_find(pending, key) != NULL)
        return NULL;
    waiting = &pending->slots[at];
    pending->free = waiting->next;
    pending->count++;
    waiting->key = key;
    waiting->occurred_at = transaction->occurred_at;
    waiting->id_size = keep(waiting->id, transaction->id, sizeof waiting->id);
    waiting->user_size = keep(waiting->user, transaction->user, sizeof waiting->user);
    waiting->label_size = keep(waiting->label, event->label, sizeof waiting->label);
    waiting->next = *head;
    *head = at;
    return waiting;
}

void feeder_pending_remove(struct feeder_pending *pending, struct feeder_waiting *waiting)
{
    int32_t *at = &pending->heads[waiting->key & (pending->head_count - 1)];
    int32_t index = (int32_t)(waiting - pending->slots);

    while (*at != index)
        at = &pending->slots[*at].next;
    *at = waiting->next;
    waiting->next = pending->free;
    pending->free = index;
    pending->count--;
}
