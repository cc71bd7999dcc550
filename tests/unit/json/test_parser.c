/* common/json: what is refused, with which code, and what the handlers see. */
#include "common/json/json.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>

static struct json_parser *parser;
static struct arena *arena;

/* The code of a refusal; "" when the text is fine. */
static const char *verdict(struct slice text, const struct json_handlers *handlers, void *context)
{
    static char code[24];
    struct error error = {0};

    parser = parser == NULL ? json_parser_new() : parser;
    arena = arena == NULL ? arena_new(16 << 20) : arena;
    arena_reset(arena);
    code[0] = '\0';
    if (json_parse(parser, text, arena, handlers, context, &error) != STATUS_OK) {
        ck_assert_int_eq(error.status, STATUS_REJECT);
        ck_assert_ptr_nonnull(json_reason_of(&error));
        snprintf(code, sizeof code, "%s", error.code);
    }
    return code;
}

static const char *verdict_of(const char *text)
{
    static const struct json_handlers none = {0};

    return verdict(slice_of(text), &none, NULL);
}

static void release(void)
{
    json_parser_free(parser);
    arena_free(arena);
}

START_TEST(good_text_is_taken)
{
    static const char *const good[] = {
        "{}",
        "[]",
        " [1, 2.5, -0, 1e400, 0.1E-9] ",
        "\"a\"",
        "42",
        "null",
        "true",
        "false",
        "{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}",
        "\"\\u00e9\\ud83d\\ude00\\\\u0000\"",
        "\"\xf0\x9f\x98\x80 \xc3\xa9 \x7f\"",
        "{\"\":0}",
        "\t\r\n{}\n",
        "123456789012345678901234567890.123456789",
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(verdict_of(good[i])[0] == '\0', "%s: %s", good[i], verdict_of(good[i]));
    release();
}
END_TEST

START_TEST(bad_text_is_refused)
{
    static const struct {
        const char *text;
        const char *code;
    } bad[] = {
        {"", "json_syntax"},
        {"  ", "json_syntax"},
        {"{", "json_syntax"},
        {"{}}", "json_syntax"},
        {"{} {}", "json_syntax"},
        {"{}\"", "json_syntax"},
        {"[1] \"abc", "json_syntax"},
        {"{}tru", "json_syntax"},
        {"\"a\"-", "json_syntax"},
        {"null/", "json_syntax"},
        {"{}1", "json_syntax"},
        {"[1,]", "json_syntax"},
        {"{\"a\":1,}", "json_syntax"},
        {"[,1]", "json_syntax"},
        {"{\"a\" 1}", "json_syntax"},
        {"{a:1}", "json_syntax"},
        {"{'a':1}", "json_syntax"},
        {"{1:2}", "json_syntax"},
        {"[NaN]", "json_syntax"},
        {"[Infinity]", "json_syntax"},
        {"[-Infinity]", "json_syntax"},
        {"[01]", "json_syntax"},
        {"[0x10]", "json_syntax"},
        {"[+1]", "json_syntax"},
        {"[.5]", "json_syntax"},
        {"[1.]", "json_syntax"},
        {"[1.e5]", "json_syntax"},
        {"[1e]", "json_syntax"},
        {"[1e+]", "json_syntax"},
        {"[-]", "json_syntax"},
        {"[True]", "json_syntax"},
        {"[nul]", "json_syntax"},
        {"[1] // comment", "json_syntax"},
        {"[1] /* comment */", "json_syntax"},
        {"/* c */ [1]", "json_syntax"},
        {"\xef\xbb\xbf{}", "json_syntax"},
        {"[\"a\nb\"]", "json_syntax"},
        {"[\"a\tb\"]", "json_syntax"},
        {"[\"\x01\"]", "json_syntax"},
        {"[\"\\x41\"]", "json_syntax"},
        {"[\"\\\"]", "json_syntax"},
        {"[\"\\u12\"]", "json_syntax"},
        {"[\"\\u12g4\"]", "json_syntax"},
        {"[\"a]", "json_syntax"},
        {"[\"\\", "json_syntax"},
        {"[\"\xff\"]", "json_utf8"},
        {"[\"\xc0\x80\"]", "json_utf8"},
        {"[\"\xe0\x80\x80\"]", "json_utf8"},
        {"[\"\xed\xa0\x80\"]", "json_utf8"},
        {"[\"\xf4\x90\x80\x80\"]", "json_utf8"},
        {"[\"\xf0\x80\x80\x80\"]", "json_utf8"},
        {"[\"\xc3\"]", "json_utf8"},
        {"[\"\xe2\x82\"", "json_utf8"},
        {"[\"\\u0000\"]", "json_escape"},
        {"{\"a\\u0000\":1}", "json_escape"},
        {"[\"\\ud800\"]", "json_escape"},
        {"[\"\\ud800x\"]", "json_escape"},
        {"[\"\\ud800\\n\"]", "json_escape"},
        {"[\"\\ud800\\ud800\"]", "json_escape"},
        {"[\"\\ud800\\u0041\"]", "json_escape"},
        {"[\"\\uDC00\"]", "json_escape"},
        {"[\"\\uDc00\\ud800\"]", "json_escape"},
        {"{\"a\":1,\"a\":2}", "json_duplicate_key"},
        {"{\"a\":1,\"\\u0061\":2}", "json_duplicate_key"},
        {"{\"\":1,\"\":2}", "json_duplicate_key"},
        {"[{\"b\":{\"a\":1},\"c\":[{\"a\":1}],\"b\":1}]", "json_duplicate_key"},
        {"{\"long name of a key 1\":1,\"long name of a key 1\":1}", "json_duplicate_key"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(strcmp(verdict_of(bad[i].text), bad[i].code) == 0, "%s: %s, not %s",
                      bad[i].text, verdict_of(bad[i].text), bad[i].code);
    release();
}
END_TEST

START_TEST(a_nul_byte_is_refused)
{
    static const struct json_handlers none = {0};

    ck_assert_str_eq(verdict(SLICE_LITERAL("[1]\0"), &none, NULL), "json_syntax");
    ck_assert_str_eq(verdict(SLICE_LITERAL("[\"\0\"]"), &none, NULL), "json_syntax");
    ck_assert_str_eq(verdict((struct slice){NULL, 0}, &none, NULL), "json_syntax");
    release();
}
END_TEST

static void repeat(struct buffer *out, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_append_text(out, text);
}

START_TEST(depth_has_a_limit)
{
    static const struct json_handlers none = {0};
    struct buffer text;

    buffer_init(&text, 1 << 20);
    repeat(&text, "[", JSON_DEPTH_MAX);
    repeat(&text, "]", JSON_DEPTH_MAX);
    ck_assert_str_eq(verdict(buffer_slice(&text), &none, NULL), "");
    buffer_reset(&text);
    repeat(&text, "{\"a\":", JSON_DEPTH_MAX + 1);
    ck_assert_str_eq(verdict(buffer_slice(&text), &none, NULL), "json_depth");
    buffer_reset(&text);
    repeat(&text, "[", 200000);
    ck_assert_str_eq(verdict(buffer_slice(&text), &none, NULL), "json_depth");
    buffer_done(&text);
    release();
}
END_TEST

START_TEST(keys_have_a_limit)
{
    static const struct json_handlers none = {0};
    struct buffer text;

    buffer_init(&text, 1 << 20);
    buffer_append_text(&text, "{\"k\":0");
    for (int i = 1; i < JSON_KEYS_MAX; i++)
        buffer_format(&text, ",\"k%d\":0", i);
    buffer_append_text(&text, "}");
    ck_assert_str_eq(verdict(buffer_slice(&text), &none, NULL), "");
    text.size--;
    buffer_append_text(&text, ",\"k1\":0}");
    ck_assert_str_eq(verdict(buffer_slice(&text), &none, NULL), "json_too_large");
    buffer_reset(&text);
    buffer_append_text(&text, "{");
    repeat(&text, "\"same\":0,", 1000);
    ck_assert_str_eq(verdict(buffer_slice(&text), &none, NULL), "json_duplicate_key");
    buffer_done(&text);
    release();
}
END_TEST

START_TEST(size_has_a_limit)
{
    static const struct json_handlers none = {0};
    struct buffer text;

    /* The largest string, with an escape so that yajl must copy it: its memory is enough. */
    buffer_init(&text, JSON_TEXT_MAX + 1);
    buffer_append_text(&text, "\"\\n");
    memset(buffer_extend(&text, JSON_TEXT_MAX - 4), 'x', JSON_TEXT_MAX - 4);
    buffer_append_text(&text, "\"");
    ck_assert_uint_eq(text.size, JSON_TEXT_MAX);
    ck_assert_str_eq(verdict(buffer_slice(&text), &none, NULL), "");
    text.data[3] = '\\';
    text.data[4] = 'n';
    buffer_append_text(&text, " ");
    ck_assert_str_eq(verdict(buffer_slice(&text), &none, NULL), "json_too_large");
    buffer_done(&text);
    release();
}
END_TEST

/* What the handlers saw, as text. */
static bool saw_null(void *context)
{
    buffer_append_text(context, "n ");
    return true;
}

static bool saw_boolean(void *context, bool value)
{
    buffer_append_text(context, value ? "t " : "f ");
    return true;
}

static bool saw_number(void *context, struct slice text)
{
    buffer_format(context, "%.*s ", SLICE_FORMAT(text));
    return true;
}

static bool saw_string(void *context, struct slice text)
{
    buffer_format(context, "'%.*s' ", SLICE_FORMAT(text));
    return true;
}

static bool saw_key(void *context, struct slice text)
{
    buffer_format(context, "%.*s: ", SLICE_FORMAT(text));
    return true;
}

static bool saw_object_begin(void *context)
{
    buffer_append_text(context, "{ ");
    return true;
}

static bool saw_object_end(void *context)
{
    buffer_append_text(context, "} ");
    return true;
}

static bool saw_array_begin(void *context)
{
    buffer_append_text(context, "[ ");
    return true;
}

static bool saw_array_end(void *context)
{
    buffer_append_text(context, "] ");
    return true;
}

static const struct json_handlers saw = {
    .null = saw_null,
    .boolean = saw_boolean,
    .number = saw_number,
    .string = saw_string,
    .key = saw_key,
    .object_begin = saw_object_begin,
    .object_end = saw_object_end,
    .array_begin = saw_array_begin,
    .array_end = saw_array_end,
};

START_TEST(handlers_see_it_in_order)
{
    struct buffer seen;

    buffer_init(&seen, 4096);
    ck_assert_str_eq(verdict(SLICE_LITERAL("{\"a\":[null,true,false,-1.50,1e400,\"x\\u00e9\\/\"],"
                                           "\"b\\n\":{\"c\":\"\"}}"),
                             &saw, &seen),
                     "");
    buffer_append_byte(&seen, 0);
    ck_assert_str_eq(seen.data, "{ a: [ n t f -1.50 1e400 'x\xc3\xa9/' ] b\n: { c: '' } } ");
    buffer_done(&seen);
    release();
}
END_TEST

static bool refuse_number(void *context, struct slice text)
{
    (void)context;
    (void)text;
    return false;
}

START_TEST(a_handler_can_stop)
{
    static const struct json_handlers handlers = {.number = refuse_number};

    ck_assert_str_eq(verdict(SLICE_LITERAL("[\"a\",1,}"), &handlers, NULL), "json_stopped");
    ck_assert_str_eq(verdict(SLICE_LITERAL("17"), &handlers, NULL), "json_stopped");
    release();
}
END_TEST

START_TEST(a_full_arena_is_not_the_texts_fault)
{
    static const struct json_handlers none = {0};
    struct json_parser *own = json_parser_new();
    struct arena *small = arena_new(16);
    struct error error = {0};

    ck_assert_int_eq(json_parse(own, SLICE_LITERAL("[\"a string of some size with \\n\"]"), small,
                                &none, NULL, &error),
                     STATUS_FATAL);
    ck_assert_str_eq(error.code, "arena_full");
    json_parser_free(own);
    arena_free(small);
    json_parser_free(NULL);
}
END_TEST

SUITE_MAIN("json parser", good_text_is_taken, bad_text_is_refused, a_nul_byte_is_refused,
           depth_has_a_limit, keys_have_a_limit, size_has_a_limit, handlers_see_it_in_order,
           a_handler_can_stop, a_full_arena_is_not_the_texts_fault);
