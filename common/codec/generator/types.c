#include "common/codec/generator/types.h"

#include "common/base/must.h"
#include "common/codec/generator/fail.h"

#include <avro.h>
#include <ctype.h>

/* Deep enough for events; a recursive schema never ends and is stopped by it at the latest. */
enum { DEPTH_MAX = 8, ITEMS_MAX = 1024 };

struct build {
    struct model *model;
    struct schema *schema;
    struct type **types;
    const char *open[DEPTH_MAX]; /* records that are being built */
    size_t depth;
};

static const struct type *build_type(struct build *build, avro_schema_t avro, const json_t *json);

static void *take(struct build *build, size_t count, size_t size)
{
    void *place = arena_zalloc(build->model->arena, count, size);

    MUST(place != NULL);
    return place;
}

static const char *copy(struct build *build, const char *text)
{
    return arena_text(build->model->arena, slice_of(text));
}

/* FeedbackKind -> feedback_kind */
static const char *snake(struct build *build, const char *name)
{
    char *text = take(build, 2 * strlen(name) + 1, 1);
    char *at = text;

    for (const char *c = name; *c != '\0'; c++) {
        if (isupper((unsigned char)*c) && c > name)
            *at++ = '_';
        *at++ = (char)tolower((unsigned char)*c);
    }
    return text;
}

static const char *text_of(struct build *build, const json_t *json, const char *name)
{
    const json_t *text = json_object_get(json, name);

    return json_is_string(text) ? copy(build, json_string_value(text)) : "";
}

static const struct type *find(const struct type *types, const char *name)
{
    for (const struct type *type = types; type != NULL; type = type->next)
        if (strcmp(type->avro_name, name) == 0)
            return type;
    return NULL;
}

static struct type *new_type(struct build *build, enum type_kind kind)
{
    struct type *type = take(build, 1, sizeof *type);

    type->kind = kind;
    return type;
}

static struct type *new_named(struct build *build, enum type_kind kind, avro_schema_t avro,
                              const json_t *json)
{
    struct type *type = new_type(build, kind);

    type->avro_name = copy(build, avro_schema_name(avro));
    type->name = snake(build, type->avro_name);
    type->doc = text_of(build, json, "doc");
    type->home = build->schema;
    type->next = *build->types;
    *build->types = type;
    return type;
}

static const struct type *build_enum(struct build *build, avro_schema_t avro, const json_t *json)
{
    struct type *type = new_named(build, TYPE_ENUM, avro, json);

    type->symbol_count = (size_t)avro_schema_enum_number_of_symbols(avro);
    type->symbols = take(build, type->symbol_count, sizeof *type->symbols);
    for (size_t i = 0; i < type->symbol_count; i++)
        type->symbols[i] = copy(build, avro_schema_enum_get(avro, (int)i));
    return type;
}

static struct field build_field(struct build *build, avro_schema_t record, const json_t *json,
                                size_t index)
{
    struct field field = {
        .name = copy(build, avro_schema_record_field_name(record, (int)index)),
        .doc = text_of(build, json, "doc"),
        .standard = json_object_get(json, "default"),
        .aliases = json_object_get(json, "aliases"),
    };

    field.type = build_type(build, avro_schema_record_field_get_by_index(record, (int)index),
                            json_object_get(json, "type"));
    return field;
}

static const struct type *build_record(struct build *build, avro_schema_t avro, const json_t *json)
{
    const json_t *attributes = json_object_get(json, "fields");
    size_t count = avro_schema_record_size(avro);
    struct field *fields = take(build, count, sizeof *fields);
    struct type *type;

    if (build->depth == DEPTH_MAX)
        FAIL("%s: too deep", avro_schema_name(avro));
    build->open[build->depth++] = avro_schema_name(avro);
    for (size_t i = 0; i < count; i++)
        fields[i] = build_field(build, avro, json_array_get(attributes, i), i);
    build->depth--;
    /* Entered behind the types of its fields: the registry is in order of definition. */
    type = new_named(build, TYPE_RECORD, avro, json);
    type->fields = fields;
    type->field_count = count;
    return type;
}

static size_t items_max(const char *where, const json_t *json)
{
    json_int_t most = json_integer_value(json_object_get(json, "maxItems"));

    if (most < 1 || most > ITEMS_MAX)
        FAIL("%s: an array or a map needs maxItems of 1 to %d", where, ITEMS_MAX);
    return (size_t)most;
}

static const struct type *build_array(struct build *build, avro_schema_t avro, const json_t *json)
{
    struct type *type = new_type(build, TYPE_ARRAY);

    type->items_max = items_max(build->schema->name, json);
    type->item = build_type(build, avro_schema_array_items(avro), json_object_get(json, "items"));
    if (type->item->kind != TYPE_RECORD)
        FAIL("%s: only arrays of records", build->schema->name);
    return type;
}

static const struct type *build_map(struct build *build, avro_schema_t avro, const json_t *json)
{
    struct type *type = new_type(build, TYPE_MAP);

    type->items_max = items_max(build->schema->name, json);
    if (avro_typeof(avro_schema_map_values(avro)) != AVRO_STRING)
        FAIL("%s: only maps of strings", build->schema->name);
    return type;
}

static const struct type *build_option(struct build *build, avro_schema_t avro, const json_t *json)
{
    struct type *type = new_type(build, TYPE_OPTION);

    if (avro_schema_union_size(avro) != 2 ||
        avro_typeof(avro_schema_union_branch(avro, 0)) != AVRO_NULL)
        FAIL("%s: only unions of null and a record", build->schema->name);
    type->item = build_type(build, avro_schema_union_branch(avro, 1), json_array_get(json, 1));
    if (type->item->kind != TYPE_RECORD)
        FAIL("%s: only unions of null and a record", build->schema->name);
    return type;
}

static const struct type *build_link(struct build *build, avro_schema_t avro)
{
    const char *name = avro_schema_name(avro_schema_link_target(avro));
    const struct type *type;

    for (size_t i = 0; i < build->depth; i++)
        if (strcmp(build->open[i], name) == 0)
            FAIL("%s: recursive schemas are refused: decoding one has no bound", name);
    type = find(*build->types, name);
    if (type == NULL)
        FAIL("%s: not defined", name);
    return type;
}

static const struct type *build_type(struct build *build, avro_schema_t avro, const json_t *json)
{
    avro_type_t kind = avro_typeof(avro);

    /* Defined by an earlier schema: the same C type. */
    if ((kind == AVRO_RECORD || kind == AVRO_ENUM) && find(*build->types, avro_schema_name(avro)))
        return find(*build->types, avro_schema_name(avro));
    switch (kind) {
    case AVRO_STRING:
        return new_type(build, TYPE_STRING);
    case AVRO_BYTES:
        return new_type(build, TYPE_BYTES);
    case AVRO_INT32:
        return new_type(build, TYPE_INT);
    case AVRO_INT64:
        return new_type(build, TYPE_LONG);
    case AVRO_FLOAT:
        return new_type(build, TYPE_FLOAT);
    case AVRO_BOOLEAN:
        return new_type(build, TYPE_BOOLEAN);
    case AVRO_ENUM:
        return build_enum(build, avro, json);
    case AVRO_RECORD:
        return build_record(build, avro, json);
    case AVRO_ARRAY:
        return build_array(build, avro, json);
    case AVRO_MAP:
        return build_map(build, avro, json);
    case AVRO_UNION:
        return build_option(build, avro, json);
    case AVRO_LINK:
        return build_link(build, avro);
    default:
        FAIL("%s: a type that the events do not use: %s", build->schema->name,
             avro_schema_type_name(avro));
    }
}

const struct type *types_build(struct model *model, struct schema *schema, struct type **types)
{
    struct build build = {.model = model, .schema = schema, .types = types};
    avro_schema_t avro = NULL;
    const struct type *type;

    if (avro_schema_from_json_length(schema->text, strlen(schema->text), &avro) != 0)
        FAIL("%s: %s", schema->name, avro_strerror());
    if (avro_typeof(avro) != AVRO_RECORD)
        FAIL("%s: not a record", schema->name);
    type = build_type(&build, avro, schema->json);
    if (strcmp(type->name, schema->name) != 0)
        FAIL("%s.avsc: defines %s", schema->name, type->avro_name);
    avro_schema_decref(avro);
    return type;
}
