/* One tenant's categories and counts, as answers read them. Inside the engine only. */
#ifndef TRIBUTARY_ENGINE_TENANT_H
#define TRIBUTARY_ENGINE_TENANT_H

#include "common/base/slice.h"
#include "common/engine/budget.h"
#include "common/engine/counts.h"
#include "common/engine/features.h"
#include "common/engine/table.h"

#include <stddef.h>
#include <stdint.h>

enum { TENANT_INDEX_SIZE = 2 * ENGINE_CATEGORIES_MAX, TENANT_NAME_MAX = 255 };

struct tenant_category {
    uint64_t hash;
    uint32_t size;
    char name[ENGINE_CATEGORY_SIZE];
};

struct engine_tenant {
    const struct table *table;
    uint32_t number;
    uint32_t category_count;
    struct tenant_category *categories[ENGINE_CATEGORIES_MAX]; /* owned; names never move */
    uint16_t index[TENANT_INDEX_SIZE];                         /* by hash: number + 1; 0: free */
    int64_t totals[ENGINE_CATEGORIES_MAX];                     /* of everything, may be negative */
    int64_t corrected, confirmed;                              /* answers, in ENGINE_UNITs */
    uint32_t name_size;
    char name[TENANT_NAME_MAX];
};

/* NULL where the budget is used up. */
struct engine_tenant *tenant_new(const struct table *table, struct budget *budget,
                                 struct slice name);
void tenant_free(struct engine_tenant *tenant);

/* A category's hash, as the two below want it, so that it is computed once. */
uint64_t tenant_category_hash(struct slice name);

/* The category's number; -1: not one of the tenant's. */
int tenant_category_find(const struct engine_tenant *tenant, struct slice name, uint64_t hash);

/* The same, put in where it is missing; -1: no room. */
int tenant_category_add(struct engine_tenant *tenant, struct budget *budget, struct slice name,
                        uint64_t hash);

static inline struct slice tenant_category(const struct engine_tenant *tenant, size_t number)
{
    const struct tenant_category *category = tenant->categories[number];

    return (struct slice){category->name, category->size};
}

#endif
