#include "common/postgres/connection.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/postgres/failure.h"

#include <limits.h>
#include <poll.h>

int64_t postgres_deadline(const struct postgres *db, int64_t timeout_ms)
{
    int64_t deadline_ms = clock_steady_ms() + timeout_ms;

    return deadline_ms < db->deadline_ms ? deadline_ms : db->deadline_ms;
}

int64_t postgres_statement_deadline(const struct postgres *db)
{
    return postgres_deadline(db, db->settings.statement_timeout_ms + POSTGRES_GRACE_MS);
}

bool postgres_wait(const struct postgres *db, short events, int64_t deadline_ms)
{
    struct pollfd watched = {.fd = PQsocket(db->conn), .events = events};
    int ready;

    do {
        int64_t left_ms = deadline_ms - clock_steady_ms();

        if (left_ms < 0)
            left_ms = 0;
        ready = poll(&watched, 1, left_ms > INT_MAX ? INT_MAX : (int)left_ms);
    } while (ready < 0); /* EINTR; the rest cannot happen to one descriptor */
    return ready > 0;
}

enum status postgres_break(struct postgres *db, const char *what, struct error *error)
{
    enum status status = postgres_failure_connection(db->conn, what, error);

    postgres_disconnect(db);
    return status;
}

static enum status give_up(struct postgres *db, const char *what, struct error *error)
{
    postgres_disconnect(db);
    return error_set_code(error, STATUS_RETRY, "ETIMEDOUT",
                          "postgres %s: no answer within the deadline, connection closed", what);
}

enum status postgres_settle(struct postgres *db, const char *what, int64_t deadline_ms,
                            struct error *error)
{
    for (;;) {
        int unsent = PQflush(db->conn);

        if (unsent < 0)
            return postgres_break(db, what, error);
        if (!PQisBusy(db->conn))
            return STATUS_OK;
        if (!postgres_wait(db, unsent > 0 ? POLLIN | POLLOUT : POLLIN, deadline_ms))
            return give_up(db, what, error);
        if (!PQconsumeInput(db->conn))
            return postgres_break(db, what, error);
    }
}

void postgres_disconnect(struct postgres *db)
{
    PQfinish(db->conn);
    db->conn = NULL;
    pipeline_forget(&db->pipeline);
    prepared_forget(&db->prepared);
}

enum status postgres_leave_pipeline(struct postgres *db, const char *what, struct error *error)
{
    MUST(db->pipeline.count == 0);
    if (!PQexitPipelineMode(db->conn)) /* it flushes */
        return postgres_break(db, what, error);
    return STATUS_OK;
}

void postgres_enter_pipeline(struct postgres *db)
{
    if (db->conn != NULL)
        MUST(PQenterPipelineMode(db->conn));
}
