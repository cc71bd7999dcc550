/* common/postgres when what travels is lost, cut, held or late on the way. */
#include "tests/integration/postgres/fixture.h"
#include "tests/support/process/place.h"
#include "tests/support/proxy/proxy.h"

enum { SHORT_MS = 400 };

static const char tables[] = "CREATE TABLE tributary.t (id int8 PRIMARY KEY, amount int8);"
                             "INSERT INTO tributary.t VALUES (1, 0);";

static const struct postgres_statement update_t = {
    .name = "update_t",
    .sql = "UPDATE t SET amount = amount + 1 WHERE id = 1",
};
static const struct postgres_statement sum_t = {
    .name = "sum_t",
    .sql = "SELECT sum(amount)::int8 FROM t",
};
static const struct postgres_statement insert_t = {
    .name = "insert_t",
    .sql = "INSERT INTO t VALUES ($1, 1)",
    .types = {POSTGRES_INT8},
};
static const struct postgres_statement settle_t = {
    .name = "settle_t",
    .sql = "SELECT amount FROM t WHERE id = 1 FOR UPDATE",
};
struct scene {
    struct database *server;
    struct proxy *proxy;
    const char *direct; /* uri without the proxy */
    struct postgres *db;
    struct postgres_tx *tx;
};

/* A transaction through the proxy that has updated a row and is not committed. */
static struct scene scene_make_within(int64_t timeout_ms)
{
    struct scene scene = {.server = database_shared(), .proxy = proxy_start(PROXY_POSTGRES, 0)};
    char uri[400];
    ERRORS;

    scene.direct = fixture_database(scene.server, tables);
    proxy_target(scene.proxy, database_port(scene.server));
    snprintf(uri, sizeof uri, "%s?sslmode=disable",
             database_uri_at(scene.server, scene.direct, proxy_port(scene.proxy)));
    scene.db = fixture_connect_within(uri, timeout_ms);
    ASSERT_OK(postgres_tx_begin(scene.db, &scene.tx, &error));
    ASSERT_OK(postgres_tx_run(scene.tx, &update_t, NULL, NULL, &error));
    return scene;
}

static struct scene scene_make(void)
{
    return scene_make_within(SHORT_MS);
}

static void scene_end(struct scene *scene)
{
    postgres_free(scene->db);
    proxy_free(scene->proxy);
    database_free(scene->server);
}

static void commit_is_unknown(struct scene *scene, enum proxy_match match,
                              enum proxy_verdict verdict)
{
    enum postgres_commit outcome;
    ERRORS;

    proxy_arm(scene->proxy, match, verdict, 1);
    ASSERT_STATUS(STATUS_RETRY, postgres_tx_commit(scene->tx, &outcome, &error));
    ck_assert_int_eq(outcome, POSTGRES_UNKNOWN);
    ck_assert(proxy_wait(scene->proxy, 1, 1000));
    ck_assert(!postgres_connected(scene->db));
}

START_TEST(the_answer_to_commit_is_cut)
{
    struct scene scene = scene_make();

    commit_is_unknown(&scene, PROXY_COMMIT_ANSWER, PROXY_CUT);
    ck_assert_int_eq(fixture_number(scene.db, &sum_t), 1);
    scene_end(&scene);
}
END_TEST

START_TEST(the_answer_to_commit_vanishes)
{
    struct scene scene = scene_make();

    commit_is_unknown(&scene, PROXY_COMMIT_ANSWER, PROXY_DROP);
    ck_assert_int_eq(fixture_number(scene.db, &sum_t), 1);
    scene_end(&scene);
}
END_TEST

START_TEST(commit_itself_is_cut)
{
    struct scene scene = scene_make();

    commit_is_unknown(&scene, PROXY_COMMIT, PROXY_CUT);
    ck_assert_int_eq(fixture_number(scene.db, &sum_t), 0);
    scene_end(&scene);
}
END_TEST

/* The worst: we gave up, and then COMMIT arrives. A plain look in between lies, a locking one
 * waits. (Later than the server's statement_timeout it would come too late: the transaction is
 * gone.) */
START_TEST(commit_itself_comes_late)
{
    struct scene scene = scene_make_within(10000);
    OWNED(postgres) second = fixture_connect_within(scene.direct, 600);
    OWNED(postgres_result) result = NULL;
    ERRORS;

    postgres_set_deadline(scene.db, clock_steady_ms() + 300);
    commit_is_unknown(&scene, PROXY_COMMIT, PROXY_HOLD);
    ck_assert_int_eq(fixture_number(second, &sum_t), 0);
    ASSERT_STATUS(STATUS_RETRY, postgres_run(second, &settle_t, NULL, NULL, &error));
    ck_assert_str_eq(last.code, "55P03");
    proxy_release(scene.proxy);
    ck_assert(EVENTUALLY(5000, fixture_number(second, &sum_t) == 1));
    ASSERT_OK(postgres_run(second, &settle_t, NULL, &result, &error));
    ck_assert_int_eq(postgres_result_int8(result, 0, 0), 1);
    scene_end(&scene);
}
END_TEST

START_TEST(a_cut_before_commit_is_certain)
{
    struct scene scene = scene_make();
    const struct postgres_value values[] = {postgres_int8(2)};
    enum postgres_commit outcome;
    ERRORS;

    proxy_cut(scene.proxy);
    ASSERT_STATUS(STATUS_RETRY, postgres_tx_run(scene.tx, &insert_t, values, NULL, &error));
    ASSERT_STATUS(STATUS_RETRY, postgres_tx_commit(scene.tx, &outcome, &error));
    ck_assert_int_eq(outcome, POSTGRES_ROLLED_BACK);
    ck_assert_int_eq(fixture_number(scene.db, &sum_t), 0);
    scene_end(&scene);
}
END_TEST

START_TEST(a_frozen_wire_costs_one_deadline)
{
    struct scene scene = scene_make();
    const struct postgres_value values[] = {postgres_int8(2)};
    int64_t start_ms = clock_steady_ms();
    ERRORS;

    proxy_freeze(scene.proxy);
    ASSERT_STATUS(STATUS_RETRY, postgres_tx_run(scene.tx, &insert_t, values, NULL, &error));
    ck_assert_str_eq(last.code, "ETIMEDOUT");
    ck_assert_int_lt(clock_steady_ms() - start_ms, SHORT_MS + POSTGRES_GRACE_MS + 500);
    postgres_tx_rollback(scene.tx);
    ck_assert_int_lt(clock_steady_ms() - start_ms, SHORT_MS + POSTGRES_GRACE_MS + 500);
    proxy_pass(scene.proxy);
    ck_assert_int_eq(fixture_number(scene.db, &sum_t), 0);
    scene_end(&scene);
}
END_TEST

START_TEST(nobody_behind_the_door)
{
    struct scene scene = scene_make();
    ERRORS;

    postgres_tx_rollback(scene.tx);
    proxy_refuse(scene.proxy);
    ASSERT_STATUS(STATUS_RETRY, postgres_ready(scene.db, &error));
    ASSERT_STATUS(STATUS_RETRY, postgres_ready(scene.db, &error));
    proxy_pass(scene.proxy);
    ASSERT_OK(postgres_ready(scene.db, &error));
    scene_end(&scene);
}
END_TEST

/* Cuts at one message, counted from 0; both ways. */
struct scissors {
    int left;
    bool used;
};

static enum proxy_verdict cut_one(void *context, const struct proxy_message *message)
{
    struct scissors *scissors = context;

    (void)message;
    if (scissors->left-- != 0)
        return PROXY_PASS;
    scissors->used = true;
    return PROXY_CUT;
}

/* A whole life: connect, set up, prepare, run, commit. */
static enum status insert_one(struct postgres *db, int64_t id, enum postgres_commit *ret_outcome,
                              struct error *error)
{
    const struct postgres_value values[] = {postgres_int8(id)};
    struct postgres_tx *tx = NULL;
    enum status status = postgres_tx_begin(db, &tx, error);

    *ret_outcome = POSTGRES_ROLLED_BACK;
    if (status == STATUS_OK)
        status = postgres_tx_post(tx, &insert_t, values, error);
    if (status == STATUS_OK)
        status = postgres_tx_run(tx, &sum_t, NULL, NULL, error);
    if (status == STATUS_OK)
        return postgres_tx_commit(tx, ret_outcome, error);
    postgres_tx_rollback(tx);
    return status;
}

/* Wherever it is cut, the outcome told is true, the class is retry, and the next try works. */
START_TEST(a_cut_anywhere_is_a_retry)
{
    struct scene scene = scene_make();
    int seen[3] = {0};
    bool cut = true;

    postgres_tx_rollback(scene.tx);
    for (int at = 0; cut; at++) {
        struct scissors scissors = {.left = at};
        enum postgres_commit outcome;
        struct error error = {0};
        enum status status;
        char sql[80];

        postgres_disconnect(scene.db);
        proxy_filter_set(scene.proxy, cut_one, &scissors);
        status = insert_one(scene.db, 100 + at, &outcome, &error);
        proxy_filter_set(scene.proxy, NULL, NULL);
        cut = scissors.used;
        ck_assert_int_eq(status, outcome == POSTGRES_COMMITTED ? STATUS_OK : STATUS_RETRY);
        seen[outcome]++;
        snprintf(sql, sizeof sql, "SELECT count(*) FROM tributary.t WHERE id = %d", 100 + at);
        if (outcome != POSTGRES_UNKNOWN)
            ck_assert_int_eq(database_number(scene.direct, sql), outcome == POSTGRES_COMMITTED);
        ck_assert_int_ge(fixture_number(scene.db, &sum_t), 0);
        ck_assert_int_lt(at, 200);
    }
    ck_assert_int_ge(seen[POSTGRES_COMMITTED], 1);
    ck_assert_int_ge(seen[POSTGRES_ROLLED_BACK], 20);
    ck_assert_int_ge(seen[POSTGRES_UNKNOWN], 3);
    scene_end(&scene);
}
END_TEST

SUITE_MAIN_TIMEOUT("postgres wire", 60, the_answer_to_commit_is_cut, the_answer_to_commit_vanishes,
                   commit_itself_is_cut, commit_itself_comes_late, a_cut_before_commit_is_certain,
                   a_frozen_wire_costs_one_deadline, nobody_behind_the_door,
                   a_cut_anywhere_is_a_retry);
