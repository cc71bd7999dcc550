#include "common/postgres/copy.h"

#include "common/base/must.h"
#include "common/postgres/connection.h"
#include "common/postgres/failure.h"
#include "common/postgres/wire.h"

#include <poll.h>

enum { CHUNK_BYTES = 64 * 1024, ROW_LIMIT_BYTES = 16 * 1024 * 1024 };

static const char copy_name[] = "COPY";

/* The binary format of COPY, in its manual page: signature, flags, length of the extension; rows
 * with a count of fields; -1 as the last count. */
static const char copy_header[] =
    "PGCOPY\n\377\r\n\0" /* flags: */ "\0\0\0\0" /* extension: */ "\0\0\0\0";

static enum status copy_read(struct postgres *db, PGresult **ret_result, struct error *error)
{
    enum status status = postgres_settle(db, copy_name, postgres_statement_deadline(db), error);

    if (status == STATUS_OK)
        *ret_result = PQgetResult(db->conn);
    return status;
}

static enum status copy_expect(struct postgres *db, ExecStatusType kind, PGresult **ret_result,
                               struct error *error)
{
    PGresult *result = NULL;
    enum status status = copy_read(db, &result, error);

    if (status != STATUS_OK)
        return status;
    if (result != NULL && PQresultStatus(result) == kind) {
        *ret_result = result;
        return STATUS_OK;
    }
    if (result != NULL && PQresultStatus(result) == PGRES_FATAL_ERROR)
        status = postgres_failure_result(result, copy_name, error);
    else
        status = error_set(error, STATUS_FATAL, "postgres COPY: not a COPY from us");
    PQclear(result);
    return status;
}

enum status postgres_copy_begin(struct postgres_copy *copy, struct postgres *db, const char *sql,
                                struct error *error)
{
    PGresult *result = NULL;
    enum status status;

    *copy = (struct postgres_copy){0};
    buffer_init(&copy->bytes, CHUNK_BYTES + ROW_LIMIT_BYTES);
    buffer_append(&copy->bytes, copy_header, sizeof copy_header - 1);
    status = postgres_ready(db, error);
    if (status == STATUS_OK)
        status = postgres_leave_pipeline(db, copy_name, error);
    if (status != STATUS_OK)
        return status;
    copy->db = db;
    if (!PQsendQuery(db->conn, sql))
        return postgres_break(db, copy_name, error);
    status = copy_expect(db, PGRES_COPY_IN, &result, error);
    PQclear(result);
    return status;
}

/* Waits until libpq has sent all that it holds, so that its own buffer stays small. */
static enum status copy_flush(struct postgres *db, struct error *error)
{
    int64_t deadline_ms = postgres_statement_deadline(db);

    for (;;) {
        int unsent = PQflush(db->conn);

        if (unsent == 0)
            return STATUS_OK;
        if (unsent < 0)
            return postgres_break(db, copy_name, error);
        if (!postgres_wait(db, POLLIN | POLLOUT, deadline_ms)) {
            postgres_disconnect(db);
            return error_set_code(error, STATUS_RETRY, "ETIMEDOUT",
                                  "postgres COPY: no progress within the deadline");
        }
        if (!PQconsumeInput(db->conn))
            return postgres_break(db, copy_name, error);
    }
}

static enum status copy_send(struct postgres_copy *copy, struct error *error)
{
    struct buffer *bytes = &copy->bytes;
    int queued = 0;

    if (copy->db->conn == NULL)
        return error_set(error, STATUS_RETRY, "postgres COPY: the connection is gone");

    while (queued == 0) {
        enum status status;

        queued = PQputCopyData(copy->db->conn, bytes->data, (int)bytes->size);
        if (queued < 0)
            return postgres_break(copy->db, copy_name, error);
        status = copy_flush(copy->db, error);
        if (status != STATUS_OK)
            return status;
    }
    buffer_reset(bytes);
    return STATUS_OK;
}

static void append_number2(struct buffer *bytes, int16_t number)
{
    char wire[2];

    postgres_wire_put2(wire, number);
    buffer_append(bytes, wire, sizeof wire);
}

static void append_value(struct buffer *bytes, const struct postgres_value *value)
{
    char wire[4];

    MUST(value->size >= POSTGRES_VALUE_NULL);
    postgres_wire_put4(wire, value->size);
    buffer_append(bytes, wire, sizeof wire);
    if (value->size > 0)
        buffer_append(bytes, value->data != NULL ? value->data : value->small, (size_t)value->size);
}

enum status postgres_copy_row(struct postgres_copy *copy, const struct postgres_value *values,
                              size_t count, struct error *error)
{
    MUST(copy->db != NULL);
    append_number2(&copy->bytes, (int16_t)count);
    for (size_t i = 0; i < count; i++)
        append_value(&copy->bytes, &values[i]);
    if (copy->bytes.overflow)
        return error_set_code(error, STATUS_REJECT, "EOVERFLOW",
                              "postgres COPY: a row of more than %d bytes", ROW_LIMIT_BYTES);
    return copy->bytes.size >= CHUNK_BYTES ? copy_send(copy, error) : STATUS_OK;
}

static enum status copy_finish(struct postgres *db, int64_t *ret_rows, struct error *error)
{
    PGresult *result = NULL;
    enum status status;

    if (PQputCopyEnd(db->conn, NULL) != 1)
        return postgres_break(db, copy_name, error);
    status = copy_expect(db, PGRES_COMMAND_OK, &result, error);
    if (status != STATUS_OK)
        return status;
    *ret_rows = strtoll(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return copy_read(db, &result, error); /* NULL */
}

enum status postgres_copy_end(struct postgres_copy *copy, int64_t *ret_rows, struct error *error)
{
    int64_t rows = 0;
    enum status status;

    MUST(copy->db != NULL);
    append_number2(&copy->bytes, -1);
    status = copy_send(copy, error);
    if (status == STATUS_OK)
        status = copy_finish(copy->db, &rows, error);
    if (status != STATUS_OK)
        return status;
    postgres_enter_pipeline(copy->db);
    copy->db = NULL;
    *ret_rows = rows;
    return STATUS_OK;
}

void postgres_copy_done(struct postgres_copy *copy)
{
    if (copy->db != NULL)
        postgres_disconnect(copy->db);
    copy->db = NULL;
    buffer_done(&copy->bytes);
}
