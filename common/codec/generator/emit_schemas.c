#include "common/codec/generator/emit.h"
#include "common/codec/generator/fail.h"
#include "common/codec/generator/registry.h"

/* text as C string literals, a line each. */
static void emit_text(const char *text, struct buffer *out)
{
    size_t column = 0;

    buffer_append_text(out, "     \"");
    for (; *text != '\0'; text++) {
        if (column > 80 && *text == '{') {
            buffer_append_text(out, "\"\n     \"");
            column = 0;
        }
        if (*text == '"' || *text == '\\')
            buffer_append_byte(out, '\\');
        buffer_append_byte(out, (uint8_t)*text);
        column++;
    }
    buffer_append_text(out, "\"");
}

/* The current schema that an older version is read as. */
static const struct schema *current_of(const struct model *model, const struct schema *schema)
{
    for (size_t i = 0; i < model->current_count; i++)
        if (strcmp(model->schemas[i].name, schema->name) == 0)
            return &model->schemas[i];
    FAIL("%s %s: a version of no current schema", schema->name, schema->version);
}

static void emit_entry_reader(const struct model *model, const struct schema *schema,
                              struct buffer *out)
{
    char name[96];

    if (schema->version[0] == '\0') {
        snprintf(name, sizeof name, "codec_read_%s", schema->name);
    } else {
        snprintf(name, sizeof name, "read_%s_%s", schema->name, schema->version);
        emit_reader(schema->type, current_of(model, schema)->type, name, false, out);
    }
    buffer_format(out,
                  "static bool entry_%s_%s(struct codec_reader *reader, void *ret)\n{\n"
                  "    return %s(reader, ret);\n}\n\n",
                  schema->name, schema->version, name);
}

static void emit_entry(const struct schema *schema, struct buffer *out)
{
    char upper[64];

    registry_upper(schema->name, upper, sizeof upper);
    buffer_format(out, "    {%u, EVENT_%s, entry_%s_%s,\n", schema->id, upper, schema->name,
                  schema->version);
    emit_text(schema->text, out);
    buffer_append_text(out, "},\n");
}

void emit_schemas_source(const struct model *model, struct buffer *out)
{
    buffer_append_text(out, "#include \"common/codec/schemas.h\"\n\n");
    for (size_t i = 0; i < model->current_count; i++)
        buffer_format(out, "#include \"common/codec/%s_wire.h\"\n", model->schemas[i].name);
    buffer_append_text(out, "\n");
    for (size_t i = 0; i < model->schema_count; i++)
        emit_entry_reader(model, &model->schemas[i], out);
    buffer_append_text(out, "static const struct codec_schema current[] = {\n");
    for (size_t i = 0; i < model->current_count; i++) {
        char upper[64];

        registry_upper(model->schemas[i].name, upper, sizeof upper);
        buffer_format(out, "    [EVENT_%s] =\n", upper);
        emit_entry(&model->schemas[i], out);
    }
    buffer_append_text(out, "};\n\nstatic const struct codec_schema older[] = {\n");
    for (size_t i = model->current_count; i < model->schema_count; i++)
        emit_entry(&model->schemas[i], out);
    /* The end; also keeps the array from being empty. */
    buffer_append_text(out, "    {0, (enum event_kind)0, NULL, NULL},\n};\n\n"
                            "const struct codec_schema *codec_schemas_current(void)\n{\n"
                            "    return current;\n}\n\n"
                            "const struct codec_schema *codec_schemas_older(void)\n{\n"
                            "    return older;\n}\n");
}
