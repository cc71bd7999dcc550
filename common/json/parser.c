/* yajl does the grammar. It would let pass what RFC 7493 forbids (tried with 2.1): that is found in
 * the raw text before it runs (raw.h) or while it runs (keys.h). */
#include "common/base/must.h"
#include "common/base/utf8.h"
#include "common/json/json.h"
#include "common/json/keys.h"
#include "common/json/raw.h"

#include <yajl/yajl_parse.h>

/* yajl's memory for one document. Its buffers double, and what they outgrow is not freed before the
 * end: less than four times the text, and a little for itself. */
enum { SCRATCH_BYTES = 4 * JSON_TEXT_MAX + (256 << 10) };

#define ARENA_FULL "arena_full"

const struct json_reason json_reasons[] = {
    {"json_syntax", "must be JSON"},
    {"json_utf8", "must be UTF-8"},
    {"json_escape", "must not hold an escaped NUL or half a surrogate pair"},
    {"json_duplicate_key", "must not have a key twice in an object"},
    {"json_depth", "must not be nested more than 16 levels deep"},
    {"json_too_large", "must have at most 4 MiB, and 128 keys in an object"},
    {"json_stopped", "was not read to its end"},
    {NULL, NULL},
};

const struct json_reason *json_reason_of(const struct error *error)
{
    for (const struct json_reason *reason = json_reasons; reason->code != NULL; reason++)
        if (strcmp(reason->code, error->code) == 0)
            return reason;
    return NULL;
}

struct json_parser {
    struct arena *scratch;
    struct json_keys keys;
    /* Of the document that is being parsed. */
    struct slice text;
    struct arena *arena;
    const struct json_handlers *handlers;
    void *context;
    yajl_handle yajl;
    size_t depth;
    size_t end;         /* of the outermost value, once it is complete */
    bool finishing;     /* yajl has got all of the text */
    const char *reason; /* why a callback stopped; NULL while none did */
};

struct json_parser *json_parser_new(void)
{
    struct json_parser *parser = must_alloc(sizeof *parser);

    parser->scratch = arena_new(SCRATCH_BYTES);
    json_keys_init(&parser->keys, JSON_DEPTH_MAX + 1);
    return parser;
}

void json_parser_free(struct json_parser *parser)
{
    if (parser == NULL)
        return;
    arena_free(parser->scratch);
    json_keys_done(&parser->keys);
    free(parser);
}

/* Before each piece that yajl gets: its size, for realloc. */
struct piece {
    size_t size;
    _Alignas(max_align_t) char data[];
};

static void *piece_new(void *context, size_t size)
{
    struct piece *piece = arena_alloc(context, sizeof *piece + size);

    /* yajl does not look; SCRATCH_BYTES is enough for any text that is let in. */
    MUST(piece != NULL);
    piece->size = size;
    return piece->data;
}

static void piece_free(void *context, void *data)
{
    (void)context;
    (void)data;
}

static void *piece_resize(void *context, void *data, size_t size)
{
    void *longer = piece_new(context, size);

    if (data != NULL) {
        const struct piece *old = (const void *)((const char *)data - offsetof(struct piece, data));

        memcpy(longer, data, old->size < size ? old->size : size);
    }
    return longer;
}

static int stop(struct json_parser *parser, const char *reason)
{
    parser->reason = reason;
    return 0;
}

/* What a handler says; one that is not there agrees. */
#define CALL(parser, handler, ...)                                                                 \
    ((parser)->handlers->handler == NULL ||                                                        \
             (parser)->handlers->handler((parser)->context, ##__VA_ARGS__)                         \
         ? 1                                                                                       \
         : stop((parser), "json_stopped"))

/* yajl's text where it will stay: in the document, or copied out of yajl's buffer. */
static bool settle(struct json_parser *parser, const unsigned char *data, size_t size,
                   struct slice *ret)
{
    struct slice text = {(const char *)data, size};
    uintptr_t at = (uintptr_t)data, start = (uintptr_t)parser->text.data;

    if (at < start || at >= start + parser->text.size) {
        text = arena_copy(parser->arena, text);
        if (text.data == NULL)
            return stop(parser, ARENA_FULL);
    }
    *ret = text;
    return true;
}

/* At the end of each value. yajl takes a token that is not complete for one that may still come:
 * {}" and {}tru would be fine. */
static void close_value(struct json_parser *parser)
{
    if (parser->depth == 0)
        parser->end = parser->finishing ? parser->text.size : yajl_get_bytes_consumed(parser->yajl);
}

static int on_null(void *context)
{
    struct json_parser *parser = context;

    close_value(parser);
    return CALL(parser, null);
}

static int on_boolean(void *context, int value)
{
    struct json_parser *parser = context;

    close_value(parser);
    return CALL(parser, boolean, value != 0);
}

static int on_number(void *context, const char *data, size_t size)
{
    struct json_parser *parser = context;
    struct slice text;

    close_value(parser);
    return settle(parser, (const unsigned char *)data, size, &text) && CALL(parser, number, text);
}

static int on_string(void *context, const unsigned char *data, size_t size)
{
    struct json_parser *parser = context;
    struct slice text;

    close_value(parser);
    return settle(parser, data, size, &text) && CALL(parser, string, text);
}

static int on_key(void *context, const unsigned char *data, size_t size)
{
    struct json_parser *parser = context;
    struct slice name;

    if (!settle(parser, data, size, &name))
        return 0;
    switch (json_keys_add(&parser->keys, parser->depth, name)) {
    case JSON_KEYS_TWICE:
        return stop(parser, "json_duplicate_key");
    case JSON_KEYS_TOO_MANY:
        return stop(parser, "json_too_large");
    case JSON_KEYS_NEW:
        break;
    }
    return CALL(parser, key, name);
}

static bool deeper(struct json_parser *parser)
{
    if (parser->depth == JSON_DEPTH_MAX)
        return stop(parser, "json_depth");
    parser->depth++;
    json_keys_begin(&parser->keys, parser->depth);
    return true;
}

static void shallower(struct json_parser *parser)
{
    json_keys_end(&parser->keys, parser->depth);
    parser->depth--;
    close_value(parser);
}

static int on_object_begin(void *context)
{
    struct json_parser *parser = context;

    return deeper(parser) && CALL(parser, object_begin);
}

static int on_object_end(void *context)
{
    struct json_parser *parser = context;

    shallower(parser);
    return CALL(parser, object_end);
}

static int on_array_begin(void *context)
{
    struct json_parser *parser = context;

    return deeper(parser) && CALL(parser, array_begin);
}

static int on_array_end(void *context)
{
    struct json_parser *parser = context;

    shallower(parser);
    return CALL(parser, array_end);
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_object_begin,
    .yajl_map_key = on_key,
    .yajl_end_map = on_object_end,
    .yajl_start_array = on_array_begin,
    .yajl_end_array = on_array_end,
};

/* NULL when the raw text may go to yajl. */
static const char *raw_fault(struct slice text)
{
    if (text.size > JSON_TEXT_MAX)
        return "json_too_large";
    if (!utf8_valid(text))
        return "json_utf8";
    return json_raw_escapes_valid(text) ? NULL : "json_escape";
}

static bool is_blank_from(struct slice text, size_t at)
{
    for (; at < text.size; at++)
        if (memchr(" \t\r\n", text.data[at], 4) == NULL)
            return false;
    return true;
}

/* Feeds yajl. True when it is content, too. */
static bool feed(struct json_parser *parser, size_t *ret_at)
{
    const unsigned char *data = (const unsigned char *)parser->text.data;
    yajl_status status = yajl_parse(parser->yajl, data, parser->text.size);

    *ret_at = yajl_get_bytes_consumed(parser->yajl);
    parser->finishing = true;
    if (status == yajl_status_ok)
        status = yajl_complete_parse(parser->yajl);
    return status == yajl_status_ok && is_blank_from(parser->text, parser->end);
}

/* NULL when all went well; else the reason, and where. */
static const char *run(struct json_parser *parser, size_t *ret_at)
{
    yajl_alloc_funcs memory = {piece_new, piece_resize, piece_free, parser->scratch};
    bool good;

    parser->yajl = yajl_alloc(&callbacks, &memory, parser);
    MUST(parser->yajl != NULL);
    yajl_config(parser->yajl, yajl_dont_validate_strings, 1); /* raw_fault did */
    good = feed(parser, ret_at);
    yajl_free(parser->yajl);
    if (good)
        return NULL;
    return parser->reason == NULL ? "json_syntax" : parser->reason;
}

static void begin(struct json_parser *parser, struct slice text, struct arena *arena)
{
    arena_reset(parser->scratch);
    json_keys_reset(&parser->keys);
    parser->text = text;
    parser->arena = arena;
    parser->depth = 0;
    parser->end = 0;
    parser->finishing = false;
    parser->reason = NULL;
}

enum status json_parse(struct json_parser *parser, struct slice text, struct arena *arena,
                       const struct json_handlers *handlers, void *context, struct error *error)
{
    const char *reason = raw_fault(text);
    size_t at = 0;

    if (reason == NULL) {
        begin(parser, text, arena);
        parser->handlers = handlers;
        parser->context = context;
        reason = run(parser, &at);
    }
    if (reason == NULL)
        return STATUS_OK;
    if (strcmp(reason, ARENA_FULL) == 0)
        return error_set_code(error, STATUS_FATAL, reason, "reading JSON: the arena has no room");
    return error_set_code(error, STATUS_REJECT, reason, "%s at byte %zu of %zu", reason, at,
                          text.size);
}
