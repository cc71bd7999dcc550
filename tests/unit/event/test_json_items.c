/* common/event: bodies of many items, and their limits. */
#include "tests/unit/event/setting.h"

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

SUITE_MAIN("event json items", an_array_keeps_its_good_items,
           an_item_takes_nothing_from_the_one_before, a_bad_line_is_an_item, items_have_a_limit,
           the_arena_is_enough, a_full_arena_is_said);
