/* Inside common/event: one JSON object on its way to an event. The first fault decides; what comes
 * behind it is still looked at for the id. */
#ifndef TRIBUTARY_EVENT_ITEM_H
#define TRIBUTARY_EVENT_ITEM_H

#include "common/event/event_json.h"
#include "common/event/field.h"

struct event_value {
    enum event_value_type type;
    struct slice text; /* of a number or a string */
};

struct event_item {
    const struct event_json_request *request;
    struct arena *arena;
    bool arena_full; /* sticky */
    struct event_json_item *item;
    const struct event_field *field; /* the last key's; NULL when it was unknown */
    uint32_t seen;                   /* a bit for each field */
    struct slice amount;             /* needs the currency, which may come later */
    struct text_pair pairs[EVENT_METADATA_MAX];
    size_t pair_count;
    struct slice pair_key;
};

/* item: zeroed. */
void event_item_begin(struct event_item *state, struct event_json_item *item);

void event_item_key(struct event_item *state, struct slice name);

/* The value of the last key; an object or an array is told by its beginning only. True when it is
 * the metadata, whose pairs follow. */
bool event_item_value(struct event_item *state, struct event_value value);

void event_item_pair_key(struct event_item *state, struct slice name);
void event_item_pair_value(struct event_item *state, struct event_value value);

/* The object is over: required fields, the amount, and the event's check. */
void event_item_end(struct event_item *state);

/* For what is no object at all. */
void event_item_refuse(struct event_item *state);

#endif
