#include "common/codec/generator/registry.h"

#include "common/codec/generator/fail.h"

#include <ctype.h>

static void add_used(struct registry *registry, const struct schema *schema)
{
    for (size_t i = 0; i < registry->used_count; i++)
        if (registry->used[i] == schema)
            return;
    if (registry->used_count == REGISTRY_MAX)
        FAIL("%s: too many schemas", schema->name);
    registry->used[registry->used_count++] = schema;
}

static void add_foreign(struct registry *registry, const struct schema *schema,
                        const struct type *record)
{
    for (size_t i = 0; i < record->field_count; i++) {
        const struct type *type = record->fields[i].type;

        if (type->item != NULL)
            type = type->item;
        if (type->home != NULL && type->home != schema)
            add_used(registry, type->home);
    }
}

struct registry registry_of(const struct model *model, const struct schema *schema)
{
    struct registry registry = {.count = 0};

    /* The list has the newest first. */
    for (const struct type *type = model->types; type != NULL; type = type->next) {
        if (type->home != schema)
            continue;
        if (registry.count == REGISTRY_MAX)
            FAIL("%s: too many types", schema->name);
        registry.types[registry.count++] = type;
        add_foreign(&registry, schema, type);
    }
    for (size_t i = 0; i < registry.count / 2; i++) {
        const struct type *other = registry.types[registry.count - 1 - i];

        registry.types[registry.count - 1 - i] = registry.types[i];
        registry.types[i] = other;
    }
    return registry;
}

void registry_upper(const char *name, char *upper, size_t size)
{
    size_t i;

    for (i = 0; name[i] != '\0' && i + 1 < size; i++)
        upper[i] = (char)toupper((unsigned char)name[i]);
    upper[i] = '\0';
}
