#include "common/codec/generator/model.h"

#include "common/base/must.h"
#include "common/codec/generator/canonical.h"
#include "common/codec/generator/fail.h"
#include "common/codec/generator/types.h"

enum { ARENA_BYTES = 16 << 20, TEXT_BYTES = 1 << 20, SCHEMAS_MAX = 64 };

/* The text of json on one line, in the order of the file. */
static const char *one_line(struct model *model, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER);
    const char *copy;

    MUST(text != NULL);
    copy = arena_text(model->arena, slice_of(text));
    free(text);
    return copy;
}

/* dir/name.version.avsc or dir/name.avsc */
static void name_schema(struct model *model, struct schema *schema, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = arena_text(model->arena, slice_of(slash == NULL ? path : slash + 1));
    char *dot = strchr(name, '.');

    if (dot == NULL || strcmp(strrchr(name, '.'), ".avsc") != 0)
        FAIL("%s: not an .avsc file", path);
    *strrchr(name, '.') = '\0';
    schema->version = *dot == '\0' ? "" : dot + 1;
    *dot = '\0';
    schema->name = name;
}

static void read_file(struct model *model, const char *path)
{
    struct schema *schema = &model->schemas[model->schema_count];
    json_error_t error;

    if (model->schema_count == SCHEMAS_MAX)
        FAIL("more than %d schemas", SCHEMAS_MAX);
    schema->source = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (schema->source == NULL)
        FAIL("%s:%d: %s", path, error.line, error.text);
    name_schema(model, schema, path);
    model->schema_count++;
}

/* The current schema that defines the record `name`; NULL when none does. */
static struct schema *definer(struct model *model, const char *name)
{
    for (size_t i = 0; i < model->current_count; i++) {
        const char *own = json_string_value(json_object_get(model->schemas[i].source, "name"));

        if (own != NULL && strcmp(own, name) == 0)
            return &model->schemas[i];
    }
    return NULL;
}

static void finish(struct model *model, struct schema *schema);

/* A copy of json with the first mention of each foreign record replaced by its definition. */
static json_t *composed(struct model *model, struct schema *schema, json_t *json)
{
    json_t *copy;
    const char *key;
    json_t *value;
    size_t i;

    if (json_is_string(json)) {
        struct schema *other = definer(model, json_string_value(json));

        if (other == NULL || other == schema || other->inlined_by == schema)
            return json_incref(json);
        finish(model, other);
        other->inlined_by = schema;
        return json_deep_copy(other->json);
    }
    if (!json_is_object(json) && !json_is_array(json))
        return json_incref(json);
    copy = json_is_object(json) ? json_object() : json_array();
    json_object_foreach(json, key, value)
    {
        bool reference =
            strcmp(key, "type") == 0 || strcmp(key, "items") == 0 || strcmp(key, "fields") == 0;

        json_object_set_new(copy, key,
                            reference ? composed(model, schema, value) : json_incref(value));
    }
    if (json_is_array(json))
        json_array_foreach(json, i, value)
            json_array_append_new(copy, composed(model, schema, value));
    return copy;
}

static void fingerprint(struct schema *schema)
{
    struct buffer canonical;

    buffer_init(&canonical, TEXT_BYTES);
    canonical_write(schema->json, &canonical);
    schema->fingerprint = canonical_fingerprint(buffer_slice(&canonical));
    schema->id = (uint32_t)(schema->fingerprint ^ schema->fingerprint >> 32) & 0x7fffffff;
    if (schema->id == 0)
        FAIL("%s %s: the fingerprint gives id 0", schema->name, schema->version);
    buffer_done(&canonical);
}

static void finish(struct model *model, struct schema *schema)
{
    struct type *own = NULL; /* an older version's types are its own */
    bool current = schema->version[0] == '\0';

    if (schema->type != NULL)
        return;
    if (schema->json != NULL)
        FAIL("%s: schemas that refer to each other", schema->name);
    schema->json = json_null();
    schema->json = composed(model, schema, schema->source);
    schema->text = one_line(model, schema->json);
    fingerprint(schema);
    schema->type = types_build(model, schema, current ? &model->types : &own);
}

static void refuse_equal_ids(const struct model *model)
{
    for (size_t i = 0; i < model->schema_count; i++)
        for (size_t k = 0; k < i; k++)
            if (model->schemas[i].id == model->schemas[k].id)
                FAIL("%s %s and %s %s have the same id", model->schemas[i].name,
                     model->schemas[i].version, model->schemas[k].name, model->schemas[k].version);
}

void model_load(struct model *model, char **current, char **versions)
{
    *model = (struct model){.arena = arena_new(ARENA_BYTES)};
    model->schemas = arena_zalloc(model->arena, SCHEMAS_MAX, sizeof *model->schemas);
    MUST(model->schemas != NULL);
    for (; *current != NULL; current++)
        read_file(model, *current);
    model->current_count = model->schema_count;
    for (; *versions != NULL; versions++)
        read_file(model, *versions);
    for (size_t i = 0; i < model->schema_count; i++)
        finish(model, &model->schemas[i]);
    refuse_equal_ids(model);
}

void model_done(struct model *model)
{
    for (size_t i = 0; i < model->schema_count; i++) {
        json_decref(model->schemas[i].source);
        json_decref(model->schemas[i].json);
    }
    arena_free(model->arena);
}
