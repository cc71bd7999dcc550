#include "common/codec/generator/emit.h"
#include "common/codec/generator/fail.h"
#include "common/codec/generator/registry.h"

static void emit_bound_field(const struct field *field, struct buffer *out)
{
    const char *name = field->name;

    switch (field->type->kind) {
    case TYPE_STRING:
    case TYPE_BYTES:
        buffer_format(out, "    bound += CODEC_NUMBER_MAX + value->%s.size;\n", name);
        return;
    case TYPE_INT:
    case TYPE_LONG:
    case TYPE_FLOAT:
    case TYPE_BOOLEAN:
    case TYPE_ENUM:
        buffer_append_text(out, "    bound += CODEC_NUMBER_MAX;\n");
        return;
    case TYPE_OPTION:
        buffer_format(out,
                      "    bound += CODEC_NUMBER_MAX;\n"
                      "    bound += value->%s == NULL ? 0 : codec_bound_%s(value->%s);\n",
                      name, field->type->item->name, name);
        return;
    case TYPE_MAP:
        buffer_format(out, "    bound += codec_bound_map(value->%s, value->%s_count);\n", name,
                      name);
        return;
    case TYPE_ARRAY:
        buffer_format(out,
                      "    bound += 2 * CODEC_NUMBER_MAX;\n"
                      "    for (size_t i = 0; i < value->%s_count; i++)\n"
                      "        bound += codec_bound_%s(&value->%s[i]);\n",
                      name, field->type->item->name, name);
        return;
    case TYPE_RECORD:
        buffer_format(out, "    bound += codec_bound_%s(&value->%s);\n", field->type->name, name);
        return;
    }
    FAIL("%s: no such type", name);
}

static void emit_put_array(const struct field *field, struct buffer *out)
{
    const char *name = field->name;

    buffer_format(out,
                  "    if (value->%s_count > 0)\n"
                  "        at = codec_put_long(at, (int64_t)value->%s_count);\n"
                  "    for (size_t i = 0; i < value->%s_count; i++)\n"
                  "        at = codec_put_%s(at, &value->%s[i]);\n"
                  "    at = codec_put_long(at, 0);\n",
                  name, name, name, field->type->item->name, name);
}

static void emit_put_field(const struct field *field, struct buffer *out)
{
    const char *name = field->name;

    switch (field->type->kind) {
    case TYPE_STRING:
    case TYPE_BYTES:
        buffer_format(out, "    at = codec_put_bytes(at, value->%s);\n", name);
        return;
    case TYPE_INT:
    case TYPE_LONG:
        buffer_format(out, "    at = codec_put_long(at, value->%s);\n", name);
        return;
    case TYPE_FLOAT:
        buffer_format(out, "    at = codec_put_float(at, value->%s);\n", name);
        return;
    case TYPE_BOOLEAN:
    case TYPE_ENUM:
        buffer_format(out, "    at = codec_put_long(at, (int64_t)value->%s);\n", name);
        return;
    case TYPE_OPTION:
        buffer_format(out,
                      "    at = codec_put_long(at, value->%s != NULL);\n"
                      "    if (value->%s != NULL)\n"
                      "        at = codec_put_%s(at, value->%s);\n",
                      name, name, field->type->item->name, name);
        return;
    case TYPE_MAP:
        buffer_format(out, "    at = codec_put_map(at, value->%s, value->%s_count);\n", name, name);
        return;
    case TYPE_ARRAY:
        emit_put_array(field, out);
        return;
    case TYPE_RECORD:
        buffer_format(out, "    at = codec_put_%s(at, &value->%s);\n", field->type->name, name);
        return;
    }
    FAIL("%s: no such type", name);
}

static void emit_writer(const struct type *record, struct buffer *out)
{
    buffer_format(out,
                  "size_t codec_bound_%s(const struct %s *value)\n{\n    size_t bound = 0;\n\n",
                  record->name, record->name);
    for (size_t i = 0; i < record->field_count; i++)
        emit_bound_field(&record->fields[i], out);
    buffer_append_text(out, "    return bound;\n}\n\n");
    buffer_format(out, "char *codec_put_%s(char *at, const struct %s *value)\n{\n", record->name,
                  record->name);
    for (size_t i = 0; i < record->field_count; i++)
        emit_put_field(&record->fields[i], out);
    buffer_append_text(out, "    return at;\n}\n\n");
}

void emit_wire_header(const struct model *model, const struct schema *schema, struct buffer *out)
{
    struct registry own = registry_of(model, schema);
    char upper[64];

    registry_upper(schema->name, upper, sizeof upper);
    buffer_format(
        out,
        "/* Made from schemas/%s.avsc: its Avro encoding. bound: never less than put will\n"
        " * write; put: returns the end; read: see common/codec/reader.h. */\n"
        "#ifndef TRIBUTARY_CODEC_%s_WIRE_H\n#define TRIBUTARY_CODEC_%s_WIRE_H\n\n"
        "#include \"common/codec/reader.h\"\n#include \"common/event/%s.h\"\n\n",
        schema->name, upper, upper, schema->name);
    for (size_t i = 0; i < own.count; i++) {
        const char *name = own.types[i]->name;

        if (own.types[i]->kind == TYPE_RECORD)
            buffer_format(out,
                          "size_t codec_bound_%s(const struct %s *value);\n"
                          "char *codec_put_%s(char *at, const struct %s *value);\n"
                          "bool codec_read_%s(struct codec_reader *reader, struct %s *ret);\n",
                          name, name, name, name, name, name);
    }
    buffer_append_text(out, "\n#endif\n");
}

void emit_wire_source(const struct model *model, const struct schema *schema, struct buffer *out)
{
    struct registry own = registry_of(model, schema);
    char name[96];

    buffer_format(out,
                  "#include \"common/codec/%s_wire.h\"\n\n#include \"common/codec/writer.h\"\n",
                  schema->name);
    for (size_t i = 0; i < own.used_count; i++)
        buffer_format(out, "#include \"common/codec/%s_wire.h\"\n", own.used[i]->name);
    buffer_append_text(out, "\n");
    for (size_t i = 0; i < own.count; i++) {
        if (own.types[i]->kind != TYPE_RECORD)
            continue;
        emit_writer(own.types[i], out);
        snprintf(name, sizeof name, "codec_read_%s", own.types[i]->name);
        emit_reader(own.types[i], own.types[i], name, true, out);
    }
}
