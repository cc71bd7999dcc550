#include "common/codec/generator/canonical.h"

#define FINGERPRINT_EMPTY UINT64_C(0xc15d213aa4d7a795)

/* The attributes that stay, in their order. */
static const char *const kept[] = {"name", "type", "fields", "symbols", "items", "values", "size"};

static void write_type(const json_t *type, const char *space, struct buffer *out);

/* A name without a dot belongs to the space around it; a primitive to none. */
static void write_name(const char *name, const char *space, struct buffer *out)
{
    static const char *const primitives =
        " null boolean int long float double bytes string array map ";
    char word[32];

    snprintf(word, sizeof word, " %.20s ", name);
    if (strchr(name, '.') != NULL || space[0] == '\0' || strstr(primitives, word) != NULL)
        buffer_format(out, "\"%s\"", name);
    else
        buffer_format(out, "\"%s.%s\"", space, name);
}

static void write_array(const json_t *array, const char *space, struct buffer *out)
{
    size_t i;
    const json_t *item;

    buffer_append_text(out, "[");
    json_array_foreach(array, i, item)
    {
        buffer_append_text(out, i > 0 ? "," : "");
        write_type(item, space, out);
    }
    buffer_append_text(out, "]");
}

static void write_symbols(const json_t *symbols, struct buffer *out)
{
    size_t i;
    const json_t *symbol;

    buffer_append_text(out, "[");
    json_array_foreach(symbols, i, symbol)
        buffer_format(out, "%s\"%s\"", i > 0 ? "," : "", json_string_value(symbol));
    buffer_append_text(out, "]");
}

static void write_attribute(const char *name, const json_t *value, const char *space,
                            struct buffer *out)
{
    buffer_format(out, "\"%s\":", name);
    if (strcmp(name, "symbols") == 0)
        write_symbols(value, out);
    else if (strcmp(name, "size") == 0)
        buffer_format(out, "%lld", (long long)json_integer_value(value));
    else
        write_type(value, space, out);
}

static void write_object(const json_t *object, const char *space, struct buffer *out)
{
    const char *type = json_string_value(json_object_get(object, "type"));
    const char *own = json_string_value(json_object_get(object, "namespace"));
    bool field = type == NULL || json_object_get(object, "name") != NULL;
    bool named = type != NULL && (strcmp(type, "record") == 0 || strcmp(type, "enum") == 0 ||
                                  strcmp(type, "fixed") == 0);
    bool first = true;

    if (own != NULL)
        space = own;
    /* {"type":"long","logicalType":…} is long. */
    if (type != NULL && !field && !json_object_get(object, "items") &&
        !json_object_get(object, "values")) {
        write_name(type, space, out);
        return;
    }
    buffer_append_text(out, "{");
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        const json_t *value = json_object_get(object, kept[i]);

        if (value == NULL)
            continue;
        buffer_append_text(out, first ? "" : ",");
        first = false;
        if (strcmp(kept[i], "name") == 0 && !named)
            buffer_format(out, "\"name\":\"%s\"", json_string_value(value));
        else if (strcmp(kept[i], "type") == 0 && named)
            buffer_format(out, "\"type\":\"%s\"", type);
        else
            write_attribute(kept[i], value, space, out);
    }
    buffer_append_text(out, "}");
}

static void write_type(const json_t *type, const char *space, struct buffer *out)
{
    if (json_is_string(type))
        write_name(json_string_value(type), space, out);
    else if (json_is_array(type))
        write_array(type, space, out);
    else
        write_object(type, space, out);
}

void canonical_write(const json_t *schema, struct buffer *out)
{
    write_type(schema, "", out);
}

uint64_t canonical_fingerprint(struct slice canonical)
{
    uint64_t print = FINGERPRINT_EMPTY;

    for (size_t i = 0; i < canonical.size; i++) {
        uint64_t entry = (print ^ (uint8_t)canonical.data[i]) & 0xff;

        for (int bit = 0; bit < 8; bit++)
            entry = (entry >> 1) ^ ((entry & 1) != 0 ? FINGERPRINT_EMPTY : 0);
        print = (print >> 8) ^ entry;
    }
    return print;
}
