/* What the tests of transactions share: tables, statements, and a transaction that has begun. */
#ifndef TRIBUTARY_TESTS_INTEGRATION_POSTGRES_SCENE_H
#define TRIBUTARY_TESTS_INTEGRATION_POSTGRES_SCENE_H

#include "tests/integration/postgres/fixture.h"

static const char tables[] =
    "CREATE TABLE tributary.offsets (part int8 PRIMARY KEY, next int8);"
    "INSERT INTO tributary.offsets VALUES (1, 100);"
    "CREATE TABLE tributary.t (id int8 PRIMARY KEY, amount int8 CHECK (amount < 100));"
    "CREATE TABLE tributary.late (id int8,"
    "  CONSTRAINT late_unique UNIQUE (id) DEFERRABLE INITIALLY DEFERRED);"
    "CREATE FUNCTION tributary.guard(p int8, expected int8, wanted int8) RETURNS void"
    " LANGUAGE plpgsql AS $$ BEGIN"
    "  UPDATE offsets SET next = wanted WHERE part = p AND next = expected;"
    "  IF NOT FOUND THEN RAISE EXCEPTION 'partition % is lost', p USING ERRCODE = 'TR001';"
    "  END IF; END $$;";

static const struct postgres_statement guard = {
    .name = "guard",
    .sql = "SELECT guard($1, $2, $3)",
    .types = {POSTGRES_INT8, POSTGRES_INT8, POSTGRES_INT8},
};
static const struct postgres_statement insert_t = {
    .name = "insert_t",
    .sql = "INSERT INTO t VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id",
    .types = {POSTGRES_INT8, POSTGRES_INT8},
};
static const struct postgres_statement count_t = {
    .name = "count_t",
    .sql = "SELECT count(*) FROM t",
};
static const struct postgres_statement next_offset = {
    .name = "next_offset",
    .sql = "SELECT next FROM offsets",
};

/* A database with the tables, and a transaction begun. */
struct scene {
    struct database *server;
    const char *uri;
    struct postgres *db;
    struct postgres_tx *tx;
    struct error error;
};

static inline struct scene scene_make(void)
{
    struct scene scene = {.server = database_shared()};

    scene.uri = fixture_database(scene.server, tables);
    scene.db = fixture_connect(scene.uri);
    ck_assert_int_eq(postgres_tx_begin(scene.db, &scene.tx, &scene.error), STATUS_OK);
    return scene;
}

static inline void scene_end(struct scene *scene)
{
    postgres_tx_rollback(scene->tx);
    postgres_free(scene->db);
    database_free(scene->server);
}

static inline enum status post_guard(struct postgres_tx *tx, int64_t expected, struct error *error)
{
    const struct postgres_value values[] = {postgres_int8(1), postgres_int8(expected),
                                            postgres_int8(expected + 10)};

    return postgres_tx_post(tx, &guard, values, error);
}

static inline enum status post_insert(struct postgres_tx *tx, int64_t id, int64_t amount,
                                      struct error *error)
{
    const struct postgres_value values[] = {postgres_int8(id), postgres_int8(amount)};

    return postgres_tx_post(tx, &insert_t, values, error);
}

static inline enum status send_insert(struct postgres_tx *tx, int64_t id, int64_t amount,
                                      struct error *error)
{
    const struct postgres_value values[] = {postgres_int8(id), postgres_int8(amount)};

    return postgres_tx_send(tx, &insert_t, values, error);
}

static inline enum status run_insert(struct postgres_tx *tx, int64_t id, int64_t amount,
                                     struct postgres_result **ret_result, struct error *error)
{
    const struct postgres_value values[] = {postgres_int8(id), postgres_int8(amount)};

    return postgres_tx_run(tx, &insert_t, values, ret_result, error);
}

#endif
