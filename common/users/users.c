#include "common/users/users.h"

#include "common/base/must.h"
#include "common/postgres/array.h"
#include "common/taxonomy/taxonomy.h"

#include <uthash.h>

/* What a name stands for. All three kinds live in one cache under (kind, tenant, name). */
enum kind { KIND_TENANT = 't', KIND_USER = 'u', KIND_CATEGORY = 'c' };

enum { ARRAY_BYTES = 4 * 1024 * 1024, NAME_BYTES = 256 };

struct name {
    UT_hash_handle hh;
    int64_t key;
    size_t size;
    char bytes[];
};

struct users {
    struct name *names;
    size_t max;
    struct postgres_array tenants; /* int4: scope of the names that are asked for */
    struct postgres_array texts;
};

/* How one kind is looked up and made; a tenant has no scope. */
struct kind_table {
    enum kind kind;
    struct postgres_statement select;
    struct postgres_statement insert;
};

static const struct kind_table tenant_table = {
    .kind = KIND_TENANT,
    .select = {.name = "tenants_select",
               .sql = "SELECT tenant_key::int8, 0::int4, tenant FROM tenants"
                      " WHERE tenant = ANY ($2) AND $1::int4[] IS NOT NULL",
               .types = {POSTGRES_INT4_ARRAY, POSTGRES_TEXT_ARRAY}},
    .insert = {.name = "tenants_insert",
               .sql = "INSERT INTO tenants (tenant)"
                      " SELECT name FROM unnest($1::int4[], $2::text[]) AS asked (scope, name)"
                      " ORDER BY name ON CONFLICT DO NOTHING",
               .types = {POSTGRES_INT4_ARRAY, POSTGRES_TEXT_ARRAY}},
};

/* LIMIT 1 makes it an index look-up a user: as a plain join the whole table would be read for a
 * handful. */
static const struct kind_table user_table = {
    .kind = KIND_USER,
    .select = {.name = "users_select",
               .sql = "SELECT user_key, scope, name FROM unnest($1::int4[], $2::text[]) AS asked "
                      "(scope, name)"
                      " JOIN LATERAL (SELECT user_key FROM users"
                      "  WHERE tenant_key = scope AND user_id = name LIMIT 1) AS found ON true",
               .types = {POSTGRES_INT4_ARRAY, POSTGRES_TEXT_ARRAY}},
    .insert = {.name = "users_insert",
               .sql =
                   "INSERT INTO users (tenant_key, user_id)"
                   " SELECT scope, name FROM unnest($1::int4[], $2::text[]) AS asked (scope, name)"
                   " ORDER BY scope, name ON CONFLICT DO NOTHING",
               .types = {POSTGRES_INT4_ARRAY, POSTGRES_TEXT_ARRAY}},
};

static const struct kind_table category_table = {
    .kind = KIND_CATEGORY,
    .select = {.name = "categories_select",
               .sql = "SELECT category_key::int8, tenant_key, category FROM categories"
                      " JOIN unnest($1::int4[], $2::text[]) AS asked (scope, name)"
                      " ON tenant_key = scope AND category = name",
               .types = {POSTGRES_INT4_ARRAY, POSTGRES_TEXT_ARRAY}},
    /* The limit counts what is there and what this statement adds before. */
    .insert =
        {.name = "categories_insert",
         .sql =
             "INSERT INTO categories (tenant_key, category)"
             " SELECT scope, name FROM ("
             "  SELECT scope, name, row_number() OVER (PARTITION BY scope ORDER BY name)"
             "   + (SELECT count(*) FROM categories WHERE tenant_key = scope) AS place"
             "  FROM (SELECT DISTINCT * FROM unnest($1::int4[], $2::text[])) AS asked (scope, name)"
             " ) AS placed"
             " WHERE place <= 256 ORDER BY scope, name ON CONFLICT DO NOTHING",
         .types = {POSTGRES_INT4_ARRAY, POSTGRES_TEXT_ARRAY}},
};

/* A tenant's first categories: $2 for each of $1, beside the limit for the sake of tenants that
 * were full before they were met here. */
static const struct kind_table seed_table = {
    .kind = KIND_CATEGORY,
    .select = {.name = "seeds_select",
               .sql = "SELECT category_key::int8, tenant_key, category FROM categories"
                      " WHERE tenant_key = ANY ($1) AND category = ANY ($2)",
               .types = {POSTGRES_INT4_ARRAY, POSTGRES_TEXT_ARRAY}},
    .insert = {.name = "seeds_insert",
               .sql = "INSERT INTO categories (tenant_key, category)"
                      " SELECT scope, name FROM (SELECT DISTINCT unnest($1::int4[]) AS scope) AS t,"
                      "  unnest($2::text[]) AS n (name)"
                      " WHERE NOT EXISTS (SELECT FROM categories"
                      "  WHERE tenant_key = scope AND category = name)"
                      " ORDER BY scope, name ON CONFLICT DO NOTHING",
               .types = {POSTGRES_INT4_ARRAY, POSTGRES_TEXT_ARRAY}},
};

struct users *users_new(size_t max_cached)
{
    struct users *users = must_alloc(sizeof *users);

    users->max = max_cached;
    postgres_array_init(&users->tenants, POSTGRES_INT4_ARRAY, ARRAY_BYTES);
    postgres_array_init(&users->texts, POSTGRES_TEXT_ARRAY, ARRAY_BYTES);
    return users;
}

/* The oldest go first: uthash iterates in the order of insertion. */
static void users_shrink(struct users *users, size_t max)
{
    struct name *name, *next;

    HASH_ITER(hh, users->names, name, next)
    {
        if (HASH_COUNT(users->names) <= max)
            return;
        HASH_DEL(users->names, name);
        free(name);
    }
}

void users_free(struct users *users)
{
    if (users == NULL)
        return;
    users_shrink(users, 0);
    postgres_array_done(&users->tenants);
    postgres_array_done(&users->texts);
    free(users);
}

/* (kind, scope, name) as bytes; the scope is a key of fixed size, so no two are alike. */
struct cache_key {
    char bytes[1 + sizeof(int32_t) + NAME_BYTES];
    size_t size;
};

static struct cache_key cache_key(enum kind kind, int32_t scope, struct slice name)
{
    struct cache_key key = {.size = 1 + sizeof scope + name.size};

    MUST(name.size <= NAME_BYTES); /* checked events have shorter ones */
    key.bytes[0] = (char)kind;
    memcpy(key.bytes + 1, &scope, sizeof scope);
    if (name.size > 0)
        memcpy(key.bytes + 1 + sizeof scope, name.data, name.size);
    return key;
}

static int64_t cache_find(const struct users *users, const struct cache_key *key)
{
    struct name *found;

    HASH_FIND(hh, users->names, key->bytes, key->size, found);
    return found == NULL ? 0 : found->key;
}

static void cache_add(struct users *users, const struct cache_key *key, int64_t value)
{
    struct name *name;

    if (cache_find(users, key) != 0)
        return;
    name = must_alloc(sizeof *name + key->size);
    name->key = value;
    name->size = key->size;
    memcpy(name->bytes, key->bytes, key->size);
    HASH_ADD_KEYPTR(hh, users->names, name->bytes, name->size, name);
}

/* The name that a query asks for, and the tenant key that scopes it; empty: it asks for none. */
static struct slice query_name(const struct user_query *query, enum kind kind, int32_t *ret_scope)
{
    *ret_scope = kind == KIND_TENANT ? 0 : query->ret_tenant_key;
    switch (kind) {
    case KIND_TENANT:
        return query->tenant;
    case KIND_USER:
        return query->user;
    case KIND_CATEGORY:
        return query->category;
    }
    return (struct slice){NULL, 0};
}

static void query_answer(struct user_query *query, enum kind kind, int64_t key)
{
    switch (kind) {
    case KIND_TENANT:
        query->ret_tenant_key = (int32_t)key;
        break;
    case KIND_USER:
        query->ret_user_key = key;
        break;
    case KIND_CATEGORY:
        query->ret_category_key = (int32_t)key;
        break;
    }
}

/* Answers from the cache; what it does not know goes into the arrays. The number of those. */
static size_t users_ask_cache(struct users *users, enum kind kind, struct user_query *queries,
                              size_t count)
{
    postgres_array_reset(&users->tenants);
    postgres_array_reset(&users->texts);
    for (size_t i = 0; i < count; i++) {
        int32_t scope;
        struct slice name = query_name(&queries[i], kind, &scope);
        struct cache_key key;
        int64_t found;

        if (name.size == 0)
            continue;
        key = cache_key(kind, scope, name);
        found = cache_find(users, &key);
        query_answer(&queries[i], kind, found);
        if (found != 0)
            continue;
        postgres_array_append_int4(&users->tenants, scope);
        postgres_array_append_text(&users->texts, name);
    }
    return (size_t)users->texts.count;
}

static enum status users_select(struct users *users, struct postgres *db,
                                const struct kind_table *table, struct error *error)
{
    const struct postgres_value values[] = {postgres_array_value(&users->tenants),
                                            postgres_array_value(&users->texts)};
    OWNED(postgres_result) result = NULL;
    enum status status = postgres_run(db, &table->select, values, &result, error);

    if (status != STATUS_OK)
        return status;
    for (size_t row = 0; row < postgres_result_rows(result); row++) {
        struct cache_key key = cache_key(table->kind, postgres_result_int4(result, row, 1),
                                         postgres_result_text(result, row, 2));

        cache_add(users, &key, postgres_result_int8(result, row, 0));
    }
    return STATUS_OK;
}

static enum status users_insert(struct users *users, struct postgres *db,
                                const struct kind_table *table, struct error *error)
{
    const struct postgres_value values[] = {postgres_array_value(&users->tenants),
                                            postgres_array_value(&users->texts)};

    return postgres_run(db, &table->insert, values, NULL, error);
}

static enum status users_resolve_kind(struct users *users, struct postgres *db,
                                      const struct kind_table *table, struct user_query *queries,
                                      size_t count, struct error *error)
{
    enum status status;

    if (users_ask_cache(users, table->kind, queries, count) == 0)
        return STATUS_OK;
    if ((status = users_select(users, db, table, error)) != STATUS_OK)
        return status;
    if (users_ask_cache(users, table->kind, queries, count) == 0)
        return STATUS_OK;
    if ((status = users_insert(users, db, table, error)) != STATUS_OK ||
        (status = users_select(users, db, table, error)) != STATUS_OK)
        return status;
    users_ask_cache(users, table->kind, queries, count);
    return STATUS_OK;
}

static int64_t uncategorized_of(const struct users *users, int32_t tenant_key)
{
    struct cache_key key = cache_key(KIND_CATEGORY, tenant_key, taxonomy_name(TAXONOMY_NONE));

    return cache_find(users, &key);
}

/* Tenants that were not met yet: `uncategorized` in the cache is the mark of those that were. */
static size_t users_find_new_tenants(struct users *users, const struct user_query *queries,
                                     size_t count)
{
    int32_t last = 0;

    postgres_array_reset(&users->tenants);
    for (size_t i = 0; i < count; i++) {
        if (queries[i].ret_tenant_key != last &&
            uncategorized_of(users, queries[i].ret_tenant_key) == 0)
            postgres_array_append_int4(&users->tenants, queries[i].ret_tenant_key);
        last = queries[i].ret_tenant_key;
    }
    return (size_t)users->tenants.count;
}

static enum status users_seed(struct users *users, struct postgres *db,
                              const struct user_query *queries, size_t count, struct error *error)
{
    enum status status;

    if (users_find_new_tenants(users, queries, count) == 0)
        return STATUS_OK;
    postgres_array_reset(&users->texts);
    for (int i = 0; i < TAXONOMY_COUNT; i++)
        postgres_array_append_text(&users->texts, taxonomy_name((enum taxonomy_primary)i));
    if ((status = users_insert(users, db, &seed_table, error)) != STATUS_OK)
        return status;
    postgres_array_reset(&users->texts);
    postgres_array_append_text(&users->texts, taxonomy_name(TAXONOMY_NONE));
    return users_select(users, db, &seed_table, error);
}

static void users_fall_back(const struct users *users, struct user_query *queries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (queries[i].classified && queries[i].category.size > 0 &&
            queries[i].ret_category_key == 0)
            queries[i].ret_category_key =
                (int32_t)uncategorized_of(users, queries[i].ret_tenant_key);
}

enum status users_resolve(struct users *users, struct postgres *db, struct user_query *queries,
                          size_t count, struct error *error)
{
    enum status status;

    users_shrink(users, users->max);
    if ((status = users_resolve_kind(users, db, &tenant_table, queries, count, error)) !=
            STATUS_OK ||
        (status = users_seed(users, db, queries, count, error)) != STATUS_OK ||
        (status = users_resolve_kind(users, db, &user_table, queries, count, error)) != STATUS_OK ||
        (status = users_resolve_kind(users, db, &category_table, queries, count, error)) !=
            STATUS_OK)
        return status;
    users_fall_back(users, queries, count);
    return STATUS_OK;
}
