#include "consumers/notifier/notifier_logic.h"

#include "common/event/currency.h"
#include "common/event/event.h"
#include "common/event/event_json.h"
#include "common/outbox/outbox.h"

/* ---- Measures ---- */

static bool is_currency(struct slice text)
{
    int exponent;

    return slice_equal(text, SLICE_LITERAL("*")) || event_currency_exponent(text, &exponent);
}

static bool parse_minor(struct slice text, int64_t *ret_minor)
{
    int64_t minor = 0;

    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || minor > EVENT_AMOUNT_MAX)
            return false;
        minor = minor * 10 + (text.data[i] - '0');
    }
    *ret_minor = minor;
    return minor > 0 && minor <= EVENT_AMOUNT_MAX;
}

/* "EUR:100000" */
static bool parse_limit(struct slice text, struct notifier_limit *ret_limit)
{
    const char *colon = memchr(text.data, ':', text.size);
    size_t size = colon == NULL ? 0 : (size_t)(colon - text.data);
    struct slice currency = {text.data, size};

    *ret_limit = (struct notifier_limit){.minor = 0};
    if (size == 0 || size >= sizeof ret_limit->currency || !is_currency(currency))
        return false;
    memcpy(ret_limit->currency, currency.data, size);
    return parse_minor((struct slice){colon + 1, text.size - size - 1}, &ret_limit->minor);
}

enum status notifier_limits_parse(struct slice text, struct notifier_limits *ret_limits,
                                  struct error *error)
{
    struct notifier_limits limits = {.count = 0};

    while (text.size > 0) {
        const char *comma = memchr(text.data, ',', text.size);
        size_t size = comma == NULL ? text.size : (size_t)(comma - text.data);

        if (limits.count == NOTIFIER_LIMITS_MAX || (comma != NULL && size + 1 == text.size) ||
            !parse_limit((struct slice){text.data, size}, &limits.items[limits.count++]))
            return error_set(error, STATUS_REJECT,
                             "large amounts are written EUR:100000,*:200000: at most %d currencies,"
                             " each with minor units above 0",
                             NOTIFIER_LIMITS_MAX);
        text.data += comma == NULL ? size : size + 1;
        text.size -= comma == NULL ? size : size + 1;
    }
    *ret_limits = limits;
    return STATUS_OK;
}

/* The currency's own limit, or that of all others; 0: none. */
static int64_t limit_of(const struct notifier_limits *limits, struct slice currency)
{
    int64_t others = 0;

    for (size_t i = 0; i < limits->count; i++) {
        const struct notifier_limit *limit = &limits->items[i];

        if (slice_equal(slice_of(limit->currency), currency))
            return limit->minor;
        if (limit->currency[0] == '*')
            others = limit->minor;
    }
    return others;
}

/* ---- Rules ---- */

static bool is_doubtful(const struct notifier_measures *measures,
                        const struct classification *output)
{
    return (double)output->confidence < measures->review_below;
}

/* A refund may be large too. */
static bool is_large(const struct notifier_measures *measures, const struct classification *output)
{
    int64_t limit = limit_of(&measures->large, output->transaction->currency);
    int64_t minor = output->transaction->amount_minor;

    return limit > 0 && (minor >= limit || minor <= -limit);
}

const struct notifier_rule notifier_rules[NOTIFIER_RULES] = {
    {"transaction.review", is_doubtful},
    {"transaction.large", is_large},
};

/* ---- Payload ---- */

void notifier_payload(const char *kind, const struct classification *output, struct buffer *out)
{
    struct transaction bare = *output->transaction;
    struct json_writer writer;

    bare.metadata_count = 0; /* up to 10 KiB of it, and more with escapes */
    outbox_payload_begin(&writer, out, kind, output->classified_at);
    json_write_key(&writer, "transaction");
    json_write_raw(&writer, SLICE_LITERAL("")); /* a value is there: what the next line writes */
    event_json_write_transaction(&bare, EVENT_JSON_WHOLE, out);
    json_write_key(&writer, "category");
    json_write_string(&writer, output->category);
    json_write_key(&writer, "confidence");
    json_write_float(&writer, output->confidence);
    outbox_payload_end(&writer);
}
