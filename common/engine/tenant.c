#include "common/engine/tenant.h"

#include "common/base/hash.h"
#include "common/base/must.h"

#include <stdlib.h>
#include <string.h>

struct engine_tenant *tenant_new(const struct table *table, struct budget *budget,
                                 struct slice name)
{
    struct engine_tenant *tenant;

    if (name.size > TENANT_NAME_MAX || !budget_take(budget, sizeof *tenant))
        return NULL;
    tenant = must_alloc(sizeof *tenant);
    tenant->table = table;
    tenant->name_size = (uint32_t)name.size;
    memcpy(tenant->name, name.data, name.size);
    return tenant;
}

void tenant_free(struct engine_tenant *tenant)
{
    if (tenant == NULL)
        return;
    for (uint32_t i = 0; i < tenant->category_count; i++)
        free(tenant->categories[i]);
    free(tenant);
}

uint64_t tenant_category_hash(struct slice name)
{
    return hash_fnv1a(HASH_FNV_SEED, name);
}

/* Where the name is in the index, or the free place where it belongs: the index is never full. */
static size_t place_of(const struct engine_tenant *tenant, struct slice name, uint64_t hash)
{
    size_t place = (size_t)(hash ^ hash >> 32) % TENANT_INDEX_SIZE;

    for (; tenant->index[place] != 0; place = (place + 1) % TENANT_INDEX_SIZE) {
        size_t number = tenant->index[place] - 1u;

        if (tenant->categories[number]->hash == hash &&
            slice_equal(tenant_category(tenant, number), name))
            break;
    }
    return place;
}

int tenant_category_find(const struct engine_tenant *tenant, struct slice name, uint64_t hash)
{
    return tenant->index[place_of(tenant, name, hash)] - 1;
}

int tenant_category_add(struct engine_tenant *tenant, struct budget *budget, struct slice name,
                        uint64_t hash)
{
    size_t place = place_of(tenant, name, hash);
    struct tenant_category *category;

    if (tenant->index[place] != 0)
        return tenant->index[place] - 1;
    if (name.size == 0 || name.size > ENGINE_CATEGORY_SIZE ||
        tenant->category_count == ENGINE_CATEGORIES_MAX || !budget_take(budget, sizeof *category))
        return -1;
    category = must_alloc(sizeof *category);
    category->hash = hash;
    category->size = (uint32_t)name.size;
    memcpy(category->name, name.data, name.size);
    tenant->categories[tenant->category_count++] = category;
    tenant->index[place] = (uint16_t)tenant->category_count;
    return tenant->index[place] - 1;
}
