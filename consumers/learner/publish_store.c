#include "consumers/learner/publish_store.h"

static const struct postgres_statement advance_statement = {
    .name = "counters_published",
    .sql = "UPDATE weight_counters SET published = greatest(published, $2) WHERE partition = $1",
    .types = {POSTGRES_INT4, POSTGRES_INT8},
};

/* A range with two ends and LIMIT 1 make index look-ups of it, however much lies above. */
static const struct postgres_statement next_statement = {
    .name = "weights_unpublished",
    .sql = "SELECT up_to, last, coalesce(number, 0), coalesce(tenant, ''), coalesce(user_id, ''),"
           "  coalesce(state, '')"
           " FROM (SELECT published, last, least(last, published + $2) AS up_to"
           "  FROM weight_counters WHERE partition = $1 AND published < last) AS counter"
           " LEFT JOIN LATERAL (SELECT DISTINCT user_key FROM weight_audit"
           "  WHERE partition = $1 AND number > published AND number <= up_to) AS changed ON true"
           " LEFT JOIN LATERAL (SELECT number, state FROM weights"
           "  WHERE weights.user_key = changed.user_key LIMIT 1) AS stored ON true"
           " LEFT JOIN LATERAL (SELECT tenant_key, user_id FROM users"
           "  WHERE users.user_key = changed.user_key LIMIT 1) AS named ON true"
           " LEFT JOIN LATERAL (SELECT tenant FROM tenants"
           "  WHERE tenants.tenant_key = named.tenant_key LIMIT 1) AS owner ON true",
    .types = {POSTGRES_INT4, POSTGRES_INT8},
};

enum status publish_store_advance(struct postgres *db, int32_t partition, int64_t number,
                                  struct error *error)
{
    const struct postgres_value values[] = {postgres_int4(partition), postgres_int8(number)};

    return postgres_run(db, &advance_statement, values, NULL, error);
}

enum status publish_store_next(struct postgres *db, int32_t partition, int64_t numbers,
                               struct postgres_result **ret_rows, struct error *error)
{
    const struct postgres_value values[] = {postgres_int4(partition), postgres_int8(numbers)};

    return postgres_run(db, &next_statement, values, ret_rows, error);
}
