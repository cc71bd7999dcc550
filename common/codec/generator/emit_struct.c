#include "common/codec/generator/emit.h"

#include "common/base/must.h"
#include "common/codec/generator/fail.h"
#include "common/codec/generator/registry.h"

/* A comment wrapped at the project's 100 columns. */
static void comment(const char *indent, const char *text, struct buffer *out)
{
    size_t column = strlen(indent) + 3;

    if (text[0] == '\0')
        return;
    buffer_format(out, "%s/*", indent);
    while (*text != '\0') {
        size_t word = strcspn(text, " ");

        /* The last word is followed by the comment's end. */
        if (column + word > 94) {
            buffer_format(out, "\n%s *", indent);
            column = strlen(indent) + 3;
        }
        buffer_append_byte(out, ' ');
        buffer_append(out, text, word);
        column += word + 1;
        text += word;
        text += strspn(text, " ");
    }
    buffer_append_text(out, " */\n");
}

static void emit_enum(const struct type *type, struct buffer *out)
{
    char upper[64], symbol[64];

    registry_upper(type->name, upper, sizeof upper);
    comment("", type->doc, out);
    buffer_format(out, "enum %s {\n", type->name);
    for (size_t i = 0; i < type->symbol_count; i++) {
        registry_upper(type->symbols[i], symbol, sizeof symbol);
        buffer_format(out, "    %s_%s,\n", upper, symbol);
    }
    buffer_format(out, "};\n\nenum { %s_COUNT = %zu };\n\n", upper, type->symbol_count);
    buffer_format(out,
                  "/* The symbol; NULL for a value outside the enum. */\n"
                  "static inline const char *%s_name(enum %s value)\n{\n"
                  "    static const char *const names[] = {",
                  type->name, type->name);
    for (size_t i = 0; i < type->symbol_count; i++)
        buffer_format(out, "%s\"%s\"", i > 0 ? ", " : "", type->symbols[i]);
    buffer_format(out, "};\n\n    return (unsigned)value < %s_COUNT ? names[value] : NULL;\n}\n\n",
                  upper);
    buffer_format(out,
                  "/* The value of a symbol; false for any other text. */\n"
                  "static inline bool %s_of(struct slice name, enum %s *ret_value)\n{\n"
                  "    for (unsigned i = 0; i < %s_COUNT; i++)\n"
                  "        if (slice_equal(name, slice_of(%s_name((enum %s)i)))) {\n"
                  "            *ret_value = (enum %s)i;\n"
                  "            return true;\n        }\n    return false;\n}\n\n",
                  type->name, type->name, upper, type->name, type->name, type->name);
}

static void emit_member(const struct field *field, struct buffer *out)
{
    const struct type *type = field->type;
    const char *name = field->name;

    comment("    ", field->doc, out);
    switch (type->kind) {
    case TYPE_STRING:
    case TYPE_BYTES:
        buffer_format(out, "    struct slice %s;\n", name);
        return;
    case TYPE_INT:
        buffer_format(out, "    int32_t %s;\n", name);
        return;
    case TYPE_LONG:
        buffer_format(out, "    int64_t %s;\n", name);
        return;
    case TYPE_FLOAT:
        buffer_format(out, "    float %s;\n", name);
        return;
    case TYPE_BOOLEAN:
        buffer_format(out, "    bool %s;\n", name);
        return;
    case TYPE_ENUM:
        buffer_format(out, "    enum %s %s;\n", type->name, name);
        return;
    case TYPE_OPTION:
        buffer_format(out, "    const struct %s *%s;\n", type->item->name, name);
        return;
    case TYPE_MAP:
        buffer_format(out, "    const struct text_pair *%s;\n    size_t %s_count;\n", name, name);
        return;
    case TYPE_ARRAY:
        buffer_format(out, "    const struct %s *%s;\n    size_t %s_count;\n", type->item->name,
                      name, name);
        return;
    case TYPE_RECORD:
        buffer_format(out, "    struct %s %s;\n", type->name, name);
        return;
    }
    FAIL("%s: no such type", name);
}

static void emit_limits(const struct type *record, const char *upper, struct buffer *out)
{
    char name[64];

    for (size_t i = 0; i < record->field_count; i++) {
        if (record->fields[i].type->items_max == 0)
            continue;
        registry_upper(record->fields[i].name, name, sizeof name);
        buffer_format(out, "enum { %s_%s_MAX = %zu };\n\n", upper, name,
                      record->fields[i].type->items_max);
    }
}

static void emit_record(const struct type *type, struct buffer *out)
{
    char upper[64];

    registry_upper(type->name, upper, sizeof upper);
    emit_limits(type, upper, out);
    comment("", type->doc, out);
    buffer_format(out, "struct %s {\n", type->name);
    for (size_t i = 0; i < type->field_count; i++)
        emit_member(&type->fields[i], out);
    buffer_append_text(out, "};\n\n");
}

void emit_struct_header(const struct model *model, const struct schema *schema, struct buffer *out)
{
    struct registry own = registry_of(model, schema);
    char upper[64];

    registry_upper(schema->name, upper, sizeof upper);
    buffer_format(
        out,
        "/* Made from schemas/%s.avsc: change that, not this. Slices and pointers borrow\n"
        " * from whoever filled the struct in: a decoder's input and arena, or a request's. "
        "*/\n"
        "#ifndef TRIBUTARY_EVENT_%s_H\n#define TRIBUTARY_EVENT_%s_H\n\n"
        "#include \"common/base/slice.h\"\n#include \"common/event/text_pair.h\"\n",
        schema->name, upper, upper);
    for (size_t i = 0; i < own.used_count; i++)
        buffer_format(out, "#include \"common/event/%s.h\"\n", own.used[i]->name);
    buffer_append_text(out, "\n#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n\n");
    for (size_t i = 0; i < own.count; i++) {
        if (own.types[i]->kind == TYPE_ENUM)
            emit_enum(own.types[i], out);
        else
            emit_record(own.types[i], out);
    }
    buffer_append_text(out, "#endif\n");
}
