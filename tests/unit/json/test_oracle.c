/* common/json against jansson: the same texts are taken, and say the same. Random documents, and
 * damaged ones. */
#include "common/base/random.h"
#include "common/json/json.h"
#include "tests/support/suite/suite.h"

#include <jansson.h>

enum { ROUNDS = 4000, DAMAGES = 3 };

/* The tree that the handlers build: what is open, outermost first. */
struct tree {
    json_t *open[JSON_DEPTH_MAX + 1];
    struct slice keys[JSON_DEPTH_MAX + 1];
    size_t depth;
    json_t *root;
};

static void put(struct tree *tree, json_t *value)
{
    json_t *in = tree->depth == 0 ? NULL : tree->open[tree->depth - 1];
    struct slice key = tree->keys[tree->depth];
    char name[4096];

    ck_assert_ptr_nonnull(value);
    if (in == NULL) {
        tree->root = value;
    } else if (json_is_array(in)) {
        json_array_append_new(in, value);
    } else {
        snprintf(name, sizeof name, "%.*s", SLICE_FORMAT(key));
        json_object_set_new(in, name, value);
    }
}

static bool open_value(struct tree *tree, json_t *value)
{
    put(tree, value);
    tree->open[tree->depth++] = value;
    return true;
}

static bool on_null(void *context)
{
    put(context, json_null());
    return true;
}

static bool on_boolean(void *context, bool value)
{
    put(context, json_boolean(value));
    return true;
}

static bool on_number(void *context, struct slice text)
{
    json_t *number = json_loadb(text.data, text.size, JSON_DECODE_ANY, NULL);

    /* Out of jansson's range: ours is text. */
    put(context, number == NULL ? json_string("huge") : number);
    return true;
}

static bool on_string(void *context, struct slice text)
{
    put(context, json_stringn(text.data, text.size));
    return true;
}

static bool on_key(void *context, struct slice name)
{
    struct tree *tree = context;

    tree->keys[tree->depth] = name;
    return true;
}

static bool on_object_begin(void *context)
{
    return open_value(context, json_object());
}

static bool on_array_begin(void *context)
{
    return open_value(context, json_array());
}

static bool on_end(void *context)
{
    struct tree *tree = context;

    tree->depth--;
    return true;
}

static const struct json_handlers handlers = {
    .null = on_null,
    .boolean = on_boolean,
    .number = on_number,
    .string = on_string,
    .key = on_key,
    .object_begin = on_object_begin,
    .object_end = on_end,
    .array_begin = on_array_begin,
    .array_end = on_end,
};

static void grow_string(struct random *random, struct buffer *out)
{
    static const char *const pieces[] = {
        "a",
        "b",
        "key",
        " ",
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\u0041",
        "\\u00e9",
        "\\ud83d\\ude00",
        "\xc3\xa9",
        "\xf0\x9f\x98\x80",
        "\x7f",
        "long text of more than one word",
    };

    buffer_append_byte(out, '"');
    for (uint64_t count = random_below(random, 5); count > 0; count--)
        buffer_append_text(out, pieces[random_below(random, sizeof pieces / sizeof pieces[0])]);
    buffer_append_byte(out, '"');
}

static void grow_value(struct random *random, struct buffer *out, int depth);

static void grow_object(struct random *random, struct buffer *out, int depth)
{
    uint64_t count = random_below(random, 5);

    buffer_append_byte(out, '{');
    for (uint64_t i = 0; i < count; i++) {
        buffer_append_text(out, i > 0 ? ", " : "");
        grow_string(random, out);
        buffer_append_text(out, ": ");
        grow_value(random, out, depth + 1);
    }
    buffer_append_byte(out, '}');
}

static void grow_array(struct random *random, struct buffer *out, int depth)
{
    uint64_t count = random_below(random, 5);

    buffer_append_byte(out, '[');
    for (uint64_t i = 0; i < count; i++) {
        buffer_append_text(out, i > 0 ? "," : "");
        grow_value(random, out, depth + 1);
    }
    buffer_append_byte(out, ']');
}

static void grow_value(struct random *random, struct buffer *out, int depth)
{
    static const char *const scalars[] = {
        "null", "true", "false", "0", "-0", "17", "-1.25", "1e5", "2E-3", "9007199254740993",
    };
    uint64_t kind = random_below(random, depth > 4 ? 3 : 6);

    if (kind < 2)
        buffer_append_text(out, scalars[random_below(random, sizeof scalars / sizeof scalars[0])]);
    else if (kind == 2)
        grow_string(random, out);
    else if (kind == 3)
        grow_array(random, out, depth);
    else
        grow_object(random, out, depth);
}

/* A few bytes are changed, dropped or doubled. */
static void damage(struct random *random, struct buffer *text)
{
    static const char likely[] = "\"\\{}[],:u0dD8\x80\xc0\xff 1e.-";

    for (uint64_t i = random_below(random, DAMAGES + 1); i > 0 && text->size > 1; i--) {
        size_t at = random_below(random, text->size);

        switch (random_below(random, 3)) {
        case 0:
            text->data[at] = likely[random_below(random, sizeof likely - 1)];
            break;
        case 1:
            memmove(text->data + at, text->data + at + 1, text->size - at - 1);
            text->size--;
            break;
        default:
            buffer_append_byte(text, 0);
            memmove(text->data + at + 1, text->data + at, text->size - at - 1);
            break;
        }
    }
}

/* What ours refuses and jansson does not, and the other way round. */
static bool excused(const struct error *ours, const json_error_t *theirs)
{
    if (ours->status != STATUS_OK)
        return strcmp(ours->code, "json_depth") == 0;
    return json_error_code(theirs) == json_error_numeric_overflow;
}

static void compare(struct json_parser *parser, struct arena *arena, struct slice text)
{
    struct tree tree = {.depth = 0};
    struct error ours = {0};
    json_error_t theirs;
    json_t *json =
        json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &theirs);
    enum status status = json_parse(parser, text, arena, &handlers, &tree, &ours);

    if ((status == STATUS_OK) != (json != NULL))
        ck_assert_msg(excused(&ours, &theirs), "ours %s, jansson %s: %.*s", ours.text, theirs.text,
                      SLICE_FORMAT(text));
    else if (json != NULL)
        ck_assert_msg(json_equal(json, tree.root), "not the same tree: %.*s", SLICE_FORMAT(text));
    json_decref(tree.root);
    json_decref(json);
}

START_TEST(the_oracle_agrees)
{
    struct json_parser *parser = json_parser_new();
    struct arena *arena = arena_new(1 << 20);
    struct random random;
    struct buffer text;

    random_init(&random, suite_seed());
    buffer_init(&text, 1 << 20);
    for (int round = 0; round < ROUNDS; round++) {
        buffer_reset(&text);
        arena_reset(arena);
        grow_value(&random, &text, 0);
        compare(parser, arena, buffer_slice(&text));
        damage(&random, &text);
        compare(parser, arena, buffer_slice(&text));
    }
    buffer_done(&text);
    arena_free(arena);
    json_parser_free(parser);
}
END_TEST

SUITE_MAIN("json oracle", the_oracle_agrees);
