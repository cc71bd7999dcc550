/* More than one owner of a partition: zombies of both kinds, two that both own one, and
 * groups that grow and shrink under load. */
#include "tests/faults/fleet/eviction.h"
#include "tests/faults/fleet/replay.h"
#include "tests/faults/fleet/scene.h"
#include "tests/support/process/place.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>

enum { BACKLOG = 6000, WAIT_MS = 60000, RATE = 300, LESSONS = 50, BOTH_MS = 6000, STOP_MS = 30000 };

static const char *const readers[] = {"a1", "a2", "l", "l1", "l2", "n", NULL};

static bool reaches(struct scene *scene, const char *member, const char *metric, double value)
{
    return EVENTUALLY(WAIT_MS, fleet_metric(scene->fleet, member, metric, NULL) >= value);
}

static void wait_outputs(struct scene *scene, const char *member, double count)
{
    ck_assert_msg(reaches(scene, member, "tributary_transform_outputs_total", count),
                  "%s has not made %.0f outputs", member, count);
}

static void start_one(struct scene *scene, const char *name, const char *program)
{
    scene_start(scene, &(struct scene_member){name, program}, 1);
}

/* Posted while nobody classifies, so that whoever starts has its hands full. */
static void post_backlog(struct scene *scene, uint64_t seed)
{
    start_one(scene, "g", "gateway");
    scene_wait_load(scene,
                    scene_begin_load(scene, (struct scene_load){.seed = seed, .events = BACKLOG}));
}

START_TEST(a_classifier_stopped_past_its_session_writes_on)
{
    static const struct scene_member sinks[] = {
        {"a1", "analytics"}, {"l", "learner"}, {"n", "notifier"}, {"s", "sender"}};
    struct scene scene;

    scene_open(&scene, NULL);
    post_backlog(&scene, suite_seed());
    fleet_set_for(scene.fleet, "zombie", "TRIBUTARY_WORKER_BATCH_RECORDS", "5");
    start_one(&scene, "zombie", "classifier");
    wait_outputs(&scene, "zombie", 200);
    fleet_pause(scene.fleet, "zombie");
    scene_start(&scene, sinks, sizeof sinks / sizeof sinks[0]);
    start_one(&scene, "c", "classifier");
    wait_outputs(&scene, "c", BACKLOG / 2);
    fleet_resume(scene.fleet, "zombie");
    scene_verify(&scene);
    ck_assert_double_gt(scene_result(&scene, readers, "rerun"), 0);
    printf("%.0f outputs dropped\n", scene_result(&scene, readers, "rerun"));
    scene_close(&scene, NULL);
}
END_TEST

static void wait_rows(struct scene *scene, const char *table, int64_t count)
{
    char sql[128];

    snprintf(sql, sizeof sql, "SELECT count(*) FROM tributary.%s", table);
    ck_assert_msg(EVENTUALLY(WAIT_MS, database_number(scene->rig.uri, sql) >= count),
                  "no %lld rows in %s", (long long)count, table);
}

START_TEST(sinks_stopped_past_their_session_write_on)
{
    static const struct scene_member zombies[] = {{"a1", "analytics"}, {"l1", "learner"}};
    static const struct scene_member heirs[] = {
        {"a2", "analytics"}, {"l2", "learner"}, {"n", "notifier"}, {"s", "sender"}};
    struct scene scene;

    scene_open(&scene, NULL);
    /* A zombie may have been stopped within a transaction. */
    fleet_set(scene.fleet, "TRIBUTARY_POSTGRES_IDLE_IN_TRANSACTION_TIMEOUT", "2s");
    post_backlog(&scene, suite_seed());
    start_one(&scene, "c", "classifier");
    wait_outputs(&scene, "c", BACKLOG);
    fleet_set_for(scene.fleet, "a1", "TRIBUTARY_WORKER_BATCH_RECORDS", "10");
    fleet_set_for(scene.fleet, "l1", "TRIBUTARY_WORKER_BATCH_RECORDS", "10");
    scene_start(&scene, zombies, 2);
    wait_rows(&scene, "ledger", 200);
    fleet_pause(scene.fleet, "a1");
    wait_rows(&scene, "shown", 200);
    fleet_pause(scene.fleet, "l1");
    scene_start(&scene, heirs, sizeof heirs / sizeof heirs[0]);
    wait_rows(&scene, "ledger", BACKLOG / 2);
    wait_rows(&scene, "shown", BACKLOG / 2);
    wait_rows(&scene, "weight_audit", LESSONS);
    fleet_resume(scene.fleet, "a1");
    fleet_resume(scene.fleet, "l1");
    scene_verify(&scene);
    ck_assert_int_gt(replay_check(scene.rig.uri), LESSONS);
    printf("batches lost to another: analytics %.0f, learner %.0f\n",
           scene_failures(&scene, "a1", "lost"), scene_failures(&scene, "l1", "lost"));
    scene_close(&scene, NULL);
}
END_TEST

/* The broker takes the partitions of members that do not hear of it, so that two own them for as
 * long as the test wants, all in health: both classifiers write, and two sinks of a group take
 * the offset rows from each other. */
START_TEST(two_own_a_partition)
{
    static const char *const groups[] = {"classifier", "analytics", "learner"};
    static const struct scene_member evicted[] = {
        {"c1", "classifier"}, {"a1", "analytics"}, {"l1", "learner"}};
    static const struct scene_member members[] = {{"g", "gateway"},    {"c2", "classifier"},
                                                  {"a2", "analytics"}, {"l2", "learner"},
                                                  {"n", "notifier"},   {"s", "sender"}};
    struct eviction eviction;
    struct rig_servers servers;
    struct scene scene;
    double outputs;
    int load;

    eviction_init(&eviction);
    servers = (struct rig_servers){.broker = eviction.broker};
    scene_open(&scene, &servers);
    for (size_t i = 0; i < EVICTION_MEMBERS; i++) {
        fleet_set_for(scene.fleet, evicted[i].name, "TRIBUTARY_KAFKA_BROKERS",
                      proxy_address(eviction.proxy));
        fleet_set_for(scene.fleet, evicted[i].name, "TRIBUTARY_KAFKA_SESSION_TIMEOUT", "40s");
    }
    scene_start(&scene, evicted, EVICTION_MEMBERS);
    load = scene_begin_load(&scene, (struct scene_load){.seed = suite_seed(), .rate = RATE});
    scene_start(&scene, members, sizeof members / sizeof members[0]);
    scene_wait_progress(&scene, 200);
    eviction_begin(&eviction, &scene.rig, groups);
    outputs = fleet_metric(scene.fleet, "c1", "tributary_transform_outputs_total", NULL);
    rig_sleep(BOTH_MS);
    wait_outputs(&scene, "c1", outputs + 100); /* it owns on */
    ck_assert(EVENTUALLY(WAIT_MS, scene_result(&scene, readers, "rerun") > 100));
    ck_assert(EVENTUALLY(WAIT_MS, scene_failures(&scene, "a1", "lost") > 0));
    ck_assert(EVENTUALLY(WAIT_MS, scene_failures(&scene, "l1", "lost") > 0));
    eviction_end(&eviction);
    scene_wait_progress(&scene, 200);
    scene_stop_load(&scene, load);
    scene_verify(&scene);
    ck_assert_int_gt(replay_check(scene.rig.uri), LESSONS);
    printf("%.0f outputs dropped; batches lost to the other: analytics %.0f, learner %.0f\n",
           scene_result(&scene, readers, "rerun"), scene_failures(&scene, "a1", "lost"),
           scene_failures(&scene, "l1", "lost"));
    scene_close(&scene, &servers);
    eviction_done(&eviction);
}
END_TEST

START_TEST(groups_grow_and_shrink)
{
    static const struct scene_member first[] = {{"g", "gateway"},    {"c1", "classifier"},
                                                {"a1", "analytics"}, {"l1", "learner"},
                                                {"n1", "notifier"},  {"s", "sender"}};
    static const struct scene_member more[] = {
        {"c2", "classifier"}, {"c3", "classifier"}, {"a2", "analytics"}, {"a3", "analytics"},
        {"l2", "learner"},    {"l3", "learner"},    {"n2", "notifier"},  {"n3", "notifier"}};
    static const char *const leaving[] = {"c1", "a2", "l3", "n1"};
    struct scene scene;
    int load;

    scene_open(&scene, NULL);
    scene_start(&scene, first, sizeof first / sizeof first[0]);
    load = scene_begin_load(&scene, (struct scene_load){.seed = suite_seed(), .rate = RATE});
    scene_wait_progress(&scene, 300);
    scene_start(&scene, more, sizeof more / sizeof more[0]);
    scene_wait_progress(&scene, 600);
    for (size_t i = 0; i < sizeof leaving / sizeof leaving[0]; i++)
        ck_assert_int_eq(fleet_terminate(scene.fleet, leaving[i], STOP_MS), 0);
    scene_wait_progress(&scene, 300);
    scene_stop_load(&scene, load);
    scene_verify(&scene);
    scene_close(&scene, NULL);
}
END_TEST

SUITE_MAIN_TIMEOUT("owners", 200, a_classifier_stopped_past_its_session_writes_on,
                   sinks_stopped_past_their_session_write_on, two_own_a_partition,
                   groups_grow_and_shrink);
