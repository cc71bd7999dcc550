/* What the tests of event_json share: a parser, a request, and bodies of an event without its ends.
 */
#ifndef TRIBUTARY_TESTS_UNIT_EVENT_SETTING_H
#define TRIBUTARY_TESTS_UNIT_EVENT_SETTING_H

#include "common/event/event_json.h"
#include "tests/support/suite/suite.h"

static const int64_t noon = INT64_C(1772280000000000); /* 2026-02-28T12:00:00Z */

struct setting {
    struct json_parser *parser;
    struct arena *arena;
    struct event_json_request request;
    struct event_json_items items;
    struct error error;
};

static inline void begin(struct setting *setting, enum event_kind kind)
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

static inline void end(struct setting *setting)
{
    json_parser_free(setting->parser);
    arena_free(setting->arena);
}

static inline enum status parse(struct setting *setting, const char *body)
{
    arena_reset(setting->arena);
    error_clear(&setting->error);
    return event_json_parse(setting->parser, &setting->request, slice_of(body), setting->arena,
                            &setting->items, &setting->error);
}

/* The only item of a body that is fine as a whole. */
static inline const struct event_json_item *only(struct setting *setting, const char *body)
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

#endif
