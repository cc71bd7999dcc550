#include "common/event/event_json.h"
#include "common/json/json.h"
#include "common/outbox/outbox.h"
#include "consumers/notifier/notifier_logic.h"
#include "tests/support/sample/sample.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>

static struct notifier_measures measures_of(double review_below, const char *large)
{
    struct notifier_measures measures = {.review_below = review_below};
    struct error error = {0};

    ck_assert_msg(notifier_limits_parse(slice_of(large), &measures.large, &error) == STATUS_OK,
                  "%s", error.text);
    return measures;
}

/* The kinds that apply, each followed by a blank. */
static const char *told(const struct notifier_measures *measures, const char *currency,
                        int64_t minor, float confidence, char *text)
{
    struct transaction event = {.currency = slice_of(currency), .amount_minor = minor};
    struct classification output = {.transaction = &event, .confidence = confidence};

    text[0] = '\0';
    for (size_t i = 0; i < NOTIFIER_RULES; i++)
        if (notifier_rules[i].applies(measures, &output))
            sprintf(text + strlen(text), "%s ", notifier_rules[i].kind);
    return text;
}

START_TEST(rules_are_as_set)
{
    static const struct {
        const char *currency;
        int64_t minor;
        float confidence;
        const char *kinds;
    } rows[] = {
        {"EUR", 999, 0.5F, ""},
        {"EUR", 1000, 0.5F, "transaction.large "},
        {"EUR", -1000, 0.5F, "transaction.large "},
        {"EUR", -999, 0.5F, ""},
        {"JPY", 1999, 1, ""},
        {"JPY", 2000, 1, "transaction.large "},
        {"USD", 4999, 1, ""},
        {"USD", 5000, 1, "transaction.large "},
        {"EUR", 0, 0.49F, "transaction.review "},
        {"EUR", 0, 0, "transaction.review "},
        {"EUR", 1000000000000, 0.49F, "transaction.review transaction.large "},
    };
    const struct notifier_measures measures = measures_of(0.5, "EUR:1000,JPY:2000,*:5000");
    char text[128];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_str_eq(told(&measures, rows[i].currency, rows[i].minor, rows[i].confidence, text),
                         rows[i].kinds);
}
END_TEST

START_TEST(nothing_set_tells_nothing)
{
    const struct notifier_measures none = measures_of(0, ""), euro = measures_of(0, "EUR:1");
    char text[128];

    ck_assert_str_eq(told(&none, "EUR", 1000000000000, 0, text), "");
    ck_assert_str_eq(told(&euro, "USD", 1000000000000, 0, text), "");
}
END_TEST

START_TEST(amounts_refuse)
{
    static const char *const bad[] = {
        "EUR",    "EUR:",    "EUR:0",
        "EUR:-1", "EUR:1.5", ":5",
        "eur:5",  "EURO:5",  "XXX:5",
        "EUR:5,", ",EUR:5",  "EUR:5,,USD:5",
        "EUR:5 ", "EUR:1e3", "EUR:1000000000001",
        "*",      "**:5",    "EUR:99999999999999999999",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct notifier_limits limits = {.count = 7};
        struct error error = {0};

        ck_assert_msg(notifier_limits_parse(slice_of(bad[i]), &limits, &error) == STATUS_REJECT,
                      "%s", bad[i]);
        ck_assert_uint_eq(limits.count, 7);
    }
}
END_TEST

static const struct json_handlers ignore = {.null = NULL};

START_TEST(any_event_makes_a_payload_that_fits)
{
    struct json_parser *parser = json_parser_new();
    struct arena *arena = arena_new(1 << 20);
    struct random random;
    struct buffer out;

    random_init(&random, suite_seed());
    buffer_init(&out, OUTBOX_PAYLOAD_BYTES);
    for (int i = 0; i < 2000; i++) {
        struct transaction event = sample_transaction(&random, arena);
        struct classification output = {.transaction = &event,
                                        .category = sample_text(&random, arena, 1, 64),
                                        .confidence = 0.25F};
        struct error error = {0};

        buffer_reset(&out);
        notifier_payload("transaction.review", &output, &out);
        ck_assert(!out.overflow);
        ck_assert_msg(json_parse(parser, buffer_slice(&out), arena, &ignore, NULL, &error) ==
                          STATUS_OK,
                      "%s", error.text);
        arena_reset(arena);
    }
    buffer_done(&out);
    arena_free(arena);
    json_parser_free(parser);
}
END_TEST

/* The longest texts, of the characters that take most room when they are written. */
START_TEST(the_longest_event_fits)
{
    static char filled[EVENT_DESCRIPTION_MAX];
    struct transaction event = {.currency = SLICE_LITERAL("EUR"),
                                .amount_minor = -EVENT_AMOUNT_MAX,
                                .mcc = 9999,
                                .tenant = {filled, EVENT_TENANT_MAX},
                                .id = {filled, EVENT_ID_MAX},
                                .user = {filled, EVENT_ID_MAX},
                                .account = {filled, EVENT_ID_MAX},
                                .merchant = {filled, EVENT_MERCHANT_MAX},
                                .description = {filled, EVENT_DESCRIPTION_MAX}};
    struct classification output = {.transaction = &event,
                                    .category = {filled, EVENT_CATEGORY_MAX}};
    struct buffer out;

    memset(filled, 0x1f, sizeof filled);
    buffer_init(&out, OUTBOX_PAYLOAD_BYTES);
    notifier_payload("transaction.review", &output, &out);
    ck_assert(!out.overflow);
    buffer_done(&out);
}
END_TEST

SUITE_MAIN("notifier logic", rules_are_as_set, nothing_set_tells_nothing, amounts_refuse,
           any_event_makes_a_payload_that_fits, the_longest_event_fits);
