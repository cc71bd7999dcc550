#include "common/base/timestamp.h"
#include "common/event/currency.h"
#include "common/event/event_json.h"
#include "common/event/money.h"

static void write_text(struct json_writer *writer, const char *key, struct slice text)
{
    json_write_key(writer, key);
    json_write_string(writer, text);
}

/* Optional fields are left out when they say nothing. */
static void write_optional(struct json_writer *writer, const char *key, struct slice text)
{
    if (text.size > 0)
        write_text(writer, key, text);
}

static void write_time(struct json_writer *writer, const char *key, int64_t us)
{
    char text[TIMESTAMP_TEXT_SIZE];

    timestamp_format(us, text);
    json_write_key(writer, key);
    json_write_text(writer, text);
}

static void write_metadata(struct json_writer *writer, const struct text_pair *pairs, size_t count)
{
    if (count == 0)
        return;
    json_write_key(writer, "metadata");
    json_write_object_begin(writer);
    for (size_t i = 0; i < count; i++) {
        json_write_key_slice(writer, pairs[i].key);
        json_write_string(writer, pairs[i].value);
    }
    json_write_object_end(writer);
}

static void write_amount(struct json_writer *writer, const struct transaction *event)
{
    char text[EVENT_MONEY_TEXT_SIZE];
    int exponent = 0;

    /* An event that was checked has a known currency; another is shown as it is counted. */
    if (!event_currency_exponent(event->currency, &exponent))
        exponent = 0;
    write_text(writer, "amount", event_money_format(event->amount_minor, exponent, text));
}

static void write_transaction(struct json_writer *writer, const struct transaction *event,
                              enum event_json_view view)
{
    json_write_object_begin(writer);
    if (view == EVENT_JSON_WHOLE)
        write_text(writer, "tenant", event->tenant);
    write_text(writer, "id", event->id);
    write_text(writer, "user", event->user);
    write_optional(writer, "account", event->account);
    write_amount(writer, event);
    write_text(writer, "currency", event->currency);
    write_optional(writer, "description", event->description);
    write_optional(writer, "merchant", event->merchant);
    if (event->mcc != 0) {
        json_write_key(writer, "mcc");
        json_write_integer(writer, event->mcc);
    }
    write_time(writer, "occurred_at", event->occurred_at);
    if (view == EVENT_JSON_WHOLE)
        write_time(writer, "received_at", event->received_at);
    write_metadata(writer, event->metadata, event->metadata_count);
    json_write_object_end(writer);
}

void event_json_write_transaction(const struct transaction *event, enum event_json_view view,
                                  struct buffer *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out);
    write_transaction(&writer, event, view);
}

void event_json_write_feedback(const struct feedback *event, enum event_json_view view,
                               struct buffer *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out);
    json_write_object_begin(&writer);
    if (view == EVENT_JSON_WHOLE)
        write_text(&writer, "tenant", event->tenant);
    write_text(&writer, "id", event->id);
    write_text(&writer, "user", event->user);
    write_text(&writer, "transaction_id", event->transaction_id);
    write_text(&writer, "kind", slice_of(feedback_kind_name(event->kind)));
    write_optional(&writer, "category", event->category);
    if (event->rating != 0) {
        json_write_key(&writer, "rating");
        json_write_integer(&writer, event->rating);
    }
    write_time(&writer, "occurred_at", event->occurred_at);
    if (view == EVENT_JSON_WHOLE)
        write_time(&writer, "received_at", event->received_at);
    write_metadata(&writer, event->metadata, event->metadata_count);
    json_write_object_end(&writer);
}

static void write_reasons(struct json_writer *writer, const struct classification *event)
{
    json_write_key(writer, "reasons");
    json_write_array_begin(writer);
    for (size_t i = 0; i < event->reasons_count; i++) {
        const struct reason *reason = &event->reasons[i];

        json_write_object_begin(writer);
        write_text(writer, "source", slice_of(decider_name(reason->source)));
        write_text(writer, "category", reason->category);
        json_write_key(writer, "confidence");
        json_write_float(writer, reason->confidence);
        json_write_key(writer, "evidence");
        json_write_integer(writer, reason->evidence);
        json_write_object_end(writer);
    }
    json_write_array_end(writer);
}

static void write_classified(struct json_writer *writer, const struct classification *event)
{
    json_write_key(writer, "transaction");
    write_transaction(writer, event->transaction, EVENT_JSON_WHOLE);
    write_text(writer, "category", event->category);
    json_write_key(writer, "confidence");
    json_write_float(writer, event->confidence);
    write_text(writer, "decided_by", slice_of(decider_name(event->decided_by)));
    write_text(writer, "model_version", event->model_version);
    write_reasons(writer, event);
}

static void write_reject(struct json_writer *writer, const struct reject *reject)
{
    json_write_key(writer, "reject");
    json_write_object_begin(writer);
    write_text(writer, "reason", reject->reason);
    write_text(writer, "detail", reject->detail);
    json_write_key(writer, "key_bytes");
    json_write_integer(writer, (int64_t)reject->key.size);
    json_write_key(writer, "value_bytes");
    json_write_integer(writer, (int64_t)reject->value.size);
    json_write_object_end(writer);
}

void event_json_write_classification(const struct classification *event, struct buffer *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out);
    json_write_object_begin(&writer);
    json_write_key(&writer, "from");
    json_write_integer(&writer, event->from);
    json_write_key(&writer, "to");
    json_write_integer(&writer, event->to);
    write_text(&writer, "outcome", slice_of(outcome_name(event->outcome)));
    if (event->transaction != NULL)
        write_classified(&writer, event);
    if (event->reject != NULL)
        write_reject(&writer, event->reject);
    write_time(&writer, "classified_at", event->classified_at);
    json_write_object_end(&writer);
}
