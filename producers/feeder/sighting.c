/* One classification, and what matters of it. */
#include "producers/feeder/sightings.h"

#include "common/codec/codec.h"
#include "producers/feeder/pending.h"

static uint8_t keep(char *place, struct slice text)
{
    size_t size = text.size < EVENT_CATEGORY_MAX ? text.size : EVENT_CATEGORY_MAX;

    if (size > 0)
        memcpy(place, text.data, size);
    return (uint8_t)size;
}

/* A rejected record carries its transaction as bytes, and they may be none. */
static bool rejected_key(const struct classification *classification, uint64_t *ret_key)
{
    struct arena *arena = arena_new(CODEC_DECODE_ARENA_BYTES);
    struct transaction transaction;
    struct error error = {0};
    bool known = classification->reject != NULL &&
                 codec_decode_transaction(classification->reject->value, arena, &transaction,
                                          &error) == STATUS_OK;

    if (known)
        *ret_key = feeder_pending_key(transaction.user, transaction.id);
    arena_free(arena);
    return known;
}

static struct slice global_opinion(const struct classification *classification)
{
    for (size_t i = 0; i < classification->reasons_count; i++)
        if (classification->reasons[i].source == DECIDER_MODEL)
            return classification->reasons[i].category;
    return (struct slice){NULL, 0};
}

bool feeder_sighting_of(const struct classification *classification, struct feeder_sighting *ret)
{
    *ret = (struct feeder_sighting){0};
    if (classification->outcome == OUTCOME_REJECTED)
        return rejected_key(classification, &ret->key);
    if (classification->outcome != OUTCOME_CLASSIFIED)
        return false;
    ret->key =
        feeder_pending_key(classification->transaction->user, classification->transaction->id);
    ret->classified = true;
    ret->category_size = keep(ret->category, classification->category);
    ret->global_size = keep(ret->global, global_opinion(classification));
    return true;
}
