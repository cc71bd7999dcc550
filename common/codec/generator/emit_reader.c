#include "common/base/must.h"
#include "common/codec/generator/emit.h"
#include "common/codec/generator/fail.h"

/* One decoder that is being written. A record inside a record is decoded by a function of its own:
 * the exported one when writer and reader agree, else a static one named behind this one. */
struct emitter {
    const struct type *writer;
    const struct type *reader;
    const char *name;
    struct buffer *out;
};

static bool has_alias(const struct field *field, const char *name)
{
    size_t i;
    const json_t *alias;

    json_array_foreach(field->aliases, i,
                       alias) if (strcmp(json_string_value(alias), name) == 0) return true;
    return false;
}

/* The reader's field for one of the writer's, and the other way round; NULL when there is none. */
static const struct field *field_of(const struct type *reader, const struct field *written)
{
    for (size_t i = 0; i < reader->field_count; i++)
        if (strcmp(reader->fields[i].name, written->name) == 0 ||
            has_alias(&reader->fields[i], written->name))
            return &reader->fields[i];
    return NULL;
}

static const struct field *written_for(const struct type *writer, const struct type *reader,
                                       const struct field *read)
{
    for (size_t i = 0; i < writer->field_count; i++)
        if (field_of(reader, &writer->fields[i]) == read)
            return &writer->fields[i];
    return NULL;
}

static bool same_enum(const struct type *writer, const struct type *reader)
{
    if (writer->symbol_count > reader->symbol_count)
        return false;
    for (size_t i = 0; i < writer->symbol_count; i++)
        if (strcmp(writer->symbols[i], reader->symbols[i]) != 0)
            return false;
    return true;
}

static void nested_name(const struct emitter *emitter, const struct field *read, char *name,
                        size_t size)
{
    if (emitter->writer == emitter->reader)
        snprintf(name, size, "codec_read_%s",
                 (read->type->item != NULL ? read->type->item : read->type)->name);
    else
        snprintf(name, size, "%s_%s", emitter->name, read->name);
}

/* What the fields need before the function itself: decoders of nested records, and the thunk that
 * codec_read_items and codec_read_option call. */
static void emit_before(const struct emitter *emitter, const struct field *written,
                        const struct field *read)
{
    char name[160];

    if (read->type->kind != TYPE_RECORD && read->type->item == NULL)
        return;
    nested_name(emitter, read, name, sizeof name);
    if (emitter->writer != emitter->reader && read->type->kind == TYPE_RECORD)
        emit_reader(written->type, read->type, name, false, emitter->out);
    if (read->type->item == NULL)
        return;
    if (emitter->writer != emitter->reader)
        emit_reader(written->type->item, read->type->item, name, false, emitter->out);
    buffer_format(emitter->out,
                  "static bool %s_%s_item(struct codec_reader *reader, void *place)\n{\n"
                  "    return %s(reader, place);\n}\n\n",
                  emitter->name, read->name, name);
}

static void emit_call(const struct emitter *emitter, const char *function, const struct field *read)
{
    buffer_format(emitter->out,
                  "    if (!%s(reader, &ret->%s))\n"
                  "        return codec_blame(reader, \"%s\");\n",
                  function, read->name, read->name);
}

static void emit_enum(const struct emitter *emitter, const struct type *writer,
                      const struct field *read)
{
    struct buffer *out = emitter->out;
    const struct type *type = read->type;

    buffer_format(out,
                  "    if (!codec_read_enum(reader, %zu, &symbol))\n"
                  "        return codec_blame(reader, \"%s\");\n",
                  writer->symbol_count, read->name);
    if (same_enum(writer, type)) {
        buffer_format(out, "    ret->%s = (enum %s)symbol;\n", read->name, type->name);
        return;
    }
    buffer_format(out, "    switch (symbol) {\n");
    for (size_t i = 0; i < writer->symbol_count; i++)
        for (size_t k = 0; k < type->symbol_count; k++)
            if (strcmp(writer->symbols[i], type->symbols[k]) == 0)
                buffer_format(out,
                              "    case %zu:\n        ret->%s = (enum %s)%zu;\n        break;\n", i,
                              read->name, type->name, k);
    buffer_format(out,
                  "    default:\n        codec_fail(reader, CODEC_ENUM_RANGE);\n"
                  "        return codec_blame(reader, \"%s\");\n    }\n",
                  read->name);
}

static void emit_items(const struct emitter *emitter, const struct field *read)
{
    const char *item = read->type->item->name;

    buffer_format(emitter->out,
                  "    if (!codec_read_items(reader,\n"
                  "                          &(struct codec_items){%zu, sizeof(struct %s), "
                  "%s_%s_item},\n"
                  "                          &items, &ret->%s_count))\n"
                  "        return codec_blame(reader, \"%s\");\n"
                  "    ret->%s = items;\n",
                  read->type->items_max, item, emitter->name, read->name, read->name, read->name,
                  read->name);
}

static void emit_option(const struct emitter *emitter, const struct field *read)
{
    const char *item = read->type->item->name;

    buffer_format(emitter->out,
                  "    if (!codec_read_option(reader,\n"
                  "                           &(struct codec_items){1, sizeof(struct %s), "
                  "%s_%s_item},\n"
                  "                           &items))\n"
                  "        return codec_blame(reader, \"%s\");\n"
                  "    ret->%s = items;\n",
                  item, emitter->name, read->name, read->name, read->name);
}

static void emit_scalar(const struct emitter *emitter, const struct type *writer,
                        const struct field *read)
{
    static const char *const functions[] = {
        [TYPE_STRING] = "codec_read_text", [TYPE_BYTES] = "codec_read_bytes",
        [TYPE_INT] = "codec_read_int",     [TYPE_LONG] = "codec_read_long",
        [TYPE_FLOAT] = "codec_read_float", [TYPE_BOOLEAN] = "codec_read_boolean",
    };

    if (writer->kind == TYPE_INT && read->type->kind == TYPE_LONG)
        emit_call(emitter, "codec_read_int_as_long", read);
    else if (writer->kind == read->type->kind)
        emit_call(emitter, functions[writer->kind], read);
    else
        FAIL("%s: %s cannot be read as it was written", emitter->name, read->name);
}

static void emit_field(const struct emitter *emitter, const struct field *written,
                       const struct field *read)
{
    enum type_kind kind = read->type->kind;
    char name[160];

    if (written->type->kind != kind && (kind == TYPE_ENUM || kind > TYPE_ENUM))
        FAIL("%s: %s cannot be read as it was written", emitter->name, read->name);
    if (kind == TYPE_ENUM) {
        emit_enum(emitter, written->type, read);
    } else if (kind == TYPE_RECORD) {
        nested_name(emitter, read, name, sizeof name);
        emit_call(emitter, name, read);
    } else if (kind == TYPE_ARRAY) {
        emit_items(emitter, read);
    } else if (kind == TYPE_OPTION) {
        emit_option(emitter, read);
    } else if (kind == TYPE_MAP) {
        buffer_format(emitter->out,
                      "    if (!codec_read_map(reader, %zu, &ret->%s, &ret->%s_count))\n"
                      "        return codec_blame(reader, \"%s\");\n",
                      read->type->items_max, read->name, read->name, read->name);
    } else {
        emit_scalar(emitter, written->type, read);
    }
}

static void emit_skip(const struct emitter *emitter, const struct field *written)
{
    static const char *const functions[] = {
        [TYPE_STRING] = "codec_skip_text", [TYPE_BYTES] = "codec_skip_bytes",
        [TYPE_INT] = "codec_skip_int",     [TYPE_LONG] = "codec_skip_long",
        [TYPE_FLOAT] = "codec_skip_float", [TYPE_BOOLEAN] = "codec_skip_boolean",
    };

    if (written->type->kind > TYPE_BOOLEAN)
        FAIL("%s: dropping %s is not supported: only scalars can be skipped", emitter->name,
             written->name);
    buffer_format(emitter->out,
                  "    if (!%s(reader))\n        return codec_blame(reader, \"%s\");\n",
                  functions[written->type->kind], written->name);
}

static void emit_default(const struct emitter *emitter, const struct field *read)
{
    struct buffer *out = emitter->out;
    const json_t *standard = read->standard;

    if (standard == NULL)
        FAIL("%s: %s is missing and has no default", emitter->name, read->name);
    buffer_format(out, "    ret->%s = ", read->name);
    switch (read->type->kind) {
    case TYPE_INT:
    case TYPE_LONG:
        buffer_format(out, "%lld;\n", (long long)json_integer_value(standard));
        return;
    case TYPE_STRING:
        if (json_string_length(standard) == 0) {
            buffer_append_text(out, "SLICE_LITERAL(\"\");\n");
            return;
        }
        break;
    case TYPE_MAP:
    case TYPE_ARRAY:
        if (json_object_size(standard) == 0 && json_array_size(standard) == 0) {
            buffer_format(out, "NULL;\n    ret->%s_count = 0;\n", read->name);
            return;
        }
        break;
    case TYPE_OPTION:
        buffer_append_text(out, "NULL;\n");
        return;
    default:
        break;
    }
    FAIL("%s: the default of %s is of a sort that is not supported", emitter->name, read->name);
}

static bool reads(const struct type *writer, const struct type *reader, enum type_kind kind)
{
    for (size_t i = 0; i < reader->field_count; i++)
        if (reader->fields[i].type->kind == kind &&
            written_for(writer, reader, &reader->fields[i]) != NULL)
            return true;
    return false;
}

static void emit_body(const struct emitter *emitter)
{
    const struct type *writer = emitter->writer, *reader = emitter->reader;
    struct buffer *out = emitter->out;

    bool symbol = reads(writer, reader, TYPE_ENUM);
    bool items = reads(writer, reader, TYPE_ARRAY) || reads(writer, reader, TYPE_OPTION);

    buffer_append_text(out, symbol ? "    unsigned symbol;\n" : "");
    buffer_append_text(out, items ? "    const void *items;\n" : "");
    buffer_append_text(out, symbol || items ? "\n" : "");
    for (size_t i = 0; i < writer->field_count; i++) {
        const struct field *read = field_of(reader, &writer->fields[i]);

        if (read == NULL)
            emit_skip(emitter, &writer->fields[i]);
        else
            emit_field(emitter, &writer->fields[i], read);
    }
    for (size_t i = 0; i < reader->field_count; i++)
        if (written_for(writer, reader, &reader->fields[i]) == NULL)
            emit_default(emitter, &reader->fields[i]);
    buffer_append_text(out, "    return true;\n");
}

void emit_reader(const struct type *writer, const struct type *reader, const char *name,
                 bool exported, struct buffer *out)
{
    struct emitter emitter = {.writer = writer, .reader = reader, .name = name, .out = out};

    if (strcmp(writer->name, reader->name) != 0)
        FAIL("%s: %s is not %s", name, writer->name, reader->name);
    for (size_t i = 0; i < reader->field_count; i++) {
        const struct field *written = written_for(writer, reader, &reader->fields[i]);

        if (written != NULL)
            emit_before(&emitter, written, &reader->fields[i]);
    }
    buffer_format(out, "%sbool %s(struct codec_reader *reader, struct %s *ret)\n{\n",
                  exported ? "" : "static ", name, reader->name);
    emit_body(&emitter);
    buffer_append_text(out, "}\n\n");
}
