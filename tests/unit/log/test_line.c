/* The line: what it looks like, and that no text breaks out of it. */
#include "common/base/hash.h"
#include "common/log/limit.h"
#include "common/log/line.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>

static struct log_line event_with(const struct log_field *fields)
{
    return (struct log_line){
        .wall_us = INT64_C(1772269200000001),
        .level = LOG_WARN,
        .event = "batch_rejected",
        .component = "analytics",
        .pid = 71,
        .fields = fields,
    };
}

/* The line as a C string without its break, which must be the only one. */
static const char *json(const struct log_line *event)
{
    static char line[LOG_LINE_BYTES + 1];
    size_t size = log_line_json(event, line);

    ck_assert_uint_le(size, LOG_LINE_BYTES);
    ck_assert_ptr_eq(memchr(line, '\n', size), line + size - 1);
    line[size - 1] = '\0';
    return line;
}

static const char *text(const struct log_line *event)
{
    static char line[LOG_LINE_BYTES + 1];
    size_t size = log_line_text(event, line);

    ck_assert_uint_le(size, LOG_LINE_BYTES);
    ck_assert_ptr_eq(memchr(line, '\n', size), line + size - 1);
    line[size - 1] = '\0';
    return line;
}

#define HEAD                                                                                       \
    "{\"ts\":\"2026-02-28T09:00:00.000001Z\",\"level\":\"warn\",\"event\":\"batch_rejected\","     \
    "\"component\":\"analytics\",\"pid\":71"

START_TEST(json_has_all_types)
{
    const struct log_field fields[] = {LOG_TEXT("topic", "transactions"),
                                       LOG_INT("offset", INT64_MIN),
                                       LOG_REAL("rate", 0.1),
                                       LOG_BOOL("last", true),
                                       LOG_TEXT("none", NULL),
                                       LOG_TEXT("empty", ""),
                                       LOG_REAL("bad", 0.0 / 0.0),
                                       {.key = NULL}};
    struct log_line event = event_with(fields);

    event.suppressed = 7;
    ck_assert_str_eq(json(&event),
                     HEAD ",\"suppressed\":7,\"topic\":\"transactions\","
                          "\"offset\":-9223372036854775808,\"rate\":0.1,\"last\":true,"
                          "\"none\":null,\"empty\":\"\",\"bad\":null}");
}
END_TEST

START_TEST(text_quotes_where_it_must)
{
    const struct log_field fields[] = {LOG_TEXT("topic", "transactions"),
                                       LOG_TEXT("why", "two words"),
                                       LOG_TEXT("sly", "x\n2026-01-01 INFO forged"),
                                       LOG_TEXT("colour", "\x1b[31m"),
                                       LOG_TEXT("empty", ""),
                                       LOG_INT("n", 3),
                                       {.key = NULL}};
    struct log_line event = event_with(fields);

    ck_assert_str_eq(text(&event),
                     "2026-02-28T09:00:00.000001Z WARN  analytics: batch_rejected "
                     "topic=transactions why=\"two words\" "
                     "sly=\"x\\n2026-01-01 INFO forged\" colour=\"\\u001b[31m\" empty=\"\" n=3");
}
END_TEST

START_TEST(text_is_escaped)
{
    static const char hostile[] = "q\" b\\ \r\n\t\x1b[0m\x7f\xc2\x9b"
                                  "1 \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80";
    const struct log_field fields[] = {LOG_TEXT("t", hostile), {.key = NULL}};
    struct log_line event = event_with(fields);

    ck_assert_str_eq(json(&event), HEAD ",\"t\":\"q\\\" b\\\\ \\r\\n\\t\\u001b[0m\\u007f\\u009b"
                                        "1 \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"}");
}
END_TEST

START_TEST(nul_is_escaped)
{
    const struct log_field fields[] = {LOG_SLICE("t", SLICE_LITERAL("a\0b")), {.key = NULL}};
    struct log_line event = event_with(fields);

    ck_assert_str_eq(json(&event), HEAD ",\"t\":\"a\\u0000b\"}");
}
END_TEST

START_TEST(invalid_utf8_is_replaced)
{
    static const struct {
        const char *in;
        const char *out;
    } cases[] = {
        {"\x80", "?"},           {"a\xff z", "a? z"},          {"\xc0\xaf", "??"},
        {"\xe2\x82", "??"},      {"\xed\xa0\x80", "???"},      {"\xf4\x90\x80\x80", "????"},
        {"\xe0\x80\x80", "???"}, {"\xf8\x88\x80\x80", "????"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct log_field fields[] = {LOG_TEXT("t", cases[i].in), {.key = NULL}};
        struct log_line event = event_with(fields);
        char want[256] = HEAD ",\"t\":\"";

        for (const char *c = cases[i].out; *c != '\0'; c++)
            strcat(want, *c == '?' ? "\xef\xbf\xbd" : (const char[]){*c, '\0'});
        strcat(want, "\"}");
        ck_assert_str_eq(json(&event), want);
    }
}
END_TEST

START_TEST(errors_are_fields)
{
    const struct log_field fields[] = {LOG_INT("n", 1), {.key = NULL}};
    struct log_line event = event_with(fields);
    struct error error = {0}, plain = {0};

    (void)error_set_code(&error, STATUS_RETRY, "08006", "postgres: \"away\"");
    event.error = &error;
    ck_assert_str_eq(json(&event), HEAD ",\"class\":\"retry\",\"error\":\"postgres: "
                                        "\\\"away\\\"\",\"code\":\"08006\",\"n\":1}");
    (void)error_set(&plain, STATUS_FATAL, "no disk");
    event.error = &plain;
    ck_assert_str_eq(json(&event), HEAD ",\"class\":\"fatal\",\"error\":\"no disk\",\"n\":1}");
}
END_TEST

static bool ends_with(const char *line, const char *tail)
{
    return strlen(line) >= strlen(tail) && strcmp(line + strlen(line) - strlen(tail), tail) == 0;
}

/* Every length around the limit: never longer, always closed, marked when and only when cut. */
START_TEST(long_lines_are_cut)
{
    char big[LOG_LINE_BYTES * 2];

    for (size_t size = 3800; size < 4200; size++) {
        const struct log_field fields[] = {
            LOG_SLICE("t", ((struct slice){big, size})), LOG_TEXT("after", "x"), {.key = NULL}};
        struct log_line event = event_with(fields);
        size_t whole = strlen(HEAD ",\"t\":\"\",\"after\":\"x\"}\n") + size;
        size_t cut = strlen(",\"truncated\":true");
        const char *line;

        memset(big, 'x', sizeof big);
        line = json(&event);
        if (whole + cut + 2 <= LOG_LINE_BYTES) /* 2: room for "null" is asked of every text */
            ck_assert(ends_with(line, "x\",\"after\":\"x\"}"));
        else if (whole + cut > LOG_LINE_BYTES)
            ck_assert_msg(ends_with(line, ",\"truncated\":true}"), "%zu %s", size, line);
        memset(big, '\x01', sizeof big); /* six bytes each: cut between them, not inside */
        line = json(&event);
        ck_assert(ends_with(line, "\\u0001\",\"truncated\":true}"));
        ck_assert(ends_with(text(&event), "\\u0001\" truncated=true"));
    }
}
END_TEST

START_TEST(many_fields_are_cut_whole)
{
    static struct log_field fields[500];
    struct log_line event = event_with(fields);
    const char *line;

    for (size_t i = 0; i < 499; i++)
        fields[i] = LOG_INT("number", 123456789);
    fields[499] = (struct log_field){.key = NULL};
    line = json(&event);
    ck_assert(ends_with(line, ",\"number\":123456789,\"truncated\":true}"));
    ck_assert_uint_gt(strlen(line), LOG_LINE_BYTES - 48);
}
END_TEST

START_TEST(repeats_are_limited)
{
    static struct log_limit limit;
    uint64_t suppressed = 99;

    for (unsigned i = 0; i < LOG_BURST; i++) {
        ck_assert(log_limit_pass(&limit, "a", 5000 + i, &suppressed));
        ck_assert_uint_eq(suppressed, 0);
    }
    for (unsigned i = 0; i < 25; i++)
        ck_assert(!log_limit_pass(&limit, "a", 5999, &suppressed));
    ck_assert(log_limit_pass(&limit, "b", 5999, &suppressed));
    ck_assert_uint_eq(suppressed, 0);
    ck_assert(log_limit_pass(&limit, "a", 6000, &suppressed));
    ck_assert_uint_eq(suppressed, 25);
    ck_assert(log_limit_pass(&limit, "a", 6001, &suppressed));
    ck_assert_uint_eq(suppressed, 0);
}
END_TEST

/* More names than slots: every one may speak, none takes another's count. */
START_TEST(many_names_are_limited_each)
{
    static struct log_limit limit;
    static char names[LOG_LIMIT_SLOTS * 4][16];
    uint64_t suppressed;

    for (size_t i = 0; i < LOG_LIMIT_SLOTS * 4; i++) {
        snprintf(names[i], sizeof names[i], "event_%zu", i);
        ck_assert(log_limit_pass(&limit, names[i], (int64_t)i, &suppressed));
        ck_assert_uint_eq(suppressed, 0);
    }
}
END_TEST

SUITE_MAIN("log line", json_has_all_types, text_quotes_where_it_must, text_is_escaped,
           nul_is_escaped, invalid_utf8_is_replaced, errors_are_fields, long_lines_are_cut,
           many_fields_are_cut_whole, repeats_are_limited, many_names_are_limited_each);
