#include "common/event/check.h"
#include "common/event/currency.h"

#define FIELD(name) ("transaction." name)

static const struct event_check_text texts[] = {
    {FIELD("id"), offsetof(struct transaction, id), 1, EVENT_ID_MAX, "must be 1 to 64 bytes"},
    {FIELD("user"), offsetof(struct transaction, user), 1, EVENT_ID_MAX, "must be 1 to 64 bytes"},
    {FIELD("account"), offsetof(struct transaction, account), 0, EVENT_ID_MAX,
     "must be at most 64 bytes"},
    {FIELD("description"), offsetof(struct transaction, description), 0, EVENT_DESCRIPTION_MAX,
     "must be at most 512 bytes"},
    {FIELD("merchant"), offsetof(struct transaction, merchant), 0, EVENT_MERCHANT_MAX,
     "must be at most 128 bytes"},
};

static bool check_amount(const struct event_check *check, const struct transaction *event)
{
    int exponent;

    if (!event_currency_exponent(event->currency, &exponent))
        return event_check_fail(check, "currency_unknown", FIELD("currency"),
                                "must be an ISO 4217 code that has a minor unit, in upper case");
    if (event->amount_minor > EVENT_AMOUNT_MAX || event->amount_minor < -EVENT_AMOUNT_MAX)
        return event_check_fail(check, "amount_range", FIELD("amount_minor"),
                                "must be at most 10^12 minor units either way");
    return true;
}

bool event_check_transaction_in(const struct event_check *check, const struct transaction *event)
{
    if (!event_tenant_valid(event->tenant))
        return event_check_fail(check, "tenant_invalid", FIELD("tenant"),
                                "must be 1 to 32 of a-z, 0-9, _ and -");
    if (!event_check_texts(check, event, texts, sizeof texts / sizeof texts[0]) ||
        !check_amount(check, event))
        return false;
    if (event->mcc < 0 || event->mcc > EVENT_MCC_MAX)
        return event_check_fail(check, "mcc_range", FIELD("mcc"), "must be 0 to 9999");
    return event_check_times(check, FIELD("occurred_at"), event->occurred_at, FIELD("received_at"),
                             event->received_at) &&
           event_check_metadata(check, FIELD("metadata"), event->metadata, event->metadata_count);
}

bool event_check_transaction(const struct transaction *event, struct event_fault *ret_fault)
{
    const struct event_check check = {ret_fault, sizeof FIELD("") - 1};

    return event_check_transaction_in(&check, event);
}
