/* common/postgres when the server dies, stops, forgets to answer, or is busy with others. */
#include "tests/integration/postgres/fixture.h"
#include "tests/support/process/place.h"

#include <pthread.h>

enum { SHORT_MS = 500, SHORT_DEADLINE_MS = SHORT_MS + POSTGRES_GRACE_MS };

static const char tables[] = "CREATE TABLE tributary.t (id int8 PRIMARY KEY, amount int8);"
                             "INSERT INTO tributary.t VALUES (1, 0), (2, 0);";

static const struct postgres_statement add = {
    .name = "add",
    .sql = "UPDATE t SET amount = amount + 1 WHERE id = $1",
    .types = {POSTGRES_INT8},
};
static const struct postgres_statement sum = {
    .name = "sum",
    .sql = "SELECT sum(amount)::int8 FROM t",
};
static const struct postgres_statement doze = {
    .name = "doze",
    .sql = "SELECT pg_sleep($1)",
    .types = {POSTGRES_FLOAT8},
};

static enum status run_add(struct postgres_tx *tx, int64_t id, struct error *error)
{
    const struct postgres_value values[] = {postgres_int8(id)};

    return postgres_tx_run(tx, &add, values, NULL, error);
}

static enum status sleep_seconds(struct postgres *db, double seconds, struct error *error)
{
    const struct postgres_value values[] = {postgres_float8(seconds)};

    return postgres_run(db, &doze, values, NULL, error);
}

static void terminate_all(const char *uri)
{
    database_execute(uri, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                          " WHERE application_name = 'test'");
}

/* A call on a thread of its own, while the test's main thread does something to the server. */
struct call {
    pthread_t thread;
    struct postgres *db;
    struct postgres_tx *tx;
    int64_t id;
    enum status status;
    struct error error;
    int64_t ended_ms;
};

static void *call_sleep(void *context)
{
    struct call *call = context;

    call->status = sleep_seconds(call->db, 30, &call->error);
    call->ended_ms = clock_steady_ms();
    return NULL;
}

static void *call_add(void *context)
{
    struct call *call = context;

    call->status = run_add(call->tx, call->id, &call->error);
    return NULL;
}

START_TEST(a_killed_server_is_seen_at_once_and_found_again)
{
    OWNED(database) server = database_start(NULL);
    const char *uri = fixture_database(server, tables);
    OWNED(postgres) db = fixture_connect_within(uri, 60000);
    struct call call = {.db = db};
    int64_t killed_ms;
    ERRORS;

    ck_assert_int_eq(fixture_number(db, &sum), 0);
    MUST(pthread_create(&call.thread, NULL, call_sleep, &call) == 0);
    place_sleep_ms(300);
    database_kill(server);
    killed_ms = clock_steady_ms();
    MUST(pthread_join(call.thread, NULL) == 0);
    ck_assert_int_eq(call.status, STATUS_RETRY);
    ck_assert_int_lt(call.ended_ms - killed_ms, 1000);

    ASSERT_STATUS(STATUS_RETRY, postgres_ready(db, &error));
    database_restart(server);
    ck_assert_int_eq(fixture_number(db, &sum), 0);
    ck_assert_int_eq(postgres_counters(db).connects, 2);

    /* An idle connection that dies is replaced without a failure. */
    database_restart(server);
    ck_assert_int_eq(fixture_number(db, &sum), 0);
    ck_assert_int_eq(postgres_counters(db).connects, 3);
}
END_TEST

START_TEST(a_stopped_server_costs_one_deadline)
{
    OWNED(database) server = database_start(NULL);
    const char *uri = fixture_database(server, tables);
    OWNED(postgres) db = fixture_connect_within(uri, SHORT_MS);
    struct postgres_tx *tx = NULL;
    enum postgres_commit outcome;
    int64_t start_ms;
    ERRORS;

    ASSERT_OK(postgres_tx_begin(db, &tx, &error));
    ASSERT_OK(run_add(tx, 1, &error));
    database_pause(server);
    start_ms = clock_steady_ms();
    ASSERT_STATUS(STATUS_RETRY, run_add(tx, 2, &error));
    ck_assert_str_eq(last.code, "ETIMEDOUT");
    ck_assert_int_ge(clock_steady_ms() - start_ms, SHORT_DEADLINE_MS - 10);
    ck_assert_int_lt(clock_steady_ms() - start_ms, SHORT_DEADLINE_MS + 1000);
    ck_assert(!postgres_connected(db));

    /* From there on nothing waits. COMMIT never went out, so the outcome is certain. */
    start_ms = clock_steady_ms();
    ASSERT_STATUS(STATUS_RETRY, postgres_tx_commit(tx, &outcome, &error));
    ck_assert_int_eq(outcome, POSTGRES_ROLLED_BACK);
    ck_assert_int_lt(clock_steady_ms() - start_ms, 100);

    /* A new connection is taken by the kernel, and waits for the postmaster. */
    postgres_set_deadline(db, clock_steady_ms() + 300);
    ASSERT_STATUS(STATUS_RETRY, postgres_ready(db, &error));
    ck_assert_int_lt(clock_steady_ms() - start_ms, 1000);
    postgres_set_deadline(db, INT64_MAX);
    database_resume(server);
    ck_assert_int_eq(fixture_number(db, &sum), 0);
}
END_TEST

/* The server stops between the last statement and COMMIT: nobody can say. */
START_TEST(a_commit_without_an_answer_is_unknown)
{
    OWNED(database) server = database_start(NULL);
    const char *uri = fixture_database(server, tables);
    OWNED(postgres) db = fixture_connect_within(uri, SHORT_MS);
    struct postgres_tx *tx = NULL;
    enum postgres_commit outcome;
    ERRORS;

    ASSERT_OK(postgres_tx_begin(db, &tx, &error));
    ASSERT_OK(run_add(tx, 1, &error));
    database_pause(server);
    ASSERT_STATUS(STATUS_RETRY, postgres_tx_commit(tx, &outcome, &error));
    ck_assert_int_eq(outcome, POSTGRES_UNKNOWN);
    database_resume(server);
    /* It lay in the socket, and was done. */
    ck_assert(EVENTUALLY(5000, fixture_number(db, &sum) == 1));
}
END_TEST

/* COMMIT waits for a standby that is not there: neither visible nor undone. A locking read waits
 * for the truth. */
START_TEST(a_parked_commit_is_unknown_and_settled_by_a_lock)
{
    static const struct postgres_statement settle = {
        .name = "settle",
        .sql = "SELECT amount FROM t WHERE id = 1 FOR UPDATE",
    };
    OWNED(database) server = database_start(NULL);
    const char *uri = fixture_database(server, tables);
    OWNED(postgres) db = fixture_connect_within(uri, SHORT_MS);
    OWNED(postgres_result) result = NULL;
    struct postgres_tx *tx = NULL;
    enum postgres_commit outcome;
    ERRORS;

    ASSERT_OK(postgres_ready(db, &error));
    database_execute(uri, "ALTER SYSTEM SET synchronous_standby_names = 'ghost'");
    database_execute(uri, "SELECT pg_reload_conf()");
    place_sleep_ms(200);
    ASSERT_OK(postgres_tx_begin(db, &tx, &error));
    ASSERT_OK(run_add(tx, 1, &error));
    ASSERT_STATUS(STATUS_RETRY, postgres_tx_commit(tx, &outcome, &error));
    ck_assert_int_eq(outcome, POSTGRES_UNKNOWN);

    ASSERT_STATUS(STATUS_RETRY, postgres_run(db, &settle, NULL, NULL, &error));
    ck_assert_str_eq(last.code, "55P03");
    database_execute(uri, "ALTER SYSTEM RESET synchronous_standby_names");
    database_execute(uri, "SELECT pg_reload_conf()");
    ASSERT_OK(postgres_run(db, &settle, NULL, &result, &error));
    ck_assert_int_eq(postgres_result_int8(result, 0, 0), 1);
}
END_TEST

START_TEST(a_backend_ended_before_commit)
{
    OWNED(database) server = database_shared();
    const char *uri = fixture_database(server, tables);
    OWNED(postgres) db = fixture_connect(uri);
    struct postgres_tx *tx = NULL;
    enum postgres_commit outcome;
    ERRORS;

    ASSERT_OK(postgres_tx_begin(db, &tx, &error));
    ASSERT_OK(run_add(tx, 1, &error));
    terminate_all(uri);
    ASSERT_STATUS(STATUS_RETRY, postgres_tx_commit(tx, &outcome, &error));
    ck_assert_int_eq(outcome, POSTGRES_UNKNOWN);
    ck_assert(!postgres_connected(db));
    ck_assert_int_eq(fixture_number(db, &sum), 0);

    /* Seen at a statement it is certain; the savepoint went with the connection. */
    ASSERT_OK(postgres_tx_begin(db, &tx, &error));
    ASSERT_OK(postgres_tx_savepoint(tx, &error));
    ASSERT_OK(run_add(tx, 1, &error));
    terminate_all(uri);
    ASSERT_STATUS(STATUS_RETRY, run_add(tx, 1, &error));
    ASSERT_STATUS(STATUS_RETRY, postgres_tx_rollback_to(tx, &error));
    ASSERT_STATUS(STATUS_RETRY, postgres_tx_commit(tx, &outcome, &error));
    ck_assert_int_eq(outcome, POSTGRES_ROLLED_BACK);
    ck_assert_int_eq(fixture_number(db, &sum), 0);
}
END_TEST

START_TEST(statements_and_pauses_have_their_time)
{
    OWNED(database) server = database_shared();
    const char *uri = fixture_database(server, tables);
    OWNED(postgres) db = NULL;
    struct postgres_settings settings = fixture_settings(uri);
    struct postgres_tx *tx = NULL;
    ERRORS;

    settings.statement_timeout_ms = 300;
    settings.idle_in_transaction_timeout_ms = 300;
    ASSERT_OK(postgres_new(&settings, "test", &db, &error));
    ASSERT_STATUS(STATUS_RETRY, sleep_seconds(db, 30, &error));
    ck_assert_str_eq(last.code, "57014");
    ck_assert(postgres_connected(db));

    ASSERT_OK(postgres_tx_begin(db, &tx, &error));
    ASSERT_OK(run_add(tx, 1, &error));
    place_sleep_ms(600);
    ASSERT_STATUS(STATUS_RETRY, run_add(tx, 1, &error));
    ck_assert_str_eq(last.code, "25P03");
    postgres_tx_rollback(tx);
    ck_assert_int_eq(fixture_number(db, &sum), 0);
    ck_assert_int_eq(postgres_counters(db).connects, 2);
}
END_TEST

/* Who gives up waiting does not leave the server working. */
START_TEST(a_given_up_statement_ends_at_the_server)
{
    OWNED(database) server = database_shared();
    const char *uri = fixture_database(server, tables);
    OWNED(postgres) db = fixture_connect_within(uri, 60000);
    int64_t start_ms = clock_steady_ms();
    ERRORS;

    ASSERT_OK(postgres_ready(db, &error));
    postgres_set_deadline(db, clock_steady_ms() + 300);
    ASSERT_STATUS(STATUS_RETRY, sleep_seconds(db, 60, &error));
    ck_assert_int_lt(clock_steady_ms() - start_ms, 2000);
    ck_assert(EVENTUALLY(5000, database_number(uri, "SELECT count(*) FROM pg_stat_activity"
                                                    " WHERE application_name = 'test' AND"
                                                    " query LIKE '%pg_sleep%'") == 0));
}
END_TEST

START_TEST(a_lock_is_not_waited_for_for_ever)
{
    OWNED(database) server = database_shared();
    const char *uri = fixture_database(server, tables);
    OWNED(postgres) holder = fixture_connect(uri);
    OWNED(postgres) db = fixture_connect_within(uri, SHORT_MS);
    struct postgres_tx *held = NULL, *tx = NULL;
    enum postgres_commit outcome;
    ERRORS;

    ASSERT_OK(postgres_tx_begin(holder, &held, &error));
    ASSERT_OK(run_add(held, 1, &error));
    ASSERT_OK(postgres_tx_begin(db, &tx, &error));
    ASSERT_OK(run_add(tx, 2, &error));
    ASSERT_STATUS(STATUS_RETRY, run_add(tx, 1, &error));
    ck_assert_str_eq(last.code, "55P03");
    ASSERT_STATUS(STATUS_RETRY, postgres_tx_commit(tx, &outcome, &error));
    ck_assert_int_eq(outcome, POSTGRES_ROLLED_BACK);
    ASSERT_OK(postgres_tx_commit(held, &outcome, &error));
    ck_assert_int_eq(fixture_number(db, &sum), 1);
    ck_assert_int_eq(postgres_counters(db).connects, 1);
}
END_TEST

START_TEST(a_deadlock_is_tried_again)
{
    OWNED(database) server = database_shared();
    const char *uri = fixture_database(server, tables);
    OWNED(postgres) first = fixture_connect(uri);
    OWNED(postgres) second = fixture_connect(uri);
    struct call call = {.id = 2};
    struct postgres_tx *tx = NULL;
    struct error mine = {0};
    enum status status;
    ERRORS;

    ASSERT_OK(postgres_tx_begin(first, &call.tx, &error));
    ASSERT_OK(postgres_tx_begin(second, &tx, &error));
    ASSERT_OK(run_add(call.tx, 1, &error));
    ASSERT_OK(run_add(tx, 2, &error));
    MUST(pthread_create(&call.thread, NULL, call_add, &call) == 0);
    status = run_add(tx, 1, &mine);
    if (status != STATUS_OK)
        postgres_tx_rollback(tx);
    MUST(pthread_join(call.thread, NULL) == 0);

    ck_assert_int_ne(status == STATUS_OK, call.status == STATUS_OK);
    ck_assert_int_eq(status == STATUS_OK ? call.status : status, STATUS_RETRY);
    ck_assert_str_eq(status == STATUS_OK ? call.error.code : mine.code, "40P01");
    postgres_tx_rollback(tx);
    postgres_tx_rollback(call.tx);
}
END_TEST

START_TEST(the_next_host_is_tried)
{
    OWNED(database) server = database_shared();
    const char *name = fixture_database(server, tables);
    OWNED(postgres) db = NULL;
    char uri[200];
    struct postgres_settings settings;
    ERRORS;

    name = database_uri_at(server, name, database_port(server));
    snprintf(uri, sizeof uri, "postgresql://tributary@127.0.0.1:1,127.0.0.1:%d%s",
             database_port(server), strrchr(name, '/'));
    settings = fixture_settings(uri);
    ASSERT_OK(postgres_new(&settings, "test", &db, &error));
    ck_assert_int_eq(fixture_number(db, &sum), 0);
}
END_TEST

SUITE_MAIN_TIMEOUT("postgres faults", 60, a_killed_server_is_seen_at_once_and_found_again,
                   a_stopped_server_costs_one_deadline, a_commit_without_an_answer_is_unknown,
                   a_parked_commit_is_unknown_and_settled_by_a_lock, a_backend_ended_before_commit,
                   statements_and_pauses_have_their_time, a_given_up_statement_ends_at_the_server,
                   a_lock_is_not_waited_for_for_ever, a_deadlock_is_tried_again,
                   the_next_host_is_tried);
