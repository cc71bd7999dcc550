/* common/event: a body into an event, or into what is wrong with it. */
#include "tests/unit/event/setting.h"

#include <stdio.h>

START_TEST(a_transaction_is_read)
{
    struct setting setting;
    const struct event_json_item *item;
    const struct transaction *event;

    begin(&setting, EVENT_TRANSACTION);
    item = only(&setting, "{" T2 ",\"account\":\"a\",\"description\":\"caf\\u00e9 \\\"x\\\"\","
                          "\"merchant\":\"M\",\"mcc\":5411,"
                          "\"metadata\":{\"channel\":\"pos\",\"e\":\"\"}}");
    ck_assert_int_eq(item->verdict, EVENT_JSON_OK);
    event = &item->transaction;
    ck_assert(slice_equal(event->tenant, SLICE_LITERAL("acme")));
    ck_assert(slice_equal(event->id, SLICE_LITERAL("t1")));
    ck_assert(slice_equal(item->id, SLICE_LITERAL("t1")));
    ck_assert(slice_equal(event->description, SLICE_LITERAL("caf\xc3\xa9 \"x\"")));
    ck_assert_int_eq(event->amount_minor, 1230);
    ck_assert_int_eq(event->mcc, 5411);
    ck_assert_int_eq(event->occurred_at, noon - INT64_C(3600000000));
    ck_assert_int_eq(event->received_at, noon);
    ck_assert_uint_eq(event->metadata_count, 2);
    ck_assert(slice_equal(event->metadata[0].key, SLICE_LITERAL("channel")));
    ck_assert(slice_equal(event->metadata[1].value, SLICE_LITERAL("")));
    item = only(&setting, "[{\"amount\":\"-5\"," T1 ",\"mcc\":\"0742\",\"metadata\":{}}]");
    ck_assert_int_eq(item->verdict, EVENT_JSON_OK);
    ck_assert_int_eq(item->transaction.amount_minor, -500);
    ck_assert_int_eq(item->transaction.mcc, 742);
    ck_assert_uint_eq(item->transaction.metadata_count, 0);
    end(&setting);
}
END_TEST

START_TEST(feedback_is_read)
{
    struct setting setting;
    const struct event_json_item *item;

    begin(&setting, EVENT_FEEDBACK);
    item = only(&setting, "{" F1 ",\"kind\":\"correction\",\"category\":\"groceries\"}");
    ck_assert_int_eq(item->verdict, EVENT_JSON_OK);
    ck_assert_int_eq(item->feedback.kind, FEEDBACK_KIND_CORRECTION);
    ck_assert(slice_equal(item->feedback.transaction_id, SLICE_LITERAL("t1")));
    ck_assert_int_eq(item->feedback.occurred_at, noon - INT64_C(7200000000));
    item = only(&setting, "{" F1 ",\"kind\":\"rating\",\"rating\":5}");
    ck_assert_int_eq(item->verdict, EVENT_JSON_OK);
    ck_assert_int_eq(item->feedback.rating, 5);
    end(&setting);
}
END_TEST

struct bad_item {
    const char *body;
    const char *reason;
    const char *pointer;
};

static void expect_invalid(enum event_kind kind, const struct bad_item *cases, size_t count)
{
    struct setting setting;

    begin(&setting, kind);
    for (size_t i = 0; i < count; i++) {
        const struct event_json_item *item = only(&setting, cases[i].body);

        ck_assert_msg(item->verdict == EVENT_JSON_INVALID, "taken: %s", cases[i].body);
        ck_assert_msg(strcmp(item->reason, cases[i].reason) == 0, "%s: %s", cases[i].body,
                      item->reason);
        ck_assert_msg(slice_equal(item->pointer, slice_of(cases[i].pointer)), "%s: %.*s",
                      cases[i].body, SLICE_FORMAT(item->pointer));
        ck_assert_ptr_nonnull(item->detail);
    }
    end(&setting);
}

START_TEST(bad_transactions_are_invalid)
{
    static const struct bad_item cases[] = {
        {"{}", "missing", "/id"},
        {"{\"id\":\"t1\"}", "missing", "/user"},
        {"{" T1 "}", "missing", "/amount"},
        {"{" T2 ",\"tenant\":\"acme\"}", "unknown_field", "/tenant"},
        {"{" T2 ",\"received_at\":\"2026-02-28T11:00:00Z\"}", "unknown_field", "/received_at"},
        {"{" T2 ",\"a/b~c\":1}", "unknown_field", "/a~1b~0c"},
        {"{" T2 ",\"\":1}", "unknown_field", "/"},
        {"{" T2 ",\"x\":{\"id\":[{}]},\"y\":[[1]]}", "unknown_field", "/x"},
        {"{" T2 ",\"0123456789012345678901234567890123456789012345678901234567890123456\":1}",
         "unknown_field", ""},
        {"{" T1 ",\"amount\":12.3}", "wrong_type", "/amount"},
        {"{" T1 ",\"amount\":null}", "wrong_type", "/amount"},
        {"{" T1 ",\"amount\":\"12.345\"}", "amount_scale", "/amount"},
        {"{" T1 ",\"amount\":\"1e3\"}", "amount_format", "/amount"},
        {"{" T1 ",\"amount\":\"NaN\"}", "amount_format", "/amount"},
        {"{" T1 ",\"amount\":\"\"}", "amount_format", "/amount"},
        {"{" T1 ",\"amount\":\"10000000000.01\"}", "amount_range", "/amount"},
        {"{" T2 ",\"mcc\":true}", "wrong_type", "/mcc"},
        {"{" T2 ",\"mcc\":10000}", "mcc_range", "/mcc"},
        {"{" T2 ",\"mcc\":-1}", "mcc_range", "/mcc"},
        {"{" T2 ",\"mcc\":54.11}", "mcc_range", "/mcc"},
        {"{" T2 ",\"mcc\":5e3}", "mcc_range", "/mcc"},
        {"{" T2 ",\"mcc\":\"742\"}", "mcc_range", "/mcc"},
        {"{" T2 ",\"mcc\":\"54a1\"}", "mcc_range", "/mcc"},
        {"{" T2 ",\"account\":5}", "wrong_type", "/account"},
        {"{" T2 ",\"account\":null}", "wrong_type", "/account"},
        {"{" T2 ",\"account\":{}}", "wrong_type", "/account"},
        {"{" T2 ",\"account\":[\"a\"]}", "wrong_type", "/account"},
        {"{" T2 ",\"description\":\"a\\nb\"}", "bad_text", "/description"},
        {"{" T2 ",\"merchant\":\"\\u0085\"}", "bad_text", "/merchant"},
        {"{" T2 ",\"metadata\":[]}", "wrong_type", "/metadata"},
        {"{" T2 ",\"metadata\":\"x\"}", "wrong_type", "/metadata"},
        {"{" T2 ",\"metadata\":{\"a\":1}}", "wrong_type", "/metadata/a"},
        {"{" T2 ",\"metadata\":{\"a/\":null}}", "wrong_type", "/metadata/a~1"},
        {"{" T2 ",\"metadata\":{\"a\":{\"b\":{}}}}", "wrong_type", "/metadata/a"},
        {"{" T2 ",\"metadata\":{\"a\":[\"b\"],\"c\":\"d\"}}", "wrong_type", "/metadata/a"},
        {"{" T2 ",\"metadata\":{\"\":\"x\"}}", "missing", "/metadata"},
        {"[null]", "wrong_type", ""},
        {"[1]", "wrong_type", ""},
        {"[\"x\"]", "wrong_type", ""},
        {"[[{}]]", "wrong_type", ""},
        {"{\"id\":\"t\",\"user\":\"u\",\"amount\":\"1\",\"currency\":\"eur\","
         "\"occurred_at\":\"2026-02-28T11:00:00Z\"}",
         "currency_unknown", "/currency"},
        {"{\"id\":\"t\",\"user\":\"u\",\"amount\":\"1\",\"currency\":\"XXX\","
         "\"occurred_at\":\"2026-02-28T11:00:00Z\"}",
         "currency_unknown", "/currency"},
        {"{\"id\":\"t\",\"user\":\"u\",\"amount\":\"1.0\",\"currency\":\"JPY\","
         "\"occurred_at\":\"2026-02-28T11:00:00Z\"}",
         "amount_scale", "/amount"},
        {"{\"id\":\"\",\"user\":\"u\",\"amount\":\"1\",\"currency\":\"EUR\","
         "\"occurred_at\":\"2026-02-28T11:00:00Z\"}",
         "missing", "/id"},
        {"{\"id\":1,\"user\":\"u\",\"amount\":\"1\",\"currency\":\"EUR\","
         "\"occurred_at\":\"2026-02-28T11:00:00Z\"}",
         "wrong_type", "/id"},
    };

    expect_invalid(EVENT_TRANSACTION, cases, sizeof cases / sizeof cases[0]);
}
END_TEST

START_TEST(bad_times_are_invalid)
{
    static const struct {
        const char *time;
        const char *reason;
    } cases[] = {
        {"1970-01-01T00:00:00Z", "time_range"},
        {"1970-01-01T23:59:59.999999Z", "time_range"},
        {"0001-01-01T00:00:00Z", "time_range"},
        {"2036-02-28T11:00:00Z", "time_range"},
        {"2026-03-01T12:00:00.000001Z", "time_range"},
        {"2026-02-28T11:00:00", "time_format"},
        {"2026-02-28", "time_format"},
        {"2016-12-31T23:59:60Z", "time_format"},
        {"2026-02-30T00:00:00Z", "time_format"},
        {"1772280000", "time_format"},
        {"", "time_format"},
        {"2026-02-28T11:00:00Z ", "time_format"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[256];
        struct bad_item bad = {body, cases[i].reason, "/occurred_at"};

        snprintf(body, sizeof body,
                 "{\"id\":\"t\",\"user\":\"u\",\"amount\":\"1\",\"currency\":\"EUR\","
                 "\"occurred_at\":\"%s\"}",
                 cases[i].time);
        expect_invalid(EVENT_TRANSACTION, &bad, 1);
    }
}
END_TEST

START_TEST(bad_feedback_is_invalid)
{
    static const struct bad_item cases[] = {
        {"{" F1 "}", "missing", "/kind"},
        {"{" F1 ",\"kind\":\"Correction\"}", "kind_unknown", "/kind"},
        {"{" F1 ",\"kind\":1}", "wrong_type", "/kind"},
        {"{" F1 ",\"kind\":\"correction\"}", "category_required", "/category"},
        {"{" F1 ",\"kind\":\"correction\",\"category\":\"\"}", "category_required", "/category"},
        {"{" F1 ",\"kind\":\"confirmation\",\"category\":\"x\"}", "unexpected_field", "/category"},
        {"{" F1 ",\"kind\":\"rating\"}", "rating_range", "/rating"},
        {"{" F1 ",\"kind\":\"rating\",\"rating\":0}", "rating_range", "/rating"},
        {"{" F1 ",\"kind\":\"rating\",\"rating\":6}", "rating_range", "/rating"},
        {"{" F1 ",\"kind\":\"rating\",\"rating\":4.5}", "rating_range", "/rating"},
        {"{" F1 ",\"kind\":\"rating\",\"rating\":\"5\"}", "wrong_type", "/rating"},
        {"{" F1 ",\"kind\":\"confirmation\",\"rating\":5}", "unexpected_field", "/rating"},
        {"{" F1 ",\"kind\":\"confirmation\",\"amount\":\"5\"}", "unknown_field", "/amount"},
    };

    expect_invalid(EVENT_FEEDBACK, cases, sizeof cases / sizeof cases[0]);
}
END_TEST

START_TEST(bad_documents_are_malformed)
{
    static const struct {
        const char *body;
        const char *code;
    } cases[] = {
        {"", "json_syntax"},
        {"{" T2, "json_syntax"},
        {"[{" T2 "},]", "json_syntax"},
        {"[{" T2 "}", "json_syntax"},
        {"{" T2 "}{" T2 "}", "json_syntax"},
        {"{" T2 "}\n{" T2 "}\n", "json_syntax"},
        {"{" T2 ",\"id\":\"t2\"}", "json_duplicate_key"},
        {"{" T2 ",\"merchant\":\"\\u0000\"}", "json_escape"},
        {"{" T2 ",\"merchant\":\"\\ud800\"}", "json_escape"},
        {"{" T2 ",\"merchant\":\"\xff\"}", "json_utf8"},
        {"{" T2 ",\"x\":[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]}", "json_depth"},
        {"17", "wrong_type"},
        {"\"x\"", "wrong_type"},
        {"null", "wrong_type"},
    };
    struct setting setting;

    begin(&setting, EVENT_TRANSACTION);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(parse(&setting, cases[i].body) == STATUS_REJECT, "%s", cases[i].body);
        ck_assert_str_eq(setting.error.code, cases[i].code);
    }
    end(&setting);
}
END_TEST

SUITE_MAIN("event json", a_transaction_is_read, feedback_is_read, bad_transactions_are_invalid,
           bad_times_are_invalid, bad_feedback_is_invalid, bad_documents_are_malformed);
