#include "common/event/field.h"

#define FIELD(name, rule, required, offset)                                                        \
    {                                                                                              \
        {name, sizeof name - 1}, "/" name, rule, required, offset                                  \
    }

static const struct event_field transaction_fields[] = {
    FIELD("id", EVENT_RULE_TEXT, true, offsetof(struct transaction, id)),
    FIELD("user", EVENT_RULE_TEXT, true, offsetof(struct transaction, user)),
    FIELD("account", EVENT_RULE_TEXT, false, offsetof(struct transaction, account)),
    FIELD("amount", EVENT_RULE_AMOUNT, true, 0),
    FIELD("currency", EVENT_RULE_TEXT, true, offsetof(struct transaction, currency)),
    FIELD("description", EVENT_RULE_TEXT, false, offsetof(struct transaction, description)),
    FIELD("merchant", EVENT_RULE_TEXT, false, offsetof(struct transaction, merchant)),
    FIELD("mcc", EVENT_RULE_MCC, false, offsetof(struct transaction, mcc)),
    FIELD("occurred_at", EVENT_RULE_TIME, true, offsetof(struct transaction, occurred_at)),
    FIELD("metadata", EVENT_RULE_METADATA, false, 0),
};

static const struct event_field feedback_fields[] = {
    FIELD("id", EVENT_RULE_TEXT, true, offsetof(struct feedback, id)),
    FIELD("user", EVENT_RULE_TEXT, true, offsetof(struct feedback, user)),
    FIELD("transaction_id", EVENT_RULE_TEXT, true, offsetof(struct feedback, transaction_id)),
    FIELD("kind", EVENT_RULE_KIND, true, offsetof(struct feedback, kind)),
    FIELD("category", EVENT_RULE_TEXT, false, offsetof(struct feedback, category)),
    FIELD("rating", EVENT_RULE_RATING, false, offsetof(struct feedback, rating)),
    FIELD("occurred_at", EVENT_RULE_TIME, true, offsetof(struct feedback, occurred_at)),
    FIELD("metadata", EVENT_RULE_METADATA, false, 0),
};

struct event_fields event_fields_of(enum event_kind kind)
{
    if (kind == EVENT_FEEDBACK)
        return (struct event_fields){feedback_fields,
                                     sizeof feedback_fields / sizeof feedback_fields[0]};
    return (struct event_fields){transaction_fields,
                                 sizeof transaction_fields / sizeof transaction_fields[0]};
}

const struct event_field *event_fields_find(struct event_fields fields,
                                            const struct event_field *last, struct slice name)
{
    size_t next = last == NULL ? 0 : (size_t)(last - fields.all) + 1;

    for (size_t i = 0; i < fields.count; i++, next++) {
        if (next == fields.count)
            next = 0;
        if (slice_equal(fields.all[next].name, name))
            return &fields.all[next];
    }
    return NULL;
}

const char *event_field_type_fault(const struct event_field *field, enum event_value_type type)
{
    switch (field->rule) {
    case EVENT_RULE_METADATA:
        return type == EVENT_VALUE_OBJECT ? NULL : "must be an object of strings";
    case EVENT_RULE_MCC:
        return type == EVENT_VALUE_NUMBER || type == EVENT_VALUE_STRING
                   ? NULL
                   : "must be an integer or a string of 4 digits";
    case EVENT_RULE_RATING:
        return type == EVENT_VALUE_NUMBER ? NULL : "must be an integer";
    case EVENT_RULE_AMOUNT:
        return type == EVENT_VALUE_STRING ? NULL : "must be a string with a decimal number";
    case EVENT_RULE_TEXT:
    case EVENT_RULE_KIND:
    case EVENT_RULE_TIME:
        return type == EVENT_VALUE_STRING ? NULL : "must be a string";
    }
    return "must be something else";
}
