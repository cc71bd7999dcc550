#include "common/engine/counts.h"

#include "common/base/hash.h"
#include "common/base/must.h"
#include "common/engine/subject.h"
#include "common/engine/tenant.h"
#include "common/taxonomy/taxonomy.h"

#include <stdlib.h>

/* So that no sum of parts overflows. */
#define UNITS_MAX (INT64_C(1) << 46)

enum { INDEX_SIZE = 2 * ENGINE_TENANTS_MAX };

struct engine_counts {
    struct budget budget;
    struct table table;
    struct engine_tenant *tenants[ENGINE_TENANTS_MAX];
    uint32_t tenant_count;
    uint16_t index[INDEX_SIZE]; /* of tenants by name: number + 1; 0: free */
    uint64_t refused;
};

struct engine_counts *engine_counts_new(size_t limit_bytes)
{
    struct engine_counts *counts = must_alloc(sizeof *counts);

    counts->budget.limit = limit_bytes;
    counts->budget.used = sizeof *counts;
    table_init(&counts->table, &counts->budget);
    return counts;
}

void engine_counts_free(struct engine_counts *counts)
{
    if (counts == NULL)
        return;
    for (uint32_t i = 0; i < counts->tenant_count; i++)
        tenant_free(counts->tenants[i]);
    table_done(&counts->table);
    free(counts);
}

/* Where the name is in the index, or the free place where it belongs: the index is never full. */
static size_t place_of(const struct engine_counts *counts, struct slice name)
{
    size_t place = (size_t)hash_fnv1a(HASH_FNV_SEED, name) % INDEX_SIZE;

    for (; counts->index[place] != 0; place = (place + 1) % INDEX_SIZE) {
        const struct engine_tenant *tenant = counts->tenants[counts->index[place] - 1];

        if (slice_equal((struct slice){tenant->name, tenant->name_size}, name))
            break;
    }
    return place;
}

const struct engine_tenant *engine_tenant(const struct engine_counts *counts, struct slice name)
{
    size_t place = place_of(counts, name);

    return counts->index[place] == 0 ? NULL : counts->tenants[counts->index[place] - 1];
}

static struct engine_tenant *tenant_of(struct engine_counts *counts, struct slice name)
{
    size_t place = place_of(counts, name);
    struct engine_tenant *tenant;

    if (counts->index[place] != 0)
        return counts->tenants[counts->index[place] - 1];
    if (counts->tenant_count == ENGINE_TENANTS_MAX)
        return NULL;
    tenant = tenant_new(&counts->table, &counts->budget, name);
    if (tenant == NULL)
        return NULL;
    tenant->number = counts->tenant_count;
    counts->tenants[counts->tenant_count++] = tenant;
    counts->index[place] = (uint16_t)counts->tenant_count;
    return tenant;
}

static int64_t clamp(int64_t units)
{
    if (units > UNITS_MAX)
        return UNITS_MAX;
    return units < -UNITS_MAX ? -UNITS_MAX : units;
}

static int64_t sum_of(const struct engine_tenant *tenant, uint64_t subject, uint16_t category)
{
    const struct table_entry *entry = table_sums(tenant->table, tenant->number, subject);

    while (entry != NULL && entry->category != category)
        entry = table_next(tenant->table, entry);
    return entry == NULL ? 0 : entry->units;
}

/* What is kept beside the table, since every answer wants it. */
static void follow(struct engine_tenant *tenant, uint64_t subject, uint16_t category,
                   int64_t before)
{
    int64_t sum = sum_of(tenant, subject, category);

    if (subject == ENGINE_SUBJECT_ALL)
        tenant->totals[category] = sum;
    else if (subject == ENGINE_SUBJECT_CORRECTED)
        tenant->corrected += sum - before;
    else
        tenant->confirmed += sum - before;
}

static bool set(struct engine_counts *counts, const struct engine_count *count)
{
    struct engine_tenant *tenant;
    struct table_key key;
    int64_t before = 0;
    int category;

    if (count->subject == 0 || slice_equal(count->category, slice_of(TAXONOMY_UNCATEGORIZED)))
        return false;
    tenant = tenant_of(counts, count->tenant);
    if (tenant == NULL)
        return false;
    category = tenant_category_add(tenant, &counts->budget, count->category,
                                   tenant_category_hash(count->category));
    if (category < 0)
        return false;
    key = (struct table_key){.subject = count->subject,
                             .tenant = tenant->number,
                             .category = (uint16_t)category,
                             .source = count->source};
    if (count->subject <= ENGINE_SUBJECT_CONFIRMED)
        before = sum_of(tenant, count->subject, (uint16_t)category);
    if (!table_set(&counts->table, &key, clamp(count->units)))
        return false;
    if (count->subject <= ENGINE_SUBJECT_CONFIRMED)
        follow(tenant, count->subject, (uint16_t)category, before);
    return true;
}

bool engine_counts_set(struct engine_counts *counts, const struct engine_count *count)
{
    if (set(counts, count))
        return true;
    counts->refused++;
    return false;
}

uint64_t engine_counts_refused(const struct engine_counts *counts)
{
    return counts->refused;
}

size_t engine_counts_bytes(const struct engine_counts *counts)
{
    return counts->budget.used;
}
