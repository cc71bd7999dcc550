/* common/event: bodies into events and back. */
#include "common/base/random.h"
#include "common/event/event_json.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>

static const int64_t noon = INT64_C(1772280000000000); /* 2026-02-28T12:00:00Z */

struct setting {
    struct json_parser *parser;
    struct arena *arena;
    struct event_json_request request;
    struct event_json_items items;
    struct error error;
};

static void begin(struct setting *setting, enum event_kind kind)
{
    *setting = (struct setting){
        .parser = json_parser_new(),
        .arena = arena_new(event_json_arena_bytes(1 << 20, 1000)),
        .request = {.kind = kind,
                    .tenant = SLICE_LITERAL("acme"),
                    .received_at = noon,
                    .max_items = 1000},
    };
}

static void end(struct setting *setting)
{
    json_parser_free(setting->parser);
    arena_free(setting->arena);
}

static enum status parse(struct setting *setting, const char *body)
{
    arena_reset(setting->arena);
    error_clear(&setting->error);
    return event_json_parse(setting->parser, &setting->request, slice_of(body), setting->arena,
                            &setting->items, &setting->error);
}

/* The only item of a body that is fine as a whole. */
static const struct event_json_item *only(struct setting *setting, const char *body)
{
    ck_assert_msg(parse(setting, body) == STATUS_OK, "%s: %s", body, setting->error.text);
    ck_assert_uint_eq(setting->items.count, 1);
    return &setting->items.items[0];
}

#define T1                                                                                         \
    "\"id\":\"t1\",\"user\":\"u1\",\"currency\":\"EUR\",\"occurred_at\":\"2026-02-28T11:00:00Z\""
#define T2 T1 ",\"amount\":\"12.3\""
#define F1                                                                                         \
    "\"id\":\"f1\",\"user\":\"u1\",\"transaction_id\":\"t1\","                                     \
    "\"occurred_at\":\"2026-02-28T11:00:00+01:00\""

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

START_TEST(an_array_keeps_its_good_items)
{
    struct setting setting;

    begin(&setting, EVENT_TRANSACTION);
    ck_assert_int_eq(parse(&setting, "[{" T2 "},{\"id\":\"t9\",\"user\":1,\"zz\":2},7,{" T2 "}]"),
                     STATUS_OK);
    ck_assert_uint_eq(setting.items.count, 4);
    ck_assert_int_eq(setting.items.items[0].verdict, EVENT_JSON_OK);
    ck_assert_int_eq(setting.items.items[1].verdict, EVENT_JSON_INVALID);
    ck_assert_str_eq(setting.items.items[1].reason, "wrong_type");
    ck_assert(slice_equal(setting.items.items[1].pointer, SLICE_LITERAL("/user")));
    ck_assert(slice_equal(setting.items.items[1].id, SLICE_LITERAL("t9")));
    ck_assert_int_eq(setting.items.items[2].verdict, EVENT_JSON_INVALID);
    ck_assert_int_eq(setting.items.items[3].verdict, EVENT_JSON_OK);
    ck_assert_int_eq(parse(&setting, "[]"), STATUS_OK);
    ck_assert_uint_eq(setting.items.count, 0);
    end(&setting);
}
END_TEST

START_TEST(an_item_takes_nothing_from_the_one_before)
{
    struct setting setting;

    begin(&setting, EVENT_TRANSACTION);
    ck_assert_int_eq(parse(&setting, "[{" T2 ",\"mcc\":1,\"metadata\":{\"a\":\"b\"}},{" T1 "},{" T2
                                     "},{" T2 ",\"metadata\":{\"c\":\"d\"}}]"),
                     STATUS_OK);
    ck_assert_uint_eq(setting.items.count, 4);
    ck_assert_uint_eq(setting.items.items[0].transaction.metadata_count, 1);
    ck_assert_str_eq(setting.items.items[1].reason, "missing");
    ck_assert(slice_equal(setting.items.items[1].pointer, SLICE_LITERAL("/amount")));
    ck_assert_uint_eq(setting.items.items[2].transaction.metadata_count, 0);
    ck_assert_int_eq(setting.items.items[2].transaction.mcc, 0);
    ck_assert_uint_eq(setting.items.items[3].transaction.metadata_count, 1);
    ck_assert(slice_equal(setting.items.items[3].transaction.metadata[0].key, SLICE_LITERAL("c")));
    ck_assert(slice_equal(setting.items.items[0].transaction.metadata[0].key, SLICE_LITERAL("a")));
    end(&setting);
}
END_TEST

START_TEST(a_bad_line_is_an_item)
{
    static const enum event_json_verdict expected[] = {
        EVENT_JSON_OK,      EVENT_JSON_MALFORMED, EVENT_JSON_MALFORMED, EVENT_JSON_INVALID,
        EVENT_JSON_INVALID, EVENT_JSON_MALFORMED, EVENT_JSON_MALFORMED, EVENT_JSON_OK,
    };
    struct setting setting;

    begin(&setting, EVENT_TRANSACTION);
    setting.request.format = EVENT_JSON_LINES;
    ck_assert_int_eq(parse(&setting, "{" T2 "}\n"
                                     "{" T2 "\n"
                                     "  \r\n\n"
                                     "{" T2 ",\"id\":\"t2\"}\n"
                                     "[{" T2 "}]\n"
                                     "42\r\n"
                                     "{" T2 "} {" T2 "}\n"
                                     "{\"metadata\":{\"a\":\n"
                                     "{" T2 "}"),
                     STATUS_OK);
    ck_assert_uint_eq(setting.items.count, 8);
    for (size_t i = 0; i < 8; i++)
        ck_assert_msg(setting.items.items[i].verdict == expected[i], "line %zu", i);
    ck_assert_str_eq(setting.items.items[1].reason, "json_syntax");
    ck_assert_str_eq(setting.items.items[2].reason, "json_duplicate_key");
    ck_assert_uint_eq(setting.items.items[1].id.size, 0);
    ck_assert_int_eq(setting.items.items[7].transaction.amount_minor, 1230);
    ck_assert_int_eq(parse(&setting, ""), STATUS_OK);
    ck_assert_uint_eq(setting.items.count, 0);
    ck_assert_int_eq(event_json_parse(setting.parser, &setting.request, (struct slice){NULL, 0},
                                      setting.arena, &setting.items, &setting.error),
                     STATUS_OK);
    end(&setting);
}
END_TEST

static void many(struct buffer *body, size_t count, const char *item, const char *between)
{
    buffer_reset(body);
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(body, i > 0 ? between : "");
        buffer_append_text(body, item);
    }
}

START_TEST(items_have_a_limit)
{
    struct setting setting;
    struct buffer lines, array;

    begin(&setting, EVENT_TRANSACTION);
    buffer_init(&lines, 1 << 20);
    buffer_init(&array, 1 << 20);
    for (size_t count = 1000; count <= 1001; count++) {
        enum status expected = count == 1000 ? STATUS_OK : STATUS_REJECT;

        many(&lines, count, "{" T2 "}", "\n");
        buffer_append_byte(&lines, 0);
        setting.request.format = EVENT_JSON_LINES;
        ck_assert_int_eq(parse(&setting, lines.data), expected);
        many(&array, count, "{" T2 "}", ",");
        setting.request.format = EVENT_JSON_DOCUMENT;
        buffer_append_text(&array, "]");
        buffer_reset(&lines);
        buffer_append_text(&lines, "[");
        buffer_append_slice(&lines, buffer_slice(&array));
        buffer_append_byte(&lines, 0);
        ck_assert_int_eq(parse(&setting, lines.data), expected);
    }
    ck_assert_str_eq(setting.error.code, "too_many_items");
    buffer_done(&lines);
    buffer_done(&array);
    end(&setting);
}
END_TEST

/* The worst bodies for the arena: many items, many pairs, many escapes. */
START_TEST(the_arena_is_enough)
{
    static const char *const items[] = {
        "0",
        "{}",
        "{\"metadata\":{\"a\":\"\",\"b\":\"\",\"c\":\"\",\"d\":\"\"}," T2 "}",
        "{\"a\":\"\\n\"}",
        "{\"metadata\":{\"\\n\":\"\\n\",\"\\r\":0}}",
        "{" T2 ",\"description\":\"\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\"}",
    };
    const size_t limit = 64 << 10;

    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        size_t count = (limit - 2) / (strlen(items[i]) + 1);
        struct setting setting;
        struct buffer body;

        begin(&setting, EVENT_TRANSACTION);
        arena_free(setting.arena);
        setting.request.max_items = count;
        setting.request.format = EVENT_JSON_LINES;
        setting.arena = arena_new(event_json_arena_bytes(limit, count));
        buffer_init(&body, limit);
        many(&body, count, items[i], "\n");
        buffer_append_byte(&body, 0);
        ck_assert_msg(parse(&setting, body.data) == STATUS_OK, "%s", items[i]);
        ck_assert_uint_eq(setting.items.count, count);
        buffer_done(&body);
        end(&setting);
    }
}
END_TEST

START_TEST(a_full_arena_is_said)
{
    struct setting setting;

    begin(&setting, EVENT_TRANSACTION);
    arena_free(setting.arena);
    setting.arena = arena_new(64);
    ck_assert_int_eq(parse(&setting, "{" T2 "}"), STATUS_FATAL);
    ck_assert_str_eq(setting.error.code, "arena_full");
    end(&setting);
}
END_TEST

START_TEST(events_are_written)
{
    static const struct text_pair metadata[] = {{{"k\"", 2}, {"v\\", 2}}};
    static const struct reason reasons[] = {{DECIDER_USER, {"dining", 6}, 0.5f, 3}};
    const struct transaction transaction = {
        .tenant = SLICE_LITERAL("acme"),
        .id = SLICE_LITERAL("t1"),
        .user = SLICE_LITERAL("u1"),
        .amount_minor = -1230,
        .currency = SLICE_LITERAL("EUR"),
        .mcc = 42,
        .occurred_at = noon,
        .received_at = noon,
        .metadata = metadata,
        .metadata_count = 1,
    };
    const struct classification classified = {
        .from = 1,
        .to = 2,
        .outcome = OUTCOME_CLASSIFIED,
        .transaction = &transaction,
        .category = SLICE_LITERAL("dining"),
        .confidence = 0.1f,
        .decided_by = DECIDER_USER,
        .model_version = SLICE_LITERAL("7"),
        .reasons = reasons,
        .reasons_count = 1,
        .classified_at = noon,
    };
    const struct reject reject = {SLICE_LITERAL("bad_utf8"), SLICE_LITERAL("d"),
                                  SLICE_LITERAL("\xff"), SLICE_LITERAL("1234")};
    const struct classification rejected = {
        .from = 3,
        .to = 3,
        .outcome = OUTCOME_REJECTED,
        .decided_by = DECIDER_NONE,
        .reject = &reject,
        .classified_at = noon,
    };
    struct buffer out;

    buffer_init(&out, 8192);
    event_json_write_transaction(&transaction, EVENT_JSON_POSTED, &out);
    buffer_append_text(&out, "\n");
    event_json_write_classification(&classified, &out);
    buffer_append_text(&out, "\n");
    event_json_write_classification(&rejected, &out);
    buffer_append_byte(&out, 0);
    ck_assert_str_eq(
        out.data,
        "{\"id\":\"t1\",\"user\":\"u1\",\"amount\":\"-12.30\",\"currency\":\"EUR\",\"mcc\":42,"
        "\"occurred_at\":\"2026-02-28T12:00:00.000000Z\",\"metadata\":{\"k\\\"\":\"v\\\\\"}}\n"
        "{\"from\":1,\"to\":2,\"outcome\":\"classified\",\"transaction\":{\"tenant\":\"acme\","
        "\"id\":\"t1\",\"user\":\"u1\",\"amount\":\"-12.30\",\"currency\":\"EUR\",\"mcc\":42,"
        "\"occurred_at\":\"2026-02-28T12:00:00.000000Z\","
        "\"received_at\":\"2026-02-28T12:00:00.000000Z\",\"metadata\":{\"k\\\"\":\"v\\\\\"}},"
        "\"category\":\"dining\",\"confidence\":0.1,\"decided_by\":\"user\","
        "\"model_version\":\"7\",\"reasons\":[{\"source\":\"user\",\"category\":\"dining\","
        "\"confidence\":0.5,\"evidence\":3}],\"classified_at\":\"2026-02-28T12:00:00.000000Z\"}\n"
        "{\"from\":3,\"to\":3,\"outcome\":\"rejected\",\"reject\":{\"reason\":\"bad_utf8\","
        "\"detail\":\"d\",\"key_bytes\":1,\"value_bytes\":4},"
        "\"classified_at\":\"2026-02-28T12:00:00.000000Z\"}");
    buffer_done(&out);
}
END_TEST

static struct slice random_text(struct random *random, struct arena *arena, size_t max)
{
    static const char *const pieces[] = {
        "a", "Z", "0", " ", "\"", "\\", "/", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    struct buffer text;
    struct slice copy;

    buffer_init(&text, max);
    for (uint64_t count = random_below(random, 20); count > 0 && text.size + 4 <= max; count--)
        buffer_append_text(&text, pieces[random_below(random, sizeof pieces / sizeof pieces[0])]);
    if (text.size == 0)
        buffer_append_text(&text, "x");
    copy = arena_copy(arena, buffer_slice(&text));
    buffer_done(&text);
    return copy;
}

static bool same(struct slice a, struct slice b)
{
    return slice_equal(a, b);
}

static bool same_transaction(const struct transaction *a, const struct transaction *b)
{
    bool equal = same(a->tenant, b->tenant) && same(a->id, b->id) && same(a->user, b->user) &&
                 same(a->account, b->account) && a->amount_minor == b->amount_minor &&
                 same(a->currency, b->currency) && same(a->description, b->description) &&
                 same(a->merchant, b->merchant) && a->mcc == b->mcc &&
                 a->occurred_at == b->occurred_at && a->received_at == b->received_at &&
                 a->metadata_count == b->metadata_count;

    for (size_t i = 0; equal && i < a->metadata_count; i++)
        equal = same(a->metadata[i].key, b->metadata[i].key) &&
                same(a->metadata[i].value, b->metadata[i].value);
    return equal;
}

START_TEST(what_is_written_reads_back)
{
    static const char *const currencies[] = {"EUR", "JPY", "KWD", "CLF"};
    struct arena *texts = arena_new(1 << 20);
    struct random random;
    struct setting setting;
    struct buffer body;

    random_init(&random, suite_seed());
    begin(&setting, EVENT_TRANSACTION);
    buffer_init(&body, 1 << 16);
    for (int round = 0; round < 1000; round++) {
        struct text_pair pair = {random_text(&random, texts, 64), random_text(&random, texts, 256)};
        struct transaction event = {
            .tenant = SLICE_LITERAL("acme"),
            .id = random_text(&random, texts, 64),
            .user = random_text(&random, texts, 64),
            .account = random_text(&random, texts, 64),
            .amount_minor = (int64_t)random_below(&random, 2000000) - 1000000,
            .currency = slice_of(currencies[random_below(&random, 4)]),
            .description = random_text(&random, texts, 512),
            .merchant = random_text(&random, texts, 128),
            .mcc = (int32_t)random_below(&random, 10000),
            .occurred_at = noon - (int64_t)random_below(&random, 1ULL << 50),
            .received_at = noon,
            .metadata = &pair,
            .metadata_count = (size_t)random_below(&random, 2),
        };
        const struct event_json_item *item;

        buffer_reset(&body);
        event_json_write_transaction(&event, EVENT_JSON_POSTED, &body);
        buffer_append_byte(&body, 0);
        item = only(&setting, body.data);
        ck_assert_msg(item->verdict == EVENT_JSON_OK, "%s: %s", body.data, item->reason);
        ck_assert_msg(same_transaction(&event, &item->transaction), "%s", body.data);
        arena_reset(texts);
    }
    buffer_done(&body);
    arena_free(texts);
    end(&setting);
}
END_TEST

SUITE_MAIN("event json", a_transaction_is_read, feedback_is_read, bad_transactions_are_invalid,
           bad_times_are_invalid, bad_feedback_is_invalid, bad_documents_are_malformed,
           an_array_keeps_its_good_items, an_item_takes_nothing_from_the_one_before,
           a_bad_line_is_an_item, items_have_a_limit, the_arena_is_enough, a_full_arena_is_said,
           events_are_written, what_is_written_reads_back);
