#include "operator/migrate.h"

#include "common/postgres/commit.h"
#include "operator/command.h"
#include "operator/migrations.h"

#include <stdio.h>
#include <string.h>

/* Any constant of ours: who migrates holds it. */
#define MIGRATION_LOCK INT64_C(0x7472696275746172)

#define UNIQUE_VIOLATION "23505" /* SQLSTATE */

enum { SCRIPT_BYTES = 4096 };

static const struct postgres_statement exists_statement = {
    .name = "meta_exists",
    .sql = "SELECT to_regclass('meta') IS NOT NULL",
    .once = true,
};
static const struct postgres_statement version_statement = {
    .name = "meta_version",
    .sql = "SELECT schema_version FROM meta",
    .once = true,
};
static const struct postgres_statement set_version_statement = {
    .name = "meta_set_version",
    .sql = "UPDATE meta SET schema_version = $1",
    .once = true,
    .types = {POSTGRES_INT4},
};

static enum status read_version(struct postgres_tx *tx, int *ret_version, struct error *error)
{
    OWNED(postgres_result) exists = NULL;
    OWNED(postgres_result) version = NULL;
    enum status status = postgres_tx_run(tx, &exists_statement, NULL, &exists, error);

    if (status != STATUS_OK)
        return status;
    if (!postgres_result_bool(exists, 0, 0)) {
        *ret_version = 0;
        return STATUS_OK;
    }
    if ((status = postgres_tx_run(tx, &version_statement, NULL, &version, error)) == STATUS_OK)
        *ret_version = postgres_result_int4(version, 0, 0);
    return status;
}

/* One step in the transaction. *ret_version: where the database stands then. */
static enum status migrate_in(struct postgres_tx *tx, int *ret_version, struct error *error)
{
    struct postgres_value value;
    int version = 0;
    enum status status;

    if ((status = postgres_tx_lock(tx, MIGRATION_LOCK, error)) != STATUS_OK ||
        (status = read_version(tx, &version, error)) != STATUS_OK)
        return status;
    *ret_version = version;
    if (version > migration_count)
        return error_set(error, STATUS_REJECT,
                         "the database has schema version %d, this program knows %d: use the newer"
                         " program",
                         version, migration_count);
    if (version == migration_count)
        return STATUS_OK;
    if ((status = postgres_tx_script(tx, migrations[version].sql, error)) != STATUS_OK)
        return status;
    value = postgres_int4(version + 1);
    *ret_version = version + 1;
    fprintf(stderr, "migrate: %s\n", migrations[version].name);
    return postgres_tx_run(tx, &set_version_statement, &value, NULL, error);
}

static enum status migrate_step(struct postgres *db, int *ret_version, struct error *error)
{
    enum postgres_commit outcome;
    struct postgres_tx *tx;
    enum status status = postgres_tx_begin(db, &tx, error);

    if (status != STATUS_OK)
        return status;
    if ((status = migrate_in(tx, ret_version, error)) != STATUS_OK) {
        postgres_tx_rollback(tx);
        return status;
    }
    return postgres_tx_commit(tx, &outcome, error);
}

/* A name is no parameter in SQL, so it must be a plain one. */
static enum status make_schema(struct postgres *db, const char *schema, struct error *error)
{
    char sql[SCRIPT_BYTES];
    enum status status;

    if (schema[strspn(schema, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0')
        return error_set(error, STATUS_REJECT, "postgres.schema may hold a-z, 0-9 and _ only");
    snprintf(sql, sizeof sql, "CREATE SCHEMA IF NOT EXISTS \"%s\"", schema);
    status = postgres_script(db, sql, error);
    if (status == STATUS_OK || strcmp(error->code, UNIQUE_VIOLATION) != 0)
        return status;
    error_clear(error);
    return STATUS_OK; /* somebody else made it at this moment */
}

enum status migrate(struct postgres *db, const char *schema, struct error *error)
{
    int version = -1, before;
    enum status status = make_schema(db, schema, error);

    do {
        before = version;
        if (status == STATUS_OK)
            status = migrate_step(db, &version, error);
    } while (status == STATUS_OK && version != before);
    if (status == STATUS_OK)
        fprintf(stderr, "migrate: the schema is at version %d\n", version);
    return status;
}

static int run_migrate(const struct command_context *context, struct error *error)
{
    OWNED(postgres) db = NULL;

    if (postgres_new(context->postgres, "tributary-migrate", &db, error) != STATUS_OK ||
        migrate(db, context->postgres->schema, error) != STATUS_OK)
        return command_failed(error);
    return COMMAND_OK;
}

const struct command command_migrate = {
    .words = "migrate",
    .help = "brings the database to this program's schema",
    .example = "tributary migrate --config /etc/tributary.ini",
    .options = "",
    .sections = COMMAND_POSTGRES,
    .run = run_migrate,
};
