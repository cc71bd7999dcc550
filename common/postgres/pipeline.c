#include "common/postgres/pipeline.h"

#include "common/base/must.h"
#include "common/postgres/connection.h"
#include "common/postgres/failure.h"
#include "common/postgres/parameters.h"

static void pipeline_push(struct pipeline *pipeline, struct pending pending)
{
    MUST(pipeline->count < PIPELINE_ENTRIES);
    pipeline->entries[(pipeline->first + pipeline->count) % PIPELINE_ENTRIES] = pending;
    pipeline->count++;
    pipeline->wanted += pending.kind == PENDING_WANTED;
    pipeline->unsynced = pending.kind != PENDING_SYNC;
}

static void pipeline_pop(struct pipeline *pipeline)
{
    pipeline->wanted -= pipeline->entries[pipeline->first].kind == PENDING_WANTED;
    pipeline->first = (pipeline->first + 1) % PIPELINE_ENTRIES;
    pipeline->count--;
}

void pipeline_forget(struct pipeline *pipeline)
{
    *pipeline = (struct pipeline){0};
}

/* Its name at the server; prepares it when it is not. NULL: the connection is broken. */
static struct prepared_slot *statement_prepare(struct postgres *db,
                                               const struct postgres_statement *statement,
                                               const struct postgres_parameters *parameters)
{
    struct prepared_slot *slot = prepared_slot(&db->prepared, statement);

    if (slot->ready)
        return slot;
    if (!PQsendPrepare(db->conn, slot->name, statement->sql, parameters->count, parameters->types))
        return NULL;
    pipeline_push(&db->pipeline, (struct pending){PENDING_PREPARE, statement->name, slot});
    slot->ready = true;
    db->counters.prepares++;
    return slot;
}

static bool statement_send(struct postgres *db, const struct postgres_statement *statement,
                           const struct postgres_parameters *p)
{
    struct prepared_slot *slot;

    if (statement->once)
        return PQsendQueryParams(db->conn, statement->sql, p->count, p->types, p->data, p->sizes,
                                 p->formats, POSTGRES_BINARY);
    slot = statement_prepare(db, statement, p);
    return slot != NULL && PQsendQueryPrepared(db->conn, slot->name, p->count, p->data, p->sizes,
                                               p->formats, POSTGRES_BINARY);
}

/* Room for a statement with its preparation, and for the sync behind it. */
static enum status pipeline_make_room(struct postgres *db, struct error *error)
{
    if (db->pipeline.count + 3 <= PIPELINE_ENTRIES)
        return STATUS_OK;
    MUST(db->pipeline.wanted == 0); /* more than POSTGRES_TX_OPEN_MAX behind one to be received */
    return pipeline_finish(db, postgres_statement_deadline(db), error);
}

enum status pipeline_queue(struct postgres *db, enum pending_kind kind,
                           const struct postgres_statement *statement,
                           const struct postgres_value *values, struct error *error)
{
    struct postgres_parameters parameters;
    enum status status = postgres_parameters_fill(&parameters, statement, values, error);

    if (status == STATUS_OK)
        status = pipeline_make_room(db, error);
    if (status != STATUS_OK)
        return status;
    if (!statement_send(db, statement, &parameters))
        return postgres_break(db, statement->name, error);
    pipeline_push(&db->pipeline, (struct pending){kind, statement->name, NULL});
    db->counters.statements++;
    return STATUS_OK;
}

static enum status pipeline_sync(struct postgres *db, struct error *error)
{
    if (!db->pipeline.unsynced)
        return STATUS_OK;
    if (!PQpipelineSync(db->conn))
        return postgres_break(db, "sync", error);
    pipeline_push(&db->pipeline, (struct pending){PENDING_SYNC, "sync", NULL});
    db->counters.round_trips++;
    return STATUS_OK;
}

/* The next PGresult of the answer to `pending`; NULL where it ends. */
static enum status pending_read(struct postgres *db, const struct pending *pending,
                                int64_t deadline_ms, PGresult **ret_result, struct error *error)
{
    enum status status = postgres_settle(db, pending->name, deadline_ms, error);

    if (status == STATUS_OK)
        *ret_result = PQgetResult(db->conn);
    return status;
}

static enum status result_status(const PGresult *result, const char *name, struct error *error)
{
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_PIPELINE_SYNC:
        return STATUS_OK;
    case PGRES_PIPELINE_ABORTED: /* behind an error that has been told */
        return error_set(error, STATUS_RETRY, "postgres %s: skipped", name);
    case PGRES_FATAL_ERROR:
        return postgres_failure_result(result, name, error);
    default: /* COPY and empty statements do not come here */
        return error_set(error, STATUS_FATAL, "postgres %s: %s is no answer to a statement", name,
                         PQresStatus(PQresultStatus(result)));
    }
}

/* What the server says, as a status. Closes the connection where the session is over. */
static enum status result_check(struct postgres *db, const PGresult *result, const char *name,
                                struct error *error)
{
    enum status status = result_status(result, name, error);
    bool skipped = PQresultStatus(result) == PGRES_PIPELINE_ABORTED;

    if (status == STATUS_OK && PQstatus(db->conn) == CONNECTION_BAD)
        return postgres_break(db, name, error);
    if (status != STATUS_OK && !skipped && postgres_failure_ends_session(result))
        postgres_disconnect(db);
    return status;
}

/* libpq and we disagree on what was sent: nothing read from here on could be trusted. */
static enum status out_of_step(struct postgres *db, const char *name, struct error *error)
{
    postgres_disconnect(db);
    return error_set(error, STATUS_RETRY, "postgres %s: answers out of step", name);
}

/* The answer to a sync: perhaps the error of an implicit commit and the NULL behind it, then the
 * sync's own result. */
static enum status sync_take(struct postgres *db, const struct pending *pending,
                             int64_t deadline_ms, struct error *error)
{
    enum status first = STATUS_OK;

    for (int i = 0; i < 4; i++) {
        PGresult *result = NULL;
        enum status status = pending_read(db, pending, deadline_ms, &result, error);
        bool synced = result != NULL && PQresultStatus(result) == PGRES_PIPELINE_SYNC;

        if (status == STATUS_OK && result != NULL)
            status = result_check(db, result, pending->name, error);
        PQclear(result);
        first = first != STATUS_OK ? first : status;
        if (db->conn == NULL)
            return first;
        if (synced) {
            pipeline_pop(&db->pipeline);
            return first;
        }
    }
    return out_of_step(db, pending->name, error);
}

/* Reads the NULL that ends a statement's answer. */
static enum status statement_end(struct postgres *db, const struct pending *pending,
                                 int64_t deadline_ms, struct error *error)
{
    PGresult *result = NULL;
    enum status status = pending_read(db, pending, deadline_ms, &result, error);

    if (status != STATUS_OK)
        return status;
    if (result != NULL) {
        PQclear(result);
        return out_of_step(db, pending->name, error);
    }
    pipeline_pop(&db->pipeline);
    return STATUS_OK;
}

static enum status statement_take(struct postgres *db, const struct pending *pending,
                                  int64_t deadline_ms, PGresult **ret_result, struct error *error)
{
    PGresult *result = NULL;
    enum status status = pending_read(db, pending, deadline_ms, &result, error);

    if (status == STATUS_OK && result == NULL)
        return out_of_step(db, pending->name, error);
    if (status == STATUS_OK)
        status = result_check(db, result, pending->name, error);
    if (status != STATUS_OK && pending->slot != NULL)
        pending->slot->ready = false;
    if (db->conn != NULL) {
        enum status end = statement_end(db, pending, deadline_ms, error);

        status = status != STATUS_OK ? status : end;
    }
    if (status == STATUS_OK)
        *ret_result = result;
    else
        PQclear(result);
    return status;
}

/* The answer to the oldest pending one; NULL for a sync. */
static enum status pipeline_take(struct postgres *db, int64_t deadline_ms, PGresult **ret_result,
                                 struct error *error)
{
    struct pending pending = db->pipeline.entries[db->pipeline.first];

    *ret_result = NULL;
    if (pending.kind == PENDING_SYNC)
        return sync_take(db, &pending, deadline_ms, error);
    return statement_take(db, &pending, deadline_ms, ret_result, error);
}

/* After an error: what is left was skipped by the server. */
static void pipeline_drain(struct postgres *db, int64_t deadline_ms)
{
    struct error dropped = {0};

    if (db->conn != NULL && pipeline_sync(db, &dropped) != STATUS_OK)
        return;
    while (db->conn != NULL && db->pipeline.count > 0) {
        PGresult *result;

        if (pipeline_take(db, deadline_ms, &result, &dropped) == STATUS_OK)
            PQclear(result);
    }
}

enum status pipeline_receive(struct postgres *db, int64_t deadline_ms, PGresult **ret_result,
                             struct error *error)
{
    enum status status = pipeline_sync(db, error);

    while (status == STATUS_OK && db->pipeline.count > 0) {
        bool wanted = db->pipeline.entries[db->pipeline.first].kind == PENDING_WANTED;
        PGresult *result;

        status = pipeline_take(db, deadline_ms, &result, error);
        if (status == STATUS_OK && wanted) {
            *ret_result = result;
            return STATUS_OK;
        }
        if (status == STATUS_OK)
            PQclear(result);
    }
    if (status != STATUS_OK)
        pipeline_drain(db, deadline_ms);
    else
        *ret_result = NULL;
    return status;
}

enum status pipeline_finish(struct postgres *db, int64_t deadline_ms, struct error *error)
{
    enum status status = STATUS_OK;

    while (status == STATUS_OK && db->conn != NULL && db->pipeline.count > 0) {
        PGresult *result = NULL;

        status = pipeline_receive(db, deadline_ms, &result, error);
        if (status == STATUS_OK)
            PQclear(result);
    }
    return status;
}
