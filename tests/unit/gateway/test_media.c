/* Content types and traces. */
#include "producers/gateway/media.h"
#include "tests/support/suite/suite.h"

START_TEST(content_types)
{
    static const struct {
        const char *text;
        int format; /* -1: none */
    } rows[] = {
        {"application/json", EVENT_JSON_DOCUMENT},
        {"Application/JSON; charset=UTF-8", EVENT_JSON_DOCUMENT},
        {"application/json;charset=\"utf-8\"", EVENT_JSON_DOCUMENT},
        {"application/json ; charset=utf-8 ;", EVENT_JSON_DOCUMENT},
        {"application/x-ndjson", EVENT_JSON_LINES},
        {"application/x-ndjson; charset=utf-8", EVENT_JSON_LINES},
        {"application/json; charset=utf-16", -1},
        {"application/json; charset=latin1", -1},
        {"application/json; profile=x", -1},
        {"application/jsonx", -1},
        {"application/jso", -1},
        {"text/json", -1},
        {"text/plain", -1},
        {"", -1},
        {";", -1},
        {"application/json, application/json", -1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum event_json_format format;
        bool known = media_format(slice_of(rows[i].text), &format);

        ck_assert_msg((known ? (int)format : -1) == rows[i].format, "%s", rows[i].text);
    }
    ck_assert(!media_format((struct slice){NULL, 0}, &(enum event_json_format){0}));
}
END_TEST

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

START_TEST(sampled_traces)
{
    static const char *const bad[] = {
        "",
        "00-" TRACE "-" PARENT "-00",
        "00-" TRACE "-" PARENT "-02",
        "01-" TRACE "-" PARENT "-01",
        "ff-" TRACE "-" PARENT "-01",
        "00-" TRACE "-" PARENT "-1",
        "00-" TRACE "-" PARENT "-01-x",
        "00-00000000000000000000000000000000-" PARENT "-01",
        "00-" TRACE "-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01",
        "00_" TRACE "-" PARENT "-01",
        "00-" TRACE "_" PARENT "-01",
        "00-" TRACE "-" PARENT "_01",
        "00-" TRACE "-" PARENT "-0g",
    };

    ck_assert(media_sampled(SLICE_LITERAL("00-" TRACE "-" PARENT "-01")));
    ck_assert(media_sampled(SLICE_LITERAL("00-" TRACE "-" PARENT "-03")));
    ck_assert(media_sampled(SLICE_LITERAL("00-" TRACE "-" PARENT "-0b")));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!media_sampled(slice_of(bad[i])), "%s", bad[i]);
    ck_assert(!media_sampled((struct slice){NULL, 0}));
}
END_TEST

SUITE_MAIN("gateway/media", content_types, sampled_traces);
