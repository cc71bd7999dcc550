/* The registry's read API, path by path. */
#include "common/codec/codec.h"
#include "producers/gateway/registry.h"
#include "tests/support/suite/suite.h"

#include <inttypes.h>
#include <stdio.h>

static char answer[REGISTRY_ANSWER_BYTES];

static int get(const char *path)
{
    struct buffer out;
    int status;

    buffer_init(&out, sizeof answer - 1);
    status = registry_answer(slice_of(path), "fleet-", &out);
    ck_assert(!out.overflow);
    memcpy(answer, out.data, out.size);
    answer[out.size] = '\0';
    buffer_done(&out);
    return status;
}

static void expect(const char *path, int status, const char *text)
{
    ck_assert_msg(get(path) == status, "%s", path);
    ck_assert_msg(strstr(answer, text) != NULL, "%s: %s", path, answer);
}

START_TEST(what_there_is)
{
    char text[64], path[64];

    expect("/subjects", 200,
           "[\"fleet-transactions-value\",\"fleet-feedback-value\","
           "\"fleet-classifications-value\"]");
    expect("/schemas/types", 200, "[\"AVRO\"]");
    expect("/config", 200, "{\"compatibilityLevel\":\"BACKWARD\"}");
    expect("/subjects/feedback-value/versions", 200, "[1");
    expect("/subjects/fleet-feedback-value/versions", 200, "[1");
    snprintf(text, sizeof text, "\"id\":%" PRIu32 ",", codec_schema_id(EVENT_FEEDBACK));
    expect("/subjects/fleet-feedback-value/versions/latest", 200, text);
    expect("/subjects/feedback-value/versions/latest", 200, "\"subject\":\"feedback-value\"");
    expect("/subjects/feedback%2Dvalue/versions/latest", 200, "\"subject\":\"feedback-value\"");
    snprintf(path, sizeof path, "/schemas/ids/%" PRIu32, codec_schema_id(EVENT_FEEDBACK));
    expect(path, 200, "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"Feedback\\\"");
}
END_TEST

/* Every version has a number, an id, and the schema of that id. */
START_TEST(versions_are_numbered_from_one)
{
    char path[96], id[16], by_version[REGISTRY_ANSWER_BYTES];
    const char *schema;
    int version = 1;

    for (;; version++) {
        snprintf(path, sizeof path, "/subjects/transactions-value/versions/%d", version);
        if (get(path) != 200)
            break;
        ck_assert_int_eq(sscanf(strstr(answer, "\"id\":"), "\"id\":%15[0-9]", id), 1);
        snprintf(by_version, sizeof by_version, "%s", answer);
        snprintf(path, sizeof path, "/schemas/ids/%s", id);
        ck_assert_int_eq(get(path), 200);
        schema = strstr(by_version, "\"schema\":");
        ck_assert_str_eq(strstr(answer, "\"schema\":"), schema);
    }
    ck_assert_int_gt(version, 2);
    ck_assert_ptr_nonnull(strstr(answer, "40402"));
    snprintf(path, sizeof path, "%d]", version - 1);
    expect("/subjects/transactions-value/versions", 200, path);
}
END_TEST

START_TEST(what_there_is_not)
{
    expect("/subjects/x-value/versions", 404, "40401");
    expect("/subjects/transactions-key/versions/1", 404, "40401");
    expect("/subjects/other-transactions-value/versions/1", 404, "40401");
    expect("/subjects//versions/1", 404, "40401");
    expect("/subjects/%zz/versions/1", 404, "40401");
    expect("/subjects/transactions-value/versions/99", 404, "40402");
    expect("/subjects/transactions-value/versions/0", 422, "42202");
    expect("/subjects/transactions-value/versions/x", 422, "42202");
    expect("/subjects/transactions-value/versions/", 422, "42202");
    expect("/subjects/transactions-value/versions/99999999999", 422, "42202");
    expect("/schemas/ids/1", 404, "40403");
    expect("/schemas/ids/", 404, "40403");
    expect("/schemas/ids/-1", 404, "40403");
    expect("/schemas/ids/4294967297", 404, "40403");
    expect("/schemas/other", 404, "40400");
    expect("/subjects/transactions-value", 404, "40400");
}
END_TEST

SUITE_MAIN("gateway/registry", what_there_is, versions_are_numbered_from_one, what_there_is_not);
