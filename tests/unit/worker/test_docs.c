/* docs/events.md names every code and every field that there is. */
#include "common/codec/codec.h"
#include "common/event/event.h"
#include "common/json/json.h"
#include "common/worker/decode.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>

enum { PAGE_MAX = 64 << 10 };

static void read_page(char *page)
{
    FILE *file = fopen(EVENTS_PAGE, "r");
    size_t size;

    ck_assert_ptr_nonnull(file);
    size = fread(page, 1, PAGE_MAX - 1, file);
    page[size] = '\0';
    fclose(file);
}

static void expect_named(const char *page, const char *name, size_t size)
{
    char quoted[96];

    snprintf(quoted, sizeof quoted, "`%.*s`", (int)size, name);
    ck_assert_msg(strstr(page, quoted) != NULL, "docs/events.md does not say what %s is", quoted);
}

START_TEST(every_code_is_explained)
{
    static char page[PAGE_MAX];

    read_page(page);
    for (const char *const *code = codec_reasons; *code != NULL; code++)
        expect_named(page, *code, strlen(*code));
    for (const char *const *code = event_reasons; *code != NULL; code++)
        expect_named(page, *code, strlen(*code));
    for (const char *const *code = decode_reasons; *code != NULL; code++)
        expect_named(page, *code, strlen(*code));
    for (const struct json_reason *reason = json_reasons; reason->code != NULL; reason++)
        expect_named(page, reason->code, strlen(reason->code));
}
END_TEST

/* Fields and symbols, as the schema's own text names them. */
START_TEST(every_field_is_explained)
{
    static const char mark[] = "{\"name\":\"";
    static char page[PAGE_MAX];

    read_page(page);
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        const char *at = codec_schema_json((enum event_kind)kind);

        while ((at = strstr(at, mark)) != NULL) {
            at += sizeof mark - 1;
            expect_named(page, at, strcspn(at, "\""));
        }
    }
    for (unsigned i = 0; i < FEEDBACK_KIND_COUNT; i++)
        expect_named(page, feedback_kind_name((enum feedback_kind)i),
                     strlen(feedback_kind_name((enum feedback_kind)i)));
    for (unsigned i = 0; i < OUTCOME_COUNT; i++)
        expect_named(page, outcome_name((enum outcome)i), strlen(outcome_name((enum outcome)i)));
    for (unsigned i = 0; i < DECIDER_COUNT; i++)
        expect_named(page, decider_name((enum decider)i), strlen(decider_name((enum decider)i)));
}
END_TEST

SUITE_MAIN("events page", every_code_is_explained, every_field_is_explained);
