#include "common/event/item.h"

#include "common/base/timestamp.h"
#include "common/event/currency.h"
#include "common/event/field.h"
#include "common/event/money.h"
#include "common/event/text.h"

static void fault(struct event_item *state, const char *reason, struct slice pointer,
                  const char *detail)
{
    struct event_json_item *item = state->item;

    if (item->verdict != EVENT_JSON_OK)
        return;
    item->verdict = EVENT_JSON_INVALID;
    item->reason = reason;
    item->pointer = pointer;
    item->detail = detail;
}

/* The whole request fails when there is no room: event_json_parse looks at arena_full. */
static void *take(struct event_item *state, size_t size)
{
    void *place = arena_alloc(state->arena, size);

    if (place == NULL)
        state->arena_full = true;
    return place;
}

static void fault_field(struct event_item *state, const char *reason, const char *detail)
{
    fault(state, reason, slice_of(state->field->pointer), detail);
}

/* base + "/" + name, as RFC 6901 escapes it; base alone for names that no field has, by their size:
 * an answer must not grow with what was sent. */
static struct slice pointer_to(struct event_item *state, const char *base, struct slice name)
{
    size_t size = strlen(base);
    char *text, *at;

    if (name.size > EVENT_METADATA_KEY_MAX)
        return slice_of(base);
    text = at = take(state, size + 1 + 2 * name.size);
    if (text == NULL)
        return slice_of(base);
    memcpy(at, base, size);
    at += size;
    *at++ = '/';
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];

        if (c == '~' || c == '/')
            *at++ = '~';
        *at++ = c == '~' ? '0' : c == '/' ? '1' : c;
    }
    return (struct slice){text, (size_t)(at - text)};
}

void event_item_begin(struct event_item *state, struct event_json_item *item)
{
    state->item = item;
    state->field = NULL;
    state->seen = 0;
    state->pair_count = 0;
}

void event_item_key(struct event_item *state, struct slice name)
{
    struct event_fields fields = event_fields_of(state->request->kind);

    state->field = event_fields_find(fields, state->field, name);
    if (state->field == NULL)
        fault(state, "unknown_field", pointer_to(state, "", name), "is not a field of this event");
    else
        state->seen |= UINT32_C(1) << (state->field - fields.all);
}

/* Digits only, at most four: what an MCC or a rating can be. */
static bool small_integer(struct slice text, int32_t *ret)
{
    int32_t value = 0;

    if (text.size < 1 || text.size > 4)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (text.data[i] - '0');
    }
    *ret = value;
    return true;
}

static void *place_of(struct event_item *state)
{
    return (char *)(state->request->kind == EVENT_FEEDBACK ? (void *)&state->item->feedback
                                                           : &state->item->transaction) +
           state->field->offset;
}

static void take_text(struct event_item *state, struct slice text)
{
    memcpy(place_of(state), &text, sizeof text);
    if (strcmp(state->field->pointer, "/id") == 0 &&
        event_text_fault(text, 1, EVENT_ID_MAX) == NULL)
        state->item->id = text;
}

static void take_mcc(struct event_item *state, struct event_value value)
{
    int32_t mcc;

    if (!small_integer(value.text, &mcc) ||
        (value.type == EVENT_VALUE_STRING && value.text.size != 4))
        fault_field(state, "mcc_range", "must be an integer of 0 to 9999 or a string of 4 digits");
    else
        memcpy(place_of(state), &mcc, sizeof mcc);
}

static void take_rating(struct event_item *state, struct slice text)
{
    int32_t rating;

    if (!small_integer(text, &rating) || rating < 1 || rating > EVENT_RATING_MAX)
        fault_field(state, "rating_range", "must be an integer of 1 to 5");
    else
        memcpy(place_of(state), &rating, sizeof rating);
}

static void take_kind(struct event_item *state, struct slice text)
{
    enum feedback_kind kind;

    if (!feedback_kind_of(text, &kind))
        fault_field(state, "kind_unknown", "must be correction, confirmation or rating");
    else
        memcpy(place_of(state), &kind, sizeof kind);
}

static void take_time(struct event_item *state, struct slice text)
{
    int64_t us;

    if (!timestamp_parse(text, &us))
        fault_field(state, "time_format", "must be a date and time with a zone, as in RFC 3339");
    else
        memcpy(place_of(state), &us, sizeof us);
}

static bool type_fits(struct event_item *state, enum event_value_type type)
{
    const char *detail = event_field_type_fault(state->field, type);

    if (detail != NULL)
        fault_field(state, "wrong_type", detail);
    return detail == NULL;
}

bool event_item_value(struct event_item *state, struct event_value value)
{
    if (state->field == NULL || !type_fits(state, value.type))
        return false;
    switch (state->field->rule) {
    case EVENT_RULE_METADATA:
        return true;
    case EVENT_RULE_TEXT:
        take_text(state, value.text);
        break;
    case EVENT_RULE_AMOUNT:
        state->amount = value.text;
        break;
    case EVENT_RULE_MCC:
        take_mcc(state, value);
        break;
    case EVENT_RULE_RATING:
        take_rating(state, value.text);
        break;
    case EVENT_RULE_KIND:
        take_kind(state, value.text);
        break;
    case EVENT_RULE_TIME:
        take_time(state, value.text);
        break;
    }
    return false;
}

void event_item_pair_key(struct event_item *state, struct slice name)
{
    state->pair_key = name;
}

void event_item_pair_value(struct event_item *state, struct event_value value)
{
    if (value.type != EVENT_VALUE_STRING)
        fault(state, "wrong_type", pointer_to(state, "/metadata", state->pair_key),
              "must be a string");
    else if (state->pair_count == EVENT_METADATA_MAX)
        fault(state, "metadata_too_many", SLICE_LITERAL("/metadata"),
              "must have at most 32 entries");
    else
        state->pairs[state->pair_count++] = (struct text_pair){state->pair_key, value.text};
}

static void require_fields(struct event_item *state)
{
    struct event_fields fields = event_fields_of(state->request->kind);

    for (size_t i = 0; i < fields.count; i++)
        if (fields.all[i].required && (state->seen & UINT32_C(1) << i) == 0) {
            state->field = &fields.all[i];
            fault_field(state, "missing", "is required");
        }
}

static void settle_amount(struct event_item *state)
{
    struct transaction *event = &state->item->transaction;
    const struct slice pointer = SLICE_LITERAL("/amount");
    int exponent;

    /* The event's check says so of an unknown currency. */
    if (!event_currency_exponent(event->currency, &exponent))
        return;
    switch (event_money_parse(state->amount, exponent, &event->amount_minor)) {
    case EVENT_MONEY_OK:
        return;
    case EVENT_MONEY_FORMAT:
        fault(state, "amount_format", pointer, "must be a decimal number such as -12.34");
        return;
    case EVENT_MONEY_SCALE:
        fault(state, "amount_scale", pointer, "has more decimals than the currency");
        return;
    case EVENT_MONEY_RANGE:
        fault(state, "amount_range", pointer, "must be at most 10^12 minor units either way");
        return;
    }
}

/* The pairs in the arena: the state is used again for the next item. */
static const struct text_pair *settle_pairs(struct event_item *state)
{
    size_t size = state->pair_count * sizeof state->pairs[0];
    struct text_pair *pairs;

    if (state->pair_count == 0)
        return NULL;
    pairs = take(state, size);
    if (pairs != NULL)
        memcpy(pairs, state->pairs, size);
    else
        state->pair_count = 0;
    return pairs;
}

/* A fault of the struct's field is one of the JSON's of the same name, but for the amount. */
static void fault_checked(struct event_item *state, const struct event_fault *found)
{
    struct event_fields fields = event_fields_of(state->request->kind);
    struct slice name = slice_of(found->field);

    if (strcmp(found->field, "amount_minor") == 0)
        name = SLICE_LITERAL("amount");
    for (size_t i = 0; i < fields.count; i++)
        if (slice_equal(fields.all[i].name, name)) {
            fault(state, found->reason, slice_of(fields.all[i].pointer), found->detail);
            return;
        }
    fault(state, found->reason, SLICE_LITERAL(""), found->detail);
}

static void end_transaction(struct event_item *state)
{
    struct transaction *event = &state->item->transaction;
    struct event_fault found;

    settle_amount(state);
    event->tenant = state->request->tenant;
    event->received_at = state->request->received_at;
    event->metadata = settle_pairs(state);
    event->metadata_count = state->pair_count;
    if (state->item->verdict == EVENT_JSON_OK && !event_check_transaction(event, &found))
        fault_checked(state, &found);
}

static void end_feedback(struct event_item *state)
{
    struct feedback *event = &state->item->feedback;
    struct event_fault found;

    event->tenant = state->request->tenant;
    event->received_at = state->request->received_at;
    event->metadata = settle_pairs(state);
    event->metadata_count = state->pair_count;
    if (!event_check_feedback(event, &found))
        fault_checked(state, &found);
}

void event_item_end(struct event_item *state)
{
    require_fields(state);
    if (state->item->verdict != EVENT_JSON_OK)
        return;
    if (state->request->kind == EVENT_FEEDBACK)
        end_feedback(state);
    else
        end_transaction(state);
}

void event_item_refuse(struct event_item *state)
{
    fault(state, "wrong_type", SLICE_LITERAL(""), "must be an object");
}
