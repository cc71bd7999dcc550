#include "common/event/check.h"

static const struct event_check_text texts[] = {
    {"id", offsetof(struct feedback, id), 1, EVENT_ID_MAX, "must be 1 to 64 bytes"},
    {"user", offsetof(struct feedback, user), 1, EVENT_ID_MAX, "must be 1 to 64 bytes"},
    {"transaction_id", offsetof(struct feedback, transaction_id), 1, EVENT_ID_MAX,
     "must be 1 to 64 bytes"},
    {"category", offsetof(struct feedback, category), 0, EVENT_CATEGORY_MAX,
     "must be at most 64 bytes"},
};

/* Each kind has its part, and no other's. */
static bool check_kind(const struct event_check *check, const struct feedback *event)
{
    bool correction = event->kind == FEEDBACK_KIND_CORRECTION;
    bool rating = event->kind == FEEDBACK_KIND_RATING;

    if ((unsigned)event->kind >= FEEDBACK_KIND_COUNT)
        return event_check_fail(check, "enum_range", "kind",
                                "must be correction, confirmation or rating");
    if (correction && event->category.size == 0)
        return event_check_fail(check, "category_required", "category",
                                "a correction must name one");
    if (!correction && event->category.size > 0)
        return event_check_fail(check, "unexpected_field", "category", "is for corrections only");
    if (rating && (event->rating < 1 || event->rating > EVENT_RATING_MAX))
        return event_check_fail(check, "rating_range", "rating", "must be 1 to 5");
    if (!rating && event->rating != 0)
        return event_check_fail(check, "unexpected_field", "rating", "is for ratings only");
    return true;
}

bool event_check_feedback(const struct feedback *event, struct event_fault *ret_fault)
{
    const struct event_check check = {ret_fault, 0};

    if (!event_tenant_valid(event->tenant))
        return event_check_fail(&check, "tenant_invalid", "tenant",
                                "must be 1 to 32 of a-z, 0-9, _ and -");
    return event_check_texts(&check, event, texts, sizeof texts / sizeof texts[0]) &&
           check_kind(&check, event) &&
           event_check_times(&check, "occurred_at", event->occurred_at, "received_at",
                             event->received_at) &&
           event_check_metadata(&check, "metadata", event->metadata, event->metadata_count);
}
