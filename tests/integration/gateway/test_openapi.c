/* schemas/openapi.yaml says the truth: each example of a request gets the status beside it, and the
 * list of reasons is the code's. */
#include "common/event/event.h"
#include "common/json/json.h"
#include "tests/support/gateway/door.h"
#include "tests/support/gateway/gateway.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 8192, PAGE_BYTES = 256 * 1024, EXAMPLES_LEAST = 12 };

/* Where in the file we are: the examples of requests are in a form of one line each. */
struct place {
    char path[64];
    char type[64];
    bool request;
    int status; /* x-status of the example; 0: none yet */
    size_t examples;
};

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool take_string(void *context, struct slice text)
{
    char *body = context;

    ck_assert_uint_lt(text.size, LINE_BYTES);
    memcpy(body, text.data, text.size);
    body[text.size] = '\0';
    return true;
}

/* A value in double quotes holds the body; another one is the body. */
static void body_of(const char *value, char *body)
{
    static const struct json_handlers handlers = {.string = take_string};
    OWNED(json_parser) parser = json_parser_new();
    struct arena *arena = arena_new(1 << 20);
    struct error error = {0};

    snprintf(body, LINE_BYTES, "%s", value);
    if (value[0] == '"')
        ck_assert_msg(json_parse(parser, slice_of(value), arena, &handlers, body, &error) ==
                          STATUS_OK,
                      "%s: %s", value, error.text);
    arena_free(arena);
}

static void try_example(struct place *place, const char *value, int port)
{
    char body[LINE_BYTES], *answer = NULL;
    int status;

    body_of(value, body);
    status = gateway_post(port, place->path, place->type, body, &answer);
    ck_assert_msg(status == place->status, "%s: %d, not %d: %s", value, status, place->status,
                  answer);
    free(answer);
    place->status = 0;
    place->examples++;
}

/* text: a line without its indentation. */
static void take_line(struct place *place, char *text, int port)
{
    text[strcspn(text, "\n")] = '\0';
    if (starts(text, "/v1/"))
        snprintf(place->path, sizeof place->path, "%.*s", (int)strcspn(text, ":"), text);
    else if (starts(text, "requestBody:"))
        place->request = true;
    else if (starts(text, "responses:"))
        place->request = false;
    else if (starts(text, "application/"))
        snprintf(place->type, sizeof place->type, "%.*s", (int)strcspn(text, ":"), text);
    else if (starts(text, "x-status: "))
        place->status = (int)strtol(text + 10, NULL, 10);
    else if (starts(text, "value: ") && place->request)
        try_example(place, text + 7, port);
}

START_TEST(examples_get_their_status)
{
    struct door door;
    struct place place = {.request = false};
    char line[LINE_BYTES];
    FILE *file = fopen(TRIBUTARY_SOURCE "/schemas/openapi.yaml", "r");

    ck_assert_ptr_nonnull(file);
    door_open(&door, broker_shared(), NULL);
    door_start(&door);
    while (fgets(line, sizeof line, file) != NULL)
        take_line(&place, line + strspn(line, " "), door.port);
    fclose(file);
    ck_assert_uint_ge(place.examples, EXAMPLES_LEAST);
    door_close(&door);
}
END_TEST

/* Reasons that only a record can have, not a post. */
static bool of_records(const char *reason)
{
    static const char *const words[] = {
        "tenant_invalid", "offset_range",     "outcome_parts", "enum_range",    "confidence_range",
        "evidence_range", "reasons_too_many", "code_invalid",  "raw_too_large", "json_stopped"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], reason) == 0)
            return true;
    return false;
}

static void expect_reason(const char *page, const char *reason)
{
    char text[64];

    snprintf(text, sizeof text, "        - %s\n", reason);
    ck_assert_msg((strstr(page, text) != NULL) != of_records(reason), "%s", reason);
}

START_TEST(reasons_are_listed)
{
    static char page[PAGE_BYTES];
    FILE *file = fopen(TRIBUTARY_SOURCE "/schemas/openapi.yaml", "r");

    ck_assert_ptr_nonnull(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    for (const char *const *reason = event_reasons; *reason != NULL; reason++)
        expect_reason(page, *reason);
    for (const struct json_reason *reason = json_reasons; reason->code != NULL; reason++)
        expect_reason(page, reason->code);
}
END_TEST

SUITE_MAIN_TIMEOUT("gateway/openapi", 60, examples_get_their_status, reasons_are_listed);
