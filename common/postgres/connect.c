#include "common/postgres/connection.h"

#include "common/base/must.h"
#include "common/postgres/failure.h"

#include <poll.h>
#include <stdio.h>

enum { MS_TEXT_SIZE = 24 };

/* One round trip. The schema's name and the times are parameters, so odd names stay names. A server
 * that can watch the socket notices within a second that a client which waited too long is gone,
 * and ends the statement; other systems than Linux refuse that setting. JIT compiles for longer
 * than our statements run. */
static const struct postgres_statement session_setup = {
    .name = "session set-up",
    .sql = "SELECT set_config('search_path', quote_ident($1), false),"
           " set_config('statement_timeout', $2, false),"
           " set_config('lock_timeout', $3, false),"
           " set_config('idle_in_transaction_session_timeout', $4, false),"
           " set_config('synchronous_commit', 'on', false),"
           " set_config('default_transaction_isolation', 'read committed', false),"
           " set_config('TimeZone', 'UTC', false),"
           " set_config('jit', 'off', false),"
           " CASE WHEN current_setting('server_version_num')::int >= 140000"
           " AND version() LIKE '%linux%'"
           " THEN set_config('client_connection_check_interval', '1s', false) END",
    .once = true,
    .types = {POSTGRES_TEXT, POSTGRES_TEXT, POSTGRES_TEXT, POSTGRES_TEXT},
};

/* Without this libpq writes the server's notices to stderr. */
static void drop_notice(void *context, const PGresult *notice)
{
    (void)context;
    (void)notice;
}

static struct postgres_value milliseconds(int64_t value, char *text)
{
    snprintf(text, MS_TEXT_SIZE, "%lld", (long long)value);
    return postgres_text(slice_of(text));
}

/* Later keywords win over earlier ones, so what is ours stands over what the uri says. */
static PGconn *connect_start(const struct postgres_settings *settings, const char *component)
{
    char tcp_user_timeout[MS_TEXT_SIZE];
    const char *const keywords[] = {
        "dbname", "application_name", "client_encoding", "tcp_user_timeout", "password", NULL,
    };
    const char *const values[] = {
        settings->uri, component, "UTF8", tcp_user_timeout, settings->password, NULL,
    };
    PGconn *conn;

    snprintf(tcp_user_timeout, sizeof tcp_user_timeout, "%lld",
             (long long)settings->tcp_user_timeout_ms);
    conn = PQconnectStartParams(keywords, values, 1);
    MUST(conn != NULL);
    PQsetNoticeReceiver(conn, drop_notice, NULL);
    PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
    return conn;
}

static enum status connect_wait(struct postgres *db, int64_t deadline_ms, struct error *error)
{
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;

    if (PQstatus(db->conn) == CONNECTION_BAD)
        return postgres_break(db, "connect", error);
    while (state != PGRES_POLLING_OK) {
        if (!postgres_wait(db, state == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline_ms)) {
            postgres_disconnect(db);
            return error_set_code(error, STATUS_RETRY, "ETIMEDOUT",
                                  "postgres connect: no connection within the deadline");
        }
        state = PQconnectPoll(db->conn);
        if (state == PGRES_POLLING_FAILED)
            return postgres_break(db, "connect", error);
    }
    return STATUS_OK;
}

static enum status set_up_session(struct postgres *db, int64_t deadline_ms, struct error *error)
{
    const struct postgres_settings *settings = &db->settings;
    char texts[3][MS_TEXT_SIZE];
    const struct postgres_value values[] = {
        postgres_text(slice_of(settings->schema)),
        milliseconds(settings->statement_timeout_ms, texts[0]),
        milliseconds(settings->lock_timeout_ms, texts[1]),
        milliseconds(settings->idle_in_transaction_timeout_ms, texts[2]),
    };
    enum status status;

    PQsetErrorVerbosity(db->conn, PQERRORS_DEFAULT);
    MUST(PQsetnonblocking(db->conn, 1) == 0);
    postgres_enter_pipeline(db);
    status = pipeline_queue(db, PENDING_POSTED, &session_setup, values, error);
    if (status == STATUS_OK)
        status = pipeline_finish(db, deadline_ms, error);
    if (status != STATUS_OK)
        postgres_disconnect(db);
    return status;
}

enum status postgres_connect(struct postgres *db, struct error *error)
{
    int64_t deadline_ms = postgres_deadline(db, db->settings.connect_timeout_ms);
    enum status status;

    db->conn = connect_start(&db->settings, db->component);
    status = connect_wait(db, deadline_ms, error);
    if (status == STATUS_OK)
        status = set_up_session(db, deadline_ms, error);
    if (status == STATUS_OK)
        db->counters.connects++;
    return status;
}
