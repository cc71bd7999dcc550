/* Inside common/event: the fields of a posted event, and what each may be. */
#ifndef TRIBUTARY_EVENT_FIELD_H
#define TRIBUTARY_EVENT_FIELD_H

#include "common/event/event.h"

enum event_value_type {
    EVENT_VALUE_NULL,
    EVENT_VALUE_BOOLEAN,
    EVENT_VALUE_NUMBER,
    EVENT_VALUE_STRING,
    EVENT_VALUE_OBJECT,
    EVENT_VALUE_ARRAY,
};

enum event_rule {
    EVENT_RULE_TEXT,
    EVENT_RULE_AMOUNT,
    EVENT_RULE_MCC,
    EVENT_RULE_RATING,
    EVENT_RULE_KIND,
    EVENT_RULE_TIME,
    EVENT_RULE_METADATA,
};

struct event_field {
    struct slice name;
    const char *pointer; /* RFC 6901 */
    enum event_rule rule;
    bool required;
    size_t offset; /* in the event, where the rule has one place */
};

struct event_fields {
    const struct event_field *all;
    size_t count;
};

struct event_fields event_fields_of(enum event_kind kind);

/* NULL when there is none. last: where to begin looking, as most bodies have our order; or NULL. */
const struct event_field *event_fields_find(struct event_fields fields,
                                            const struct event_field *last, struct slice name);

/* What the value must be, when it is of another type; else NULL. */
const char *event_field_type_fault(const struct event_field *field, enum event_value_type type);

#endif
