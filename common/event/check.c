#include "common/event/check.h"

#include "common/event/text.h"

/* 9999-12-31T23:59:59.999999Z: the last that RFC 3339 can write. */
#define TIME_MAX INT64_C(253402300799999999)

#define BAD_TEXT "must be UTF-8 without control characters"

const char *const event_reasons[] = {
    "missing",
    "too_long",
    "bad_text",
    "tenant_invalid",
    "currency_unknown",
    "amount_format",
    "amount_scale",
    "amount_range",
    "mcc_range",
    "time_format",
    "time_range",
    "kind_unknown",
    "category_required",
    "rating_range",
    "unexpected_field",
    "metadata_too_many",
    "metadata_duplicate",
    "offset_range",
    "outcome_parts",
    "enum_range",
    "confidence_range",
    "evidence_range",
    "reasons_too_many",
    "code_invalid",
    "raw_too_large",
    "unknown_field",
    "wrong_type",
    NULL,
};

bool event_check_fail(const struct event_check *check, const char *reason, const char *field,
                      const char *detail)
{
    *check->fault = (struct event_fault){reason, field + check->skip, detail};
    return false;
}

bool event_check_texts(const struct event_check *check, const void *event,
                       const struct event_check_text *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct event_check_text *text = &texts[i];
        struct slice value;
        const char *reason;

        memcpy(&value, (const char *)event + text->offset, sizeof value);
        reason = event_text_fault(value, text->min, text->max);
        if (reason != NULL)
            return event_check_fail(check, reason, text->field,
                                    strcmp(reason, "bad_text") == 0 ? BAD_TEXT : text->detail);
    }
    return true;
}

static bool check_pair(const struct event_check *check, const char *field,
                       const struct text_pair *pair)
{
    const char *reason = event_text_fault(pair->key, 1, EVENT_METADATA_KEY_MAX);

    if (reason != NULL)
        return event_check_fail(check, reason, field,
                                "a key must be 1 to 64 bytes of UTF-8 without control characters");
    reason = event_text_fault(pair->value, 0, EVENT_METADATA_VALUE_MAX);
    if (reason != NULL)
        return event_check_fail(
            check, reason, field,
            "a value must be at most 256 bytes of UTF-8 without control characters");
    return true;
}

bool event_check_metadata(const struct event_check *check, const char *field,
                          const struct text_pair *pairs, size_t count)
{
    if (count > EVENT_METADATA_MAX)
        return event_check_fail(check, "metadata_too_many", field, "must have at most 32 entries");
    for (size_t i = 0; i < count; i++) {
        if (!check_pair(check, field, &pairs[i]))
            return false;
        for (size_t k = 0; k < i; k++)
            if (slice_equal(pairs[i].key, pairs[k].key))
                return event_check_fail(check, "metadata_duplicate", field,
                                        "must not have a key twice");
    }
    return true;
}

bool event_check_time(const struct event_check *check, const char *field, int64_t us)
{
    if (us < EVENT_OCCURRED_MIN || us > TIME_MAX)
        return event_check_fail(check, "time_range", field,
                                "must be between 1970-01-02 and the year 9999");
    return true;
}

bool event_check_times(const struct event_check *check, const char *occurred_field,
                       int64_t occurred_at, const char *received_field, int64_t received_at)
{
    if (!event_check_time(check, received_field, received_at) ||
        !event_check_time(check, occurred_field, occurred_at))
        return false;
    if (occurred_at > received_at + EVENT_FUTURE_MAX)
        return event_check_fail(check, "time_range", occurred_field,
                                "must not lie more than 24 hours in the future");
    return true;
}
