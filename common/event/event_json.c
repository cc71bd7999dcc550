#include "common/event/event_json.h"

#include "common/event/item.h"

/* A body on its way to items. */
struct reading {
    struct event_item state;
    struct event_json_items items;
    size_t capacity;
    bool lines;
    bool in_array; /* of a document */
    bool in_item;
    bool in_metadata;
    size_t ignored;   /* levels of a value that stands where none may */
    const char *stop; /* why we stopped the parser; NULL when we did not */
};

static bool stop(struct reading *reading, const char *code)
{
    reading->stop = code;
    return false;
}

static bool grow(struct reading *reading)
{
    size_t capacity = 2 * reading->capacity;
    struct event_json_item *items;

    if (capacity > reading->state.request->max_items)
        capacity = reading->state.request->max_items;
    items = arena_zalloc(reading->state.arena, capacity, sizeof *items);
    if (items == NULL)
        return stop(reading, "arena_full");
    if (reading->items.count > 0)
        memcpy(items, reading->items.items, reading->items.count * sizeof *items);
    reading->items.items = items;
    reading->capacity = capacity;
    return true;
}

/* The next item, zeroed: OK until a fault is found. */
static bool add_item(struct reading *reading)
{
    if (reading->items.count == reading->state.request->max_items)
        return stop(reading, "too_many_items");
    if ((reading->items.items == NULL || reading->items.count == reading->capacity) &&
        !grow(reading))
        return false;
    event_item_begin(&reading->state, &reading->items.items[reading->items.count++]);
    return true;
}

static bool on_value(struct reading *reading, struct event_value value)
{
    if (reading->ignored > 0)
        return true;
    if (reading->in_metadata) {
        event_item_pair_value(&reading->state, value);
        return true;
    }
    if (reading->in_item) {
        reading->in_metadata = event_item_value(&reading->state, value);
        return true;
    }
    if (!reading->lines && !reading->in_array)
        return stop(reading, "wrong_type");
    if (!add_item(reading))
        return false;
    event_item_refuse(&reading->state);
    return true;
}

static bool on_null(void *context)
{
    return on_value(context, (struct event_value){EVENT_VALUE_NULL, {NULL, 0}});
}

static bool on_boolean(void *context, bool value)
{
    (void)value;
    return on_value(context, (struct event_value){EVENT_VALUE_BOOLEAN, {NULL, 0}});
}

static bool on_number(void *context, struct slice text)
{
    return on_value(context, (struct event_value){EVENT_VALUE_NUMBER, text});
}

static bool on_string(void *context, struct slice text)
{
    return on_value(context, (struct event_value){EVENT_VALUE_STRING, text});
}

/* An object or an array that is no item and no metadata: its value is a fault, what is inside is
 * nobody's. */
static bool on_nested(struct reading *reading, enum event_value_type type)
{
    if (reading->ignored == 0) {
        bool was_metadata = reading->in_metadata;

        if (!on_value(reading, (struct event_value){type, {NULL, 0}}))
            return false;
        if (reading->in_metadata && !was_metadata)
            return true;
    }
    reading->ignored++;
    return true;
}

static bool on_object_begin(void *context)
{
    struct reading *reading = context;

    if (reading->ignored > 0 || reading->in_item)
        return on_nested(reading, EVENT_VALUE_OBJECT);
    if (!add_item(reading))
        return false;
    reading->in_item = true;
    return true;
}

static bool on_key(void *context, struct slice name)
{
    struct reading *reading = context;

    if (reading->ignored > 0)
        return true;
    if (reading->in_metadata)
        event_item_pair_key(&reading->state, name);
    else
        event_item_key(&reading->state, name);
    return true;
}

static bool on_object_end(void *context)
{
    struct reading *reading = context;

    if (reading->ignored > 0) {
        reading->ignored--;
    } else if (reading->in_metadata) {
        reading->in_metadata = false;
    } else {
        reading->in_item = false;
        event_item_end(&reading->state);
    }
    return !reading->state.arena_full || stop(reading, "arena_full");
}

static bool on_array_begin(void *context)
{
    struct reading *reading = context;

    if (reading->ignored > 0 || reading->in_item || reading->in_array || reading->lines)
        return on_nested(reading, EVENT_VALUE_ARRAY);
    reading->in_array = true;
    return true;
}

static bool on_array_end(void *context)
{
    struct reading *reading = context;

    if (reading->ignored > 0)
        reading->ignored--;
    else
        reading->in_array = false;
    return true;
}

static const struct json_handlers handlers = {
    .null = on_null,
    .boolean = on_boolean,
    .number = on_number,
    .string = on_string,
    .object_begin = on_object_begin,
    .key = on_key,
    .object_end = on_object_end,
    .array_begin = on_array_begin,
    .array_end = on_array_end,
};

static enum status stopped(const struct reading *reading, struct error *error)
{
    if (strcmp(reading->stop, "arena_full") == 0)
        return error_set_code(error, STATUS_FATAL, "arena_full",
                              "reading a body: the arena has no room");
    if (strcmp(reading->stop, "too_many_items") == 0)
        return error_set_code(error, STATUS_REJECT, reading->stop, "more than %zu items",
                              reading->state.request->max_items);
    return error_set_code(error, STATUS_REJECT, reading->stop,
                          "must be an object or an array of objects");
}

static enum status read_document(struct reading *reading, struct json_parser *parser,
                                 struct slice body, struct error *error)
{
    struct error found = {.status = STATUS_OK};

    if (json_parse(parser, body, reading->state.arena, &handlers, reading, &found) == STATUS_OK)
        return STATUS_OK;
    if (reading->stop != NULL)
        return stopped(reading, error);
    return error_set_code(error, found.status, found.code, "%s", found.text);
}

/* The line is an item whatever became of it. */
static bool malformed(struct reading *reading, size_t before, const struct error *found)
{
    const struct json_reason *reason = json_reason_of(found);

    if (reading->items.count == before && !add_item(reading))
        return false;
    *reading->state.item = (struct event_json_item){
        .verdict = EVENT_JSON_MALFORMED,
        .reason = reason->code,
        .detail = reason->detail,
    };
    return true;
}

static bool read_line(struct reading *reading, struct json_parser *parser, struct slice line)
{
    struct error found = {.status = STATUS_OK};
    size_t before = reading->items.count;

    reading->in_item = reading->in_metadata = false;
    reading->ignored = 0;
    if (json_parse(parser, line, reading->state.arena, &handlers, reading, &found) == STATUS_OK)
        return true;
    if (found.status == STATUS_FATAL)
        return stop(reading, "arena_full");
    return reading->stop == NULL && malformed(reading, before, &found);
}

static bool is_blank(struct slice line)
{
    for (size_t i = 0; i < line.size; i++)
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r')
            return false;
    return true;
}

static enum status read_lines(struct reading *reading, struct json_parser *parser,
                              struct slice body, struct error *error)
{
    const char *at = body.size == 0 ? "" : body.data, *end = at + body.size;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        struct slice line = {at, (size_t)((newline == NULL ? end : newline) - at)};

        at += line.size + 1;
        if (!is_blank(line) && !read_line(reading, parser, line))
            return stopped(reading, error);
    }
    return STATUS_OK;
}

enum status event_json_parse(struct json_parser *parser, const struct event_json_request *request,
                             struct slice body, struct arena *arena, struct event_json_items *ret,
                             struct error *error)
{
    /* Half of the first room is a guess: a posted event has about 300 bytes. */
    struct reading reading = {
        .state = {.request = request, .arena = arena},
        .capacity = body.size / 512 + 1,
        .lines = request->format == EVENT_JSON_LINES,
    };
    enum status status;

    if (reading.lines)
        status = read_lines(&reading, parser, body, error);
    else
        status = read_document(&reading, parser, body, error);
    if (status == STATUS_OK)
        *ret = reading.items;
    return status;
}

size_t event_json_arena_bytes(size_t body_bytes, size_t max_items)
{
    /* The items, copied as they grow; metadata, at least six bytes a pair; unescaped text and
     * pointers; and the ends of the arena's blocks that something larger did not fit into. */
    return 4 * (max_items + 1) * sizeof(struct event_json_item) +
           (sizeof(struct text_pair) + 4) * body_bytes / 4 + (256 << 10);
}
