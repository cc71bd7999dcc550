/* What a network can do to the two writes that everything hangs on: a sink's COMMIT, and a
 * classifier's acknowledged outputs. The readers of the same events must agree. */
#include "tests/faults/fleet/scene.h"
#include "tests/support/process/place.h"
#include "tests/support/proxy/proxy.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>

enum { RATE = 300, MORE = 100, WAIT_MS = 60000 };

START_TEST(the_answer_to_a_commit_is_lost)
{
    static const struct scene_member others[] = {
        {"g", "gateway"}, {"c", "classifier"}, {"n", "notifier"}, {"s", "sender"}};
    static const struct scene_member behind[] = {{"a1", "analytics"}, {"l", "learner"}};
    static const struct {
        enum proxy_match match;
        enum proxy_verdict verdict;
    } rules[] = {{PROXY_COMMIT_ANSWER, PROXY_CUT},
                 {PROXY_COMMIT_ANSWER, PROXY_DROP},
                 {PROXY_COMMIT, PROXY_CUT},
                 {PROXY_COMMIT, PROXY_DROP}};
    OWNED(proxy) proxy = NULL;
    struct scene scene;
    int load;

    scene_open(&scene, NULL);
    proxy = proxy_start(PROXY_POSTGRES, database_port(scene.rig.database));
    for (size_t i = 0; i < 2; i++)
        fleet_set_for(scene.fleet, behind[i].name, "TRIBUTARY_POSTGRES_URI",
                      database_uri_at(scene.rig.database, scene.rig.uri, proxy_port(proxy)));
    fleet_set(scene.fleet, "TRIBUTARY_POSTGRES_STATEMENT_TIMEOUT", "2s");
    fleet_set(scene.fleet, "TRIBUTARY_POSTGRES_LOCK_TIMEOUT", "2s");
    fleet_set(scene.fleet, "TRIBUTARY_POSTGRES_IDLE_IN_TRANSACTION_TIMEOUT", "2s");
    scene_start(&scene, others, sizeof others / sizeof others[0]);
    scene_start(&scene, behind, 2);
    load = scene_begin_load(&scene, (struct scene_load){.seed = suite_seed(), .rate = RATE});
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        scene_wait_progress(&scene, MORE);
        proxy_arm(proxy, rules[i].match, rules[i].verdict, 3);
        ck_assert(proxy_wait(proxy, 3, WAIT_MS));
    }
    scene_wait_progress(&scene, MORE);
    scene_stop_load(&scene, load);
    scene_verify(&scene);
    scene_close(&scene, NULL);
}
END_TEST

static double incarnations(struct scene *scene)
{
    return fleet_metric(scene->fleet, "c", "tributary_transform_incarnations_total", NULL);
}

/* Once the producer was given up and a new one has the way to the ledger open. */
static void await_new_producer(struct scene *scene, double above)
{
    ck_assert_msg(EVENTUALLY(WAIT_MS, incarnations(scene) > above), "incarnation %.0f",
                  incarnations(scene));
    scene_wait_progress(scene, MORE);
}

START_TEST(old_outputs_come_after_the_new_ones)
{
    static const char *const readers[] = {"a1", "a2", "l", "n", NULL};
    struct proxy *proxy = proxy_start(PROXY_KAFKA, 0);
    struct broker *broker =
        broker_start(&(struct broker_options){.proxy_ports = {proxy_port(proxy)}});
    const struct rig_servers servers = {.broker = broker};
    struct scene scene;
    double before, reruns;
    struct proxy_held held = {0};
    int load;

    proxy_target(proxy, broker_proxied_port(broker, 0));
    scene_open(&scene, &servers);
    fleet_set_for(scene.fleet, "c", "TRIBUTARY_KAFKA_BROKERS", proxy_address(proxy));
    fleet_set_for(scene.fleet, "c", "TRIBUTARY_TRANSFORM_DELIVERY_TIMEOUT", "2s");
    scene_start_fleet(&scene);
    load = scene_begin_load(&scene, (struct scene_load){.seed = suite_seed(), .rate = RATE});
    scene_wait_progress(&scene, MORE);
    before = incarnations(&scene);
    proxy_arm(proxy, PROXY_PRODUCE_ANSWER, PROXY_DROP, 1); /* written, and not known to be */
    ck_assert(proxy_wait(proxy, 1, WAIT_MS));
    await_new_producer(&scene, before);
    before = incarnations(&scene);
    reruns = scene_result(&scene, readers, "rerun");
    ck_assert_double_gt(reruns, 0);
    proxy_filter_set(proxy, proxy_hold_produce, &held);
    ck_assert(proxy_wait(proxy, 1, WAIT_MS));
    await_new_producer(&scene, before);
    reruns = scene_result(&scene, readers, "rerun");
    proxy_release(proxy); /* the old producer's, after the new one's */
    ck_assert(EVENTUALLY(WAIT_MS, scene_result(&scene, readers, "rerun") > reruns));
    proxy_filter_set(proxy, NULL, NULL);
    scene_wait_progress(&scene, MORE);
    scene_stop_load(&scene, load);
    scene_verify(&scene);
    scene_close(&scene, &servers);
    proxy_free(proxy);
    broker_free(broker);
}
END_TEST

SUITE_MAIN_TIMEOUT("network", 150, the_answer_to_a_commit_is_lost,
                   old_outputs_come_after_the_new_ones);
