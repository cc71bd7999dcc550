/* Surrogate keys: the small integers that stand for tenants, users and a tenant's categories.
 *
 * They are made in autocommit, before the transaction of the batch that needs them: inside it, a
 * stopped sink would block every other one that meets the same new user, and a rollback would leave
 * a dead key in the cache. Select the known, insert the missing in key order, select again; only
 * then they are cached. The cache is bounded and belongs to one thread.
 *
 * A tenant's first categories are the names of the taxonomy: what the engine answers by itself
 * always has room, however many its users add. */
#ifndef TRIBUTARY_USERS_USERS_H
#define TRIBUTARY_USERS_USERS_H

#include "common/base/owned.h"
#include "common/base/slice.h"
#include "common/base/status.h"
#include "common/postgres/postgres.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { USERS_MAX_CATEGORIES = 256 }; /* a tenant */

struct users;

/* One question and its answer. category may be empty: key 0. An answer that was given already
 * (classified) is `uncategorized` where there is no room for it. */
struct user_query {
    struct slice tenant;
    struct slice user;
    struct slice category;
    bool classified;
    int32_t ret_tenant_key;
    int64_t ret_user_key;
    int32_t ret_category_key; /* 0: empty, or the tenant has USERS_MAX_CATEGORIES already */
};

/* max_cached: users kept in memory (about 120 bytes each). */
struct users *users_new(size_t max_cached);
void users_free(struct users *users);
OWNED_DEFINE(users);

/* Answers all queries; those of the cache without the database, the rest in a constant number of
 * statements on db, which must be in no transaction. On failure no answer counts. */
enum status users_resolve(struct users *users, struct postgres *db, struct user_query *queries,
                          size_t count, struct error *error) MUST_CHECK;

#endif
