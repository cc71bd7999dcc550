#include "common/event/check.h"
#include "common/event/text.h"

static const struct event_check_text texts[] = {
    {"category", offsetof(struct classification, category), 1, EVENT_CATEGORY_MAX,
     "must be 1 to 64 bytes"},
    {"model_version", offsetof(struct classification, model_version), 0, EVENT_MODEL_VERSION_MAX,
     "must be at most 64 bytes"},
};

static const struct event_check_text reason_texts[] = {
    {"reasons.category", offsetof(struct reason, category), 1, EVENT_CATEGORY_MAX,
     "must be 1 to 64 bytes"},
};

static const struct event_check_text reject_texts[] = {
    {"reject.detail", offsetof(struct reject, detail), 0, EVENT_REJECT_DETAIL_MAX,
     "must be at most 256 bytes"},
};

/* Not a number fails both comparisons. */
static bool is_share(float value)
{
    return value >= 0 && value <= 1;
}

static bool check_reason(const struct event_check *check, const struct reason *reason)
{
    if ((unsigned)reason->source >= DECIDER_NONE)
        return event_check_fail(check, "enum_range", "reasons.source",
                                "must be rule, user, merchant or model");
    if (!is_share(reason->confidence))
        return event_check_fail(check, "confidence_range", "reasons.confidence", "must be 0 to 1");
    if (reason->evidence < 0)
        return event_check_fail(check, "evidence_range", "reasons.evidence",
                                "must not be negative");
    return event_check_texts(check, reason, reason_texts, 1);
}

static bool check_classified(const struct event_check *check, const struct classification *event)
{
    if (!event_check_texts(check, event, texts, sizeof texts / sizeof texts[0]))
        return false;
    if (!is_share(event->confidence))
        return event_check_fail(check, "confidence_range", "confidence", "must be 0 to 1");
    if (event->reasons_count > EVENT_REASONS_MAX)
        return event_check_fail(check, "reasons_too_many", "reasons", "must be at most 8");
    for (size_t i = 0; i < event->reasons_count; i++)
        if (!check_reason(check, &event->reasons[i]))
            return false;
    return event_check_transaction_in(check, event->transaction);
}

static bool is_code(struct slice code)
{
    if (code.size < 1 || code.size > EVENT_REJECT_CODE_MAX)
        return false;
    for (size_t i = 0; i < code.size; i++) {
        char c = code.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return true;
}

static bool check_reject(const struct event_check *check, const struct reject *reject)
{
    if (!is_code(reject->reason))
        return event_check_fail(check, "code_invalid", "reject.reason",
                                "must be 1 to 23 of a-z, 0-9 and _");
    if (reject->key.size > EVENT_REJECT_RAW_MAX || reject->value.size > EVENT_REJECT_RAW_MAX)
        return event_check_fail(check, "raw_too_large", "reject",
                                "raw bytes must be at most 64 KiB");
    return event_check_texts(check, reject, reject_texts, 1);
}

/* The parts that the outcome asks for are there, and no others. */
static bool check_outcome(const struct event_check *check, const struct classification *event)
{
    bool classified = event->outcome == OUTCOME_CLASSIFIED;
    bool silent = event->category.size == 0 && event->confidence == 0 &&
                  event->model_version.size == 0 && event->reasons_count == 0 &&
                  event->decided_by == DECIDER_NONE;

    if ((unsigned)event->outcome >= OUTCOME_COUNT)
        return event_check_fail(check, "enum_range", "outcome",
                                "must be classified, rejected or marker");
    if ((unsigned)event->decided_by >= DECIDER_COUNT)
        return event_check_fail(check, "enum_range", "decided_by",
                                "must be rule, user, merchant, model or none");
    if (classified != (event->transaction != NULL))
        return event_check_fail(check, "outcome_parts", "transaction",
                                "must be there when classified, and only then");
    if ((event->outcome == OUTCOME_REJECTED) != (event->reject != NULL))
        return event_check_fail(check, "outcome_parts", "reject",
                                "must be there when rejected, and only then");
    if (!classified && !silent)
        return event_check_fail(check, "outcome_parts", "outcome",
                                "only a classified record has a category and who decided");
    return true;
}

bool event_check_classification(const struct classification *event, struct event_fault *ret_fault)
{
    const struct event_check check = {ret_fault, 0};

    if (event->from < 0 || event->to < event->from)
        return event_check_fail(&check, "offset_range", "to", "offsets must be 0 <= from <= to");
    if (!check_outcome(&check, event) ||
        !event_check_time(&check, "classified_at", event->classified_at))
        return false;
    if (event->outcome == OUTCOME_CLASSIFIED)
        return check_classified(&check, event);
    return event->outcome == OUTCOME_MARKER || check_reject(&check, event->reject);
}
