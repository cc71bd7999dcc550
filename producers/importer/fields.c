#include "producers/importer/fields.h"

#include "common/base/timestamp.h"
#include "common/event/currency.h"
#include "common/event/money.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const names[] = {
    [FIELD_ID] = "id",
    [FIELD_USER] = "user",
    [FIELD_ACCOUNT] = "account",
    [FIELD_CURRENCY] = "currency",
    [FIELD_DESCRIPTION] = "description",
    [FIELD_MERCHANT] = "merchant",
    [FIELD_AMOUNT] = "amount",
    [FIELD_MCC] = "mcc",
    [FIELD_OCCURRED_AT] = "occurred_at",
    [FIELD_LABEL] = "label",
};

#define METADATA "metadata."

const char *field_name(enum field field)
{
    return field == FIELD_METADATA ? "metadata.KEY" : names[field];
}

bool field_find(struct slice name, enum field *ret_field, struct slice *ret_key)
{
    const size_t prefix = sizeof METADATA - 1;

    *ret_key = (struct slice){NULL, 0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (slice_equal(name, slice_of(names[i]))) {
            *ret_field = (enum field)i;
            return true;
        }
    if (name.size <= prefix || memcmp(name.data, METADATA, prefix) != 0)
        return false;
    *ret_field = FIELD_METADATA;
    *ret_key = (struct slice){name.data + prefix, name.size - prefix};
    return true;
}

void field_set(struct fields *fields, struct transaction *transaction, enum field field,
               struct slice value)
{
    struct slice *const places[] = {
        [FIELD_ID] = &transaction->id,
        [FIELD_USER] = &transaction->user,
        [FIELD_ACCOUNT] = &transaction->account,
        [FIELD_CURRENCY] = &transaction->currency,
        [FIELD_DESCRIPTION] = &transaction->description,
        [FIELD_MERCHANT] = &transaction->merchant,
        [FIELD_AMOUNT] = &fields->amount,
        [FIELD_MCC] = &fields->mcc,
        [FIELD_OCCURRED_AT] = &fields->occurred_at,
    };

    if ((size_t)field < sizeof places / sizeof places[0])
        *places[field] = value;
}

static struct slice trim(struct slice text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

static bool fault(struct event_fault *ret_fault, const char *reason, const char *field,
                  const char *detail)
{
    *ret_fault = (struct event_fault){reason, field, detail};
    return false;
}

static bool read_amount(const struct fields *fields, struct transaction *transaction,
                        struct event_fault *ret_fault)
{
    struct slice text = trim(fields->amount);
    int exponent;

    if (text.size == 0)
        return fault(ret_fault, "missing", "amount", "must be there");
    if (!event_currency_exponent(transaction->currency, &exponent))
        return fault(ret_fault, "currency_unknown", "currency",
                     "must be an ISO 4217 code that has a minor unit, in upper case");
    switch (event_money_parse(text, exponent, &transaction->amount_minor)) {
    case EVENT_MONEY_OK:
        return true;
    case EVENT_MONEY_SCALE:
        return fault(ret_fault, "amount_scale", "amount",
                     "has more decimals than the currency has");
    case EVENT_MONEY_RANGE:
        return fault(ret_fault, "amount_range", "amount",
                     "must be at most 10^12 minor units either way");
    default:
        return fault(ret_fault, "amount_format", "amount",
                     "must be a decimal number such as -12.34");
    }
}

static bool read_mcc(const struct fields *fields, struct transaction *transaction,
                     struct event_fault *ret_fault)
{
    struct slice text = trim(fields->mcc);

    if (text.size > 4)
        return fault(ret_fault, "mcc_range", "mcc", "must be four digits");
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return fault(ret_fault, "mcc_range", "mcc", "must be four digits");
        transaction->mcc = transaction->mcc * 10 + (text.data[i] - '0');
    }
    return true;
}

static bool read_time(const struct fields *fields, struct transaction *transaction,
                      struct event_fault *ret_fault)
{
    struct slice text = trim(fields->occurred_at);
    char midnight[sizeof "YYYY-MM-DDT00:00:00Z"];

    if (text.size == 0)
        return fault(ret_fault, "missing", "occurred_at", "must be there");
    if (text.size == sizeof "YYYY-MM-DD" - 1) {
        snprintf(midnight, sizeof midnight, "%.*sT00:00:00Z", SLICE_FORMAT(text));
        text = slice_of(midnight);
    }
    if (timestamp_parse(text, &transaction->occurred_at))
        return true;
    return fault(ret_fault, "time_format", "occurred_at",
                 "must be a date, 2026-02-28, or RFC 3339 with a zone, 2026-02-28T09:00:00Z");
}

bool fields_finish(const struct fields *fields, struct transaction *transaction,
                   struct event_fault *ret_fault)
{
    return read_amount(fields, transaction, ret_fault) &&
           read_mcc(fields, transaction, ret_fault) && read_time(fields, transaction, ret_fault);
}

struct slice fields_id(uint64_t hash, uint64_t line, char id[FIELDS_ID_SIZE])
{
    int size = snprintf(id, FIELDS_ID_SIZE, "%016" PRIx64 "-%" PRIu64, hash, line);

    return (struct slice){id, (size_t)size};
}
