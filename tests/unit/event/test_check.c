/* common/event: what an event may say. Each case changes one thing of an event that is fine. */
#include "common/event/event.h"
#include "tests/support/suite/suite.h"

#include <math.h>
#include <stdio.h>

static const int64_t noon = INT64_C(1772280000000000); /* 2026-02-28T12:00:00Z */

static struct transaction good_transaction(void)
{
    static const struct text_pair metadata[] = {
        {{"channel", 7}, {"pos", 3}},
        {{"note", 4}, {"", 0}},
    };

    return (struct transaction){
        .tenant = SLICE_LITERAL("acme"),
        .id = SLICE_LITERAL("t-1"),
        .user = SLICE_LITERAL("u:1"),
        .account = SLICE_LITERAL("checking"),
        .amount_minor = 1234,
        .currency = SLICE_LITERAL("EUR"),
        .description = SLICE_LITERAL("CARD PAYMENT \xe2\x80\xae caf\xc3\xa9"),
        .merchant = SLICE_LITERAL("Caf\xc3\xa9"),
        .mcc = 5814,
        .occurred_at = noon,
        .received_at = noon + 1000000,
        .metadata = metadata,
        .metadata_count = 2,
    };
}

static struct feedback good_feedback(void)
{
    return (struct feedback){
        .tenant = SLICE_LITERAL("acme"),
        .id = SLICE_LITERAL("f-1"),
        .user = SLICE_LITERAL("u:1"),
        .transaction_id = SLICE_LITERAL("t-1"),
        .kind = FEEDBACK_KIND_CORRECTION,
        .category = SLICE_LITERAL("groceries"),
        .occurred_at = noon,
        .received_at = noon,
    };
}

static struct classification good_classification(const struct transaction *transaction)
{
    static const struct reason reasons[] = {
        {DECIDER_USER, {"groceries", 9}, 0.75f, 12},
        {DECIDER_RULE, {"dining", 6}, 1.0f, 0},
    };

    return (struct classification){
        .from = 3,
        .to = 5,
        .outcome = OUTCOME_CLASSIFIED,
        .transaction = transaction,
        .category = SLICE_LITERAL("groceries"),
        .confidence = 0.75f,
        .decided_by = DECIDER_USER,
        .model_version = SLICE_LITERAL("1"),
        .reasons = reasons,
        .reasons_count = 2,
        .classified_at = noon,
    };
}

static void expect(bool fine, const struct event_fault *fault, const char *reason,
                   const char *field)
{
    const char *const *known = event_reasons;

    if (reason == NULL) {
        ck_assert_msg(fine, "%s: %s %s", fine ? "" : fault->field, fine ? "" : fault->reason,
                      fine ? "" : fault->detail);
        return;
    }
    ck_assert_msg(!fine, "%s %s: taken", field, reason);
    ck_assert_str_eq(fault->reason, reason);
    ck_assert_str_eq(fault->field, field);
    ck_assert_ptr_nonnull(fault->detail);
    while (*known != NULL && strcmp(*known, reason) != 0)
        known++;
    ck_assert_msg(*known != NULL, "%s is not in event_reasons", reason);
}

/* The transaction alone, and as part of a classification. */
static void expect_transaction(const struct transaction *event, const char *reason,
                               const char *field)
{
    struct classification outer = good_classification(event);
    struct event_fault fault = {0};
    char inner[64];

    expect(event_check_transaction(event, &fault), &fault, reason, field);
    snprintf(inner, sizeof inner, "transaction.%s", field == NULL ? "" : field);
    expect(event_check_classification(&outer, &fault), &fault, reason, inner);
}

static void expect_feedback(const struct feedback *event, const char *reason, const char *field)
{
    struct event_fault fault = {0};

    expect(event_check_feedback(event, &fault), &fault, reason, field);
}

static void expect_classification(const struct classification *event, const char *reason,
                                  const char *field)
{
    struct event_fault fault = {0};

    expect(event_check_classification(event, &fault), &fault, reason, field);
}

static char long_text[70000];

static struct slice text_of(size_t size)
{
    memset(long_text, 'x', sizeof long_text);
    return (struct slice){long_text, size};
}

struct text_case {
    struct slice text;
    const char *reason; /* NULL: fine */
};

static const struct text_case texts[] = {
    {{"\n", 1}, "bad_text"},
    {{"a\tb", 3}, "bad_text"},
    {{"a\0b", 3}, "bad_text"},
    {{"\x7f", 1}, "bad_text"},
    {{"12345678\x1f", 9}, "bad_text"},
    {{"1234567\x7f", 8}, "bad_text"},
    {{"1234567\x1f", 8}, "bad_text"},
    {{"\xc2\x85", 2}, "bad_text"},
    {{"\xff", 1}, "bad_text"},
    {{"\xc0\xaf", 2}, "bad_text"},
    {{"\xed\xa0\x80", 3}, "bad_text"},
    {{"abcdefg\xc3", 8}, "bad_text"},
    {{"\xe2\x80\xae", 3}, NULL}, /* right-to-left override */
    {{"\xe2\x80\x8b", 3}, NULL}, /* zero width */
    {{"\xc2\xa0", 2}, NULL},
    {{"'; DROP TABLE x; --", 19}, NULL},
    {{"<script>{{x}}</script>", 22}, NULL},
    {{" ~", 2}, NULL},
};

START_TEST(texts_are_printable)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct transaction event = good_transaction();
        struct feedback feedback = good_feedback();

        event.id = texts[i].text;
        expect_transaction(&event, texts[i].reason, "id");
        event = good_transaction();
        event.description = texts[i].text;
        expect_transaction(&event, texts[i].reason, "description");
        feedback.transaction_id = texts[i].text;
        expect_feedback(&feedback, texts[i].reason, "transaction_id");
    }
}
END_TEST

START_TEST(sizes_of_a_transaction)
{
    static const struct {
        const char *field;
        size_t offset, min, max;
    } fields[] = {
        {"id", offsetof(struct transaction, id), 1, 64},
        {"user", offsetof(struct transaction, user), 1, 64},
        {"account", offsetof(struct transaction, account), 0, 64},
        {"description", offsetof(struct transaction, description), 0, 512},
        {"merchant", offsetof(struct transaction, merchant), 0, 128},
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct transaction event = good_transaction();
        struct slice *field = (struct slice *)(void *)((char *)&event + fields[i].offset);

        *field = text_of(fields[i].max);
        expect_transaction(&event, NULL, NULL);
        *field = text_of(fields[i].max + 1);
        expect_transaction(&event, "too_long", fields[i].field);
        *field = (struct slice){NULL, 0};
        expect_transaction(&event, fields[i].min > 0 ? "missing" : NULL, fields[i].field);
    }
}
END_TEST

START_TEST(tenants_hold_no_colon)
{
    static const char *const bad[] = {
        "", "a:b", "A", "a b", "\xc3\xa9", "a.b", "123456789012345678901234567890123"};
    struct transaction event = good_transaction();
    struct feedback feedback = good_feedback();

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        event.tenant = feedback.tenant = slice_of(bad[i]);
        expect_transaction(&event, "tenant_invalid", "tenant");
        expect_feedback(&feedback, "tenant_invalid", "tenant");
    }
    event.tenant = SLICE_LITERAL("a-z_09-aaaaaaaaaaaaaaaaaaaaaaaaa");
    ck_assert_uint_eq(event.tenant.size, EVENT_TENANT_MAX);
    expect_transaction(&event, NULL, NULL);
}
END_TEST

START_TEST(amounts_and_codes_have_ranges)
{
    struct transaction event = good_transaction();

    event.amount_minor = -EVENT_AMOUNT_MAX;
    expect_transaction(&event, NULL, NULL);
    event.amount_minor = EVENT_AMOUNT_MAX + 1;
    expect_transaction(&event, "amount_range", "amount_minor");
    event.amount_minor = INT64_MIN;
    expect_transaction(&event, "amount_range", "amount_minor");
    event = good_transaction();
    event.currency = SLICE_LITERAL("EURO");
    expect_transaction(&event, "currency_unknown", "currency");
    event = good_transaction();
    event.mcc = 9999;
    expect_transaction(&event, NULL, NULL);
    event.mcc = 10000;
    expect_transaction(&event, "mcc_range", "mcc");
    event.mcc = -1;
    expect_transaction(&event, "mcc_range", "mcc");
}
END_TEST

START_TEST(times_have_ranges)
{
    static const int64_t day = INT64_C(86400000000);
    struct transaction event = good_transaction();

    event.occurred_at = event.received_at + day;
    expect_transaction(&event, NULL, NULL);
    event.occurred_at++;
    expect_transaction(&event, "time_range", "occurred_at");
    event.occurred_at = day;
    expect_transaction(&event, NULL, NULL);
    event.occurred_at--;
    expect_transaction(&event, "time_range", "occurred_at");
    event.occurred_at = INT64_MIN;
    expect_transaction(&event, "time_range", "occurred_at");
    event.occurred_at = INT64_MAX;
    expect_transaction(&event, "time_range", "occurred_at");
    event.received_at = INT64_MAX;
    expect_transaction(&event, "time_range", "received_at");
    event.received_at = 0;
    expect_transaction(&event, "time_range", "received_at");
}
END_TEST

START_TEST(metadata_has_limits)
{
    struct text_pair pairs[EVENT_METADATA_MAX + 1];
    char keys[EVENT_METADATA_MAX + 1][8];
    struct transaction event = good_transaction();

    for (size_t i = 0; i < EVENT_METADATA_MAX + 1; i++) {
        snprintf(keys[i], sizeof keys[i], "k%zu", i);
        pairs[i] = (struct text_pair){slice_of(keys[i]), SLICE_LITERAL("v")};
    }
    event.metadata = pairs;
    event.metadata_count = EVENT_METADATA_MAX;
    expect_transaction(&event, NULL, NULL);
    event.metadata_count++;
    expect_transaction(&event, "metadata_too_many", "metadata");
    event.metadata_count = SIZE_MAX;
    expect_transaction(&event, "metadata_too_many", "metadata");
    event.metadata_count = 3;
    pairs[2].key = pairs[0].key;
    expect_transaction(&event, "metadata_duplicate", "metadata");
    pairs[2].key = SLICE_LITERAL("");
    expect_transaction(&event, "missing", "metadata");
    pairs[2].key = text_of(65);
    expect_transaction(&event, "too_long", "metadata");
    pairs[2].key = text_of(64);
    pairs[2].value = SLICE_LITERAL("a\nb");
    expect_transaction(&event, "bad_text", "metadata");
    pairs[2].value = text_of(257);
    expect_transaction(&event, "too_long", "metadata");
    pairs[2].value = text_of(256);
    expect_transaction(&event, NULL, NULL);
}
END_TEST

START_TEST(feedback_has_the_part_of_its_kind)
{
    struct feedback event = good_feedback();

    expect_feedback(&event, NULL, NULL);
    event.category = SLICE_LITERAL("");
    expect_feedback(&event, "category_required", "category");
    event.category = text_of(65);
    expect_feedback(&event, "too_long", "category");
    event.category = SLICE_LITERAL("a\n");
    expect_feedback(&event, "bad_text", "category");
    event = good_feedback();
    event.rating = 3;
    expect_feedback(&event, "unexpected_field", "rating");
    event.kind = FEEDBACK_KIND_CONFIRMATION;
    expect_feedback(&event, "unexpected_field", "category");
    event.category = SLICE_LITERAL("");
    expect_feedback(&event, "unexpected_field", "rating");
    event.rating = 0;
    expect_feedback(&event, NULL, NULL);
    event.kind = FEEDBACK_KIND_RATING;
    expect_feedback(&event, "rating_range", "rating");
    event.rating = 6;
    expect_feedback(&event, "rating_range", "rating");
    event.rating = 5;
    expect_feedback(&event, NULL, NULL);
    event.kind = (enum feedback_kind)3;
    expect_feedback(&event, "enum_range", "kind");
    event = good_feedback();
    event.transaction_id = SLICE_LITERAL("");
    expect_feedback(&event, "missing", "transaction_id");
}
END_TEST

START_TEST(a_classification_has_a_range)
{
    struct transaction transaction = good_transaction();
    struct classification event = good_classification(&transaction);

    expect_classification(&event, NULL, NULL);
    event.from = event.to;
    expect_classification(&event, NULL, NULL);
    event.from++;
    expect_classification(&event, "offset_range", "to");
    event.from = -1;
    expect_classification(&event, "offset_range", "to");
    event = good_classification(&transaction);
    event.classified_at = 0;
    expect_classification(&event, "time_range", "classified_at");
}
END_TEST

START_TEST(a_classification_has_the_parts_of_its_outcome)
{
    struct transaction transaction = good_transaction();
    struct reject reject = {.reason = SLICE_LITERAL("bad_utf8")};
    struct classification event = good_classification(&transaction);

    event.reject = &reject;
    expect_classification(&event, "outcome_parts", "reject");
    event.reject = NULL;
    event.transaction = NULL;
    expect_classification(&event, "outcome_parts", "transaction");
    event.outcome = OUTCOME_MARKER;
    expect_classification(&event, "outcome_parts", "outcome");
    event = (struct classification){.from = 1,
                                    .to = 9,
                                    .outcome = OUTCOME_MARKER,
                                    .decided_by = DECIDER_NONE,
                                    .classified_at = noon};
    expect_classification(&event, NULL, NULL);
    event.reject = &reject;
    expect_classification(&event, "outcome_parts", "reject");
    event.outcome = OUTCOME_REJECTED;
    expect_classification(&event, NULL, NULL);
    event.decided_by = DECIDER_RULE;
    expect_classification(&event, "outcome_parts", "outcome");
    event.decided_by = DECIDER_NONE;
    event.reject = NULL;
    expect_classification(&event, "outcome_parts", "reject");
    event.outcome = (enum outcome)3;
    expect_classification(&event, "enum_range", "outcome");
}
END_TEST

START_TEST(a_category_is_sure_to_a_share)
{
    static const float bad[] = {-0.1f, 1.1f, NAN, INFINITY, -INFINITY};
    struct transaction transaction = good_transaction();
    struct classification event = good_classification(&transaction);
    struct reason reasons[9] = {{DECIDER_MODEL, {"a", 1}, 0.5f, 1}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        event.confidence = bad[i];
        expect_classification(&event, "confidence_range", "confidence");
    }
    event = good_classification(&transaction);
    event.category = SLICE_LITERAL("");
    expect_classification(&event, "missing", "category");
    event = good_classification(&transaction);
    event.decided_by = (enum decider)5;
    expect_classification(&event, "enum_range", "decided_by");
    event = good_classification(&transaction);
    event.model_version = text_of(65);
    expect_classification(&event, "too_long", "model_version");
    event = good_classification(&transaction);
    event.reasons = reasons;
    event.reasons_count = 9;
    expect_classification(&event, "reasons_too_many", "reasons");
    event.reasons_count = 1;
    reasons[0].evidence = -1;
    expect_classification(&event, "evidence_range", "reasons.evidence");
    reasons[0] = (struct reason){DECIDER_NONE, {"a", 1}, 0.5f, 1};
    expect_classification(&event, "enum_range", "reasons.source");
    reasons[0] = (struct reason){DECIDER_MODEL, {"", 0}, 0.5f, 1};
    expect_classification(&event, "missing", "reasons.category");
    reasons[0] = (struct reason){DECIDER_MODEL, {"a", 1}, NAN, 1};
    expect_classification(&event, "confidence_range", "reasons.confidence");
}
END_TEST

START_TEST(a_reject_is_bounded)
{
    struct reject reject = {.reason = SLICE_LITERAL("bad_utf8")};
    struct classification event = {.outcome = OUTCOME_REJECTED,
                                   .decided_by = DECIDER_NONE,
                                   .reject = &reject,
                                   .classified_at = noon};

    reject.value = reject.key = text_of(EVENT_REJECT_RAW_MAX);
    expect_classification(&event, NULL, NULL);
    reject.value = text_of(EVENT_REJECT_RAW_MAX + 1);
    expect_classification(&event, "raw_too_large", "reject");
    reject.value = SLICE_LITERAL("\xff\0any");
    expect_classification(&event, NULL, NULL);
    reject.reason = SLICE_LITERAL("Bad UTF-8");
    expect_classification(&event, "code_invalid", "reject.reason");
    reject.reason = SLICE_LITERAL("");
    expect_classification(&event, "code_invalid", "reject.reason");
    reject.reason = SLICE_LITERAL("x");
    reject.detail = text_of(257);
    expect_classification(&event, "too_long", "reject.detail");
}
END_TEST

START_TEST(keys_are_tenant_and_user)
{
    char text[EVENT_KEY_MAX];

    ck_assert(slice_equal(event_key(SLICE_LITERAL("acme"), SLICE_LITERAL("u:1"), text),
                          SLICE_LITERAL("acme:u:1")));
    ck_assert_uint_eq(event_key(text_of(32), text_of(64), text).size, EVENT_KEY_MAX);
    ck_assert_str_eq(event_kind_name(EVENT_TRANSACTION), "transaction");
    ck_assert_str_eq(event_kind_name(EVENT_CLASSIFICATION), "classification");
}
END_TEST

START_TEST(enums_have_names)
{
    enum feedback_kind kind = FEEDBACK_KIND_RATING;

    ck_assert_str_eq(decider_name(DECIDER_MERCHANT), "merchant");
    ck_assert_ptr_null(decider_name((enum decider)5));
    ck_assert(feedback_kind_of(SLICE_LITERAL("confirmation"), &kind));
    ck_assert_int_eq(kind, FEEDBACK_KIND_CONFIRMATION);
    ck_assert(!feedback_kind_of(SLICE_LITERAL("confirm"), &kind));
    ck_assert(!feedback_kind_of(SLICE_LITERAL(""), &kind));
}
END_TEST

SUITE_MAIN("event checks", texts_are_printable, sizes_of_a_transaction, tenants_hold_no_colon,
           amounts_and_codes_have_ranges, times_have_ranges, metadata_has_limits,
           feedback_has_the_part_of_its_kind, a_classification_has_a_range,
           a_classification_has_the_parts_of_its_outcome, a_category_is_sure_to_a_share,
           a_reject_is_bounded, keys_are_tenant_and_user, enums_have_names);
