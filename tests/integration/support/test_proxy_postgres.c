/* The proxy in front of a real Postgres, with pgbench and psql as clients: simple queries, the
 * extended protocol, and prepared statements in it. */
#include "tests/support/proxy/proxy.h"

#include "tests/support/database/database.h"
#include "tests/support/process/place.h"
#include "tests/support/process/process.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>

enum { WAIT_MS = 10000, QUIET_MS = 100 };

struct stage {
    struct proxy *proxy;
    struct database *database;
    const char *straight;
    const char *proxied;
    char folder[PLACE_PATH_SIZE];
    char script[PLACE_PATH_SIZE + 16];
};

static struct stage stage_open(void)
{
    struct stage stage = {.database = database_shared()};

    stage.proxy = proxy_start(PROXY_POSTGRES, database_port(stage.database));
    stage.straight = database_create(stage.database);
    stage.proxied = database_uri_at(stage.database, stage.straight, proxy_port(stage.proxy));
    database_execute(stage.straight, "CREATE TABLE t (a int)");
    place_make("script", stage.folder);
    snprintf(stage.script, sizeof stage.script, "%s/script", stage.folder);
    place_write(stage.script,
                "BEGIN ISOLATION LEVEL READ COMMITTED;\n"
                "INSERT INTO t VALUES (1); -- commit\n"
                "COMMIT;\n",
                0644);
    return stage;
}

static void stage_close(struct stage *stage)
{
    proxy_free(stage->proxy);
    database_free(stage->database);
    place_remove(stage->folder);
}

/* One transaction through the proxy; mode: simple, extended, prepared. */
static struct process *start_transaction(const struct stage *stage, const char *mode)
{
    const char *const argv[] = {"pgbench", "-n",          "-t",           "1", "-M", mode,
                                "-f",      stage->script, stage->proxied, NULL};

    return process_start(
        &(struct process_options){.argv = argv, .log_path = "/dev/null", .folder = stage->folder});
}

static int64_t rows(const struct stage *stage)
{
    return database_number(stage->straight, "SELECT count(*) FROM t");
}

static const char *const modes[] = {"simple", "extended", "prepared"};
enum { MODES = sizeof modes / sizeof modes[0] };

static void sees_one_commit_a_transaction_by(const char *mode)
{
    struct stage stage = stage_open();
    struct process *client = start_transaction(&stage, mode);

    ck_assert_int_eq(process_wait(client, WAIT_MS), 0);
    ck_assert_int_eq(rows(&stage), 1);
    ck_assert_uint_eq(proxy_seen(stage.proxy, PROXY_COMMIT), 1);
    ck_assert_uint_eq(proxy_seen(stage.proxy, PROXY_COMMIT_ANSWER), 1);
    process_free(client);
    stage_close(&stage);
}

START_TEST(sees_one_commit_a_transaction)
{
    for (size_t i = 0; i < MODES; i++)
        sees_one_commit_a_transaction_by(modes[i]);
}
END_TEST

static void a_commit_whose_answer_is_cut_has_happened_by(const char *mode)
{
    struct stage stage = stage_open();
    struct process *client;

    proxy_arm(stage.proxy, PROXY_COMMIT_ANSWER, PROXY_CUT, 1);
    client = start_transaction(&stage, mode);
    ck_assert_int_ne(process_wait(client, WAIT_MS), 0);
    ck_assert_uint_eq(proxy_matched(stage.proxy), 1);
    ck_assert_int_eq(rows(&stage), 1);
    process_free(client);
    stage_close(&stage);
}

START_TEST(a_commit_whose_answer_is_cut_has_happened)
{
    for (size_t i = 0; i < MODES; i++)
        a_commit_whose_answer_is_cut_has_happened_by(modes[i]);
}
END_TEST

static void a_commit_that_is_cut_has_not_by(const char *mode)
{
    struct stage stage = stage_open();
    struct process *client;

    proxy_arm(stage.proxy, PROXY_COMMIT, PROXY_CUT, 1);
    client = start_transaction(&stage, mode);
    ck_assert_int_ne(process_wait(client, WAIT_MS), 0);
    ck_assert_uint_eq(proxy_matched(stage.proxy), 1);
    ck_assert_int_eq(rows(&stage), 0);
    process_free(client);
    stage_close(&stage);
}

START_TEST(a_commit_that_is_cut_has_not)
{
    for (size_t i = 0; i < MODES; i++)
        a_commit_that_is_cut_has_not_by(modes[i]);
}
END_TEST

static void a_held_commit_outlives_its_client_by(const char *mode)
{
    struct stage stage = stage_open();
    struct process *client;

    proxy_arm(stage.proxy, PROXY_COMMIT, PROXY_HOLD, 1);
    client = start_transaction(&stage, mode);
    ck_assert(proxy_wait(stage.proxy, 1, WAIT_MS));
    process_kill(client);
    place_sleep_ms(QUIET_MS);
    ck_assert_int_eq(rows(&stage), 0);
    proxy_release(stage.proxy);
    ck_assert(EVENTUALLY(WAIT_MS, rows(&stage) == 1));
    process_free(client);
    stage_close(&stage);
}

START_TEST(a_held_commit_outlives_its_client)
{
    for (size_t i = 0; i < MODES; i++)
        a_held_commit_outlives_its_client_by(modes[i]);
}
END_TEST

/* libpq asks for TLS first unless told not to: one byte without a frame comes back. */
START_TEST(a_connection_that_asks_for_tls_is_understood)
{
    struct stage stage = stage_open();
    char uri[512];

    snprintf(uri, sizeof uri, "%s?sslmode=prefer", stage.proxied);
    database_execute(uri, "BEGIN; INSERT INTO t VALUES (1); COMMIT");
    ck_assert_uint_eq(proxy_seen(stage.proxy, PROXY_COMMIT), 1);
    ck_assert_uint_eq(proxy_seen(stage.proxy, PROXY_COMMIT_ANSWER), 1);
    ck_assert_int_eq(rows(&stage), 1);
    stage_close(&stage);
}
END_TEST

SUITE_MAIN_TIMEOUT("proxy_postgres", 60, sees_one_commit_a_transaction,
                   a_commit_whose_answer_is_cut_has_happened, a_commit_that_is_cut_has_not,
                   a_held_commit_outlives_its_client, a_connection_that_asks_for_tls_is_understood);
