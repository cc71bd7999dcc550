#include "common/weights/stored.h"

#include "common/postgres/array.h"

enum { COLUMN_BYTES = 4 * 1024 * 1024 };

static const struct postgres_statement find_statement = {
    .name = "weights_find",
    /* LIMIT 1 makes it an index look-up a user: as a plain join the whole tables would be read for
     * a handful of users. */
    .sql = "SELECT (place - 1)::int4, number, state"
           " FROM unnest($1, $2) WITH ORDINALITY AS asked (tenant, user_id, place)"
           " JOIN LATERAL (SELECT tenant_key FROM tenants WHERE tenants.tenant = asked.tenant"
           "  LIMIT 1) AS t ON true"
           " JOIN LATERAL (SELECT user_key FROM users WHERE users.tenant_key = t.tenant_key"
           "  AND users.user_id = asked.user_id LIMIT 1) AS u ON true"
           " JOIN LATERAL (SELECT number, state FROM weights WHERE weights.user_key = u.user_key"
           "  LIMIT 1) AS w ON true",
    .types = {POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY},
};

enum status stored_find(struct postgres *db, const struct weights_copy *asked, size_t count,
                        struct postgres_result **ret_rows, struct error *error)
{
    struct postgres_array columns[2];
    struct postgres_value values[2];
    enum status status;

    postgres_arrays_init(columns, &find_statement, COLUMN_BYTES);
    for (size_t i = 0; i < count; i++) {
        postgres_array_append_text(&columns[0], asked[i].tenant);
        postgres_array_append_text(&columns[1], asked[i].user);
    }
    postgres_arrays_values(columns, 2, values);
    status = postgres_run(db, &find_statement, values, ret_rows, error);
    postgres_arrays_done(columns, 2);
    return status;
}
