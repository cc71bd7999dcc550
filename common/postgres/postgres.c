#include "common/postgres/postgres.h"

#include "common/base/must.h"
#include "common/postgres/connection.h"
#include "common/postgres/rows.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

static char *text_copy(const char *text)
{
    char *copy = text == NULL ? NULL : strdup(text);

    MUST(copy != NULL || text == NULL);
    return copy;
}

/* libpq's own message may quote the uri, and so a password in it: not used. */
static enum status uri_check(const char *uri, struct error *error)
{
    PQconninfoOption *options = PQconninfoParse(uri, NULL);
    bool has_password = false;

    if (options == NULL)
        return error_set(error, STATUS_FATAL,
                         "postgres uri: cannot be read; postgresql://user@host:port/database");
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++)
        if (strcmp(option->keyword, "password") == 0)
            has_password = option->val != NULL && option->val[0] != '\0';
    PQconninfoFree(options);
    if (has_password)
        return error_set(error, STATUS_FATAL,
                         "postgres uri: holds a password; use the password setting or PGPASSFILE");
    return STATUS_OK;
}

enum status postgres_new(const struct postgres_settings *settings, const char *component,
                         struct postgres **ret_db, struct error *error)
{
    enum status status = uri_check(settings->uri, error);
    struct postgres *db;

    if (status != STATUS_OK)
        return status;
    db = must_alloc(sizeof *db);
    db->settings = *settings;
    db->settings.uri = text_copy(settings->uri);
    db->settings.password = text_copy(settings->password);
    db->settings.schema = text_copy(settings->schema);
    db->component = text_copy(component);
    db->deadline_ms = INT64_MAX;
    *ret_db = db;
    return STATUS_OK;
}

static void text_free(const char *text)
{
    free((void *)(uintptr_t)text); /* a copy of ours */
}

void postgres_free(struct postgres *db)
{
    if (db == NULL)
        return;
    postgres_disconnect(db);
    if (db->settings.password != NULL)
        explicit_bzero((void *)(uintptr_t)db->settings.password, strlen(db->settings.password));
    text_free(db->settings.uri);
    text_free(db->settings.password);
    text_free(db->settings.schema);
    free(db->component);
    free(db);
}

bool postgres_connected(const struct postgres *db)
{
    return db->conn != NULL;
}

void postgres_set_deadline(struct postgres *db, int64_t steady_ms)
{
    db->deadline_ms = steady_ms;
}

struct postgres_counters postgres_counters(const struct postgres *db)
{
    return db->counters;
}

/* An idle connection that has something to say has mostly been closed by the server: better seen
 * before a statement is sent than after. A farewell and the end behind it take two reads. */
static bool connection_alive(struct postgres *db)
{
    for (int reads = 0; reads < 4 && postgres_wait(db, POLLIN, 0); reads++)
        if (!PQconsumeInput(db->conn))
            return false;
    return PQstatus(db->conn) == CONNECTION_OK;
}

enum status postgres_ready(struct postgres *db, struct error *error)
{
    MUST(!db->tx.open);
    if (db->conn != NULL && !connection_alive(db))
        postgres_disconnect(db);
    return db->conn != NULL ? STATUS_OK : postgres_connect(db, error);
}

enum status postgres_run(struct postgres *db, const struct postgres_statement *statement,
                         const struct postgres_value *values, struct postgres_result **ret_result,
                         struct error *error)
{
    int64_t deadline_ms;
    PGresult *result = NULL;
    enum status status = postgres_ready(db, error);

    if (status != STATUS_OK)
        return status;
    deadline_ms = postgres_statement_deadline(db);
    status = pipeline_queue(db, PENDING_WANTED, statement, values, error);
    if (status == STATUS_OK)
        status = pipeline_receive(db, deadline_ms, &result, error);
    /* What the statement did is committed by the sync behind it: wait for that too. */
    if (status == STATUS_OK)
        status = pipeline_finish(db, deadline_ms, error);
    postgres_result_give(status, result, ret_result);
    return status;
}
