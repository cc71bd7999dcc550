/* Posted JSON into events: event_json_parse, and by it json_parse, event_check_* and the writers.
 * The first byte chooses kind and format. An accepted event, written, must be accepted again as the
 * same. */
#include "common/base/must.h"
#include "common/event/event_json.h"
#include "tests/fuzz/target.h"
#include "tests/support/sample/sample.h"

enum { ITEMS_MAX = 64, BODY_MAX = 64 << 10 };

struct fuzz {
    struct json_parser *parser;
    struct arena *arena;
    struct event_json_request request;
};

static void write_item(const struct fuzz *fuzz, const struct event_json_item *item,
                       struct buffer *out)
{
    if (fuzz->request.kind == EVENT_FEEDBACK)
        event_json_write_feedback(&item->feedback, EVENT_JSON_POSTED, out);
    else
        event_json_write_transaction(&item->transaction, EVENT_JSON_POSTED, out);
}

static void check_again(const struct fuzz *fuzz, const struct event_json_item *item)
{
    struct event_json_items again;
    struct error error = {.status = STATUS_OK};
    struct buffer text;

    buffer_init(&text, BODY_MAX);
    write_item(fuzz, item, &text);
    MUST(!text.overflow);
    MUST(event_json_parse(fuzz->parser, &fuzz->request, buffer_slice(&text), fuzz->arena, &again,
                          &error) == STATUS_OK);
    MUST(again.count == 1 && again.items[0].verdict == EVENT_JSON_OK);
    if (fuzz->request.kind == EVENT_FEEDBACK)
        MUST(sample_same_feedback(&item->feedback, &again.items[0].feedback));
    else
        MUST(sample_same_transaction(&item->transaction, &again.items[0].transaction));
    buffer_done(&text);
}

static void check_item(const struct fuzz *fuzz, const struct event_json_item *item)
{
    if (item->verdict == EVENT_JSON_OK)
        check_again(fuzz, item);
    else
        MUST(item->reason != NULL && item->detail != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz = {
        .request = {.tenant = SLICE_LITERAL("acme"),
                    .received_at = INT64_C(1772280000000000),
                    .max_items = ITEMS_MAX},
    };
    struct event_json_items items;
    struct error error = {.status = STATUS_OK};

    if (size < 1 || size > BODY_MAX)
        return 0;
    fuzz.request.kind = (data[0] & 1) != 0 ? EVENT_FEEDBACK : EVENT_TRANSACTION;
    fuzz.request.format = (data[0] & 2) != 0 ? EVENT_JSON_LINES : EVENT_JSON_DOCUMENT;
    fuzz.parser = json_parser_new();
    fuzz.arena = arena_new(2 * event_json_arena_bytes(BODY_MAX, ITEMS_MAX) + (8 << 20));
    if (event_json_parse(fuzz.parser, &fuzz.request,
                         (struct slice){(const char *)data + 1, size - 1}, fuzz.arena, &items,
                         &error) == STATUS_OK)
        for (size_t i = 0; i < items.count; i++)
            check_item(&fuzz, &items.items[i]);
    else
        MUST(error.status == STATUS_REJECT);
    arena_free(fuzz.arena);
    json_parser_free(fuzz.parser);
    return 0;
}
