/* The servers fail under load: the fleet waits, nothing is lost, and it goes on by itself. */
#include "tests/faults/fleet/scene.h"
#include "tests/support/suite/suite.h"

enum { DOWN_MS = 2500 };

START_TEST(kafka_is_restarted_and_killed)
{
    OWNED(broker) broker = broker_start(NULL);
    const struct rig_servers servers = {.broker = broker};
    struct scene scene;
    int load;

    scene_open(&scene, &servers);
    load = scene_start_loaded(&scene, suite_seed());
    broker_restart(broker); /* cleanly */
    scene_wait_progress(&scene, SCENE_MORE);
    broker_kill(broker);
    rig_sleep(DOWN_MS);
    broker_restart(broker);
    scene_end_loaded(&scene, &servers, load);
}
END_TEST

START_TEST(postgres_is_killed)
{
    OWNED(database) database = database_start(&(struct database_options){.durable = true});
    const struct rig_servers servers = {.database = database};
    struct scene scene;
    int load;

    scene_open(&scene, &servers);
    load = scene_start_loaded(&scene, suite_seed());
    for (int i = 0; i < 2; i++) {
        database_kill(database);
        rig_sleep(i * DOWN_MS);
        database_restart(database);
        scene_wait_progress(&scene, SCENE_MORE);
    }
    scene_end_loaded(&scene, &servers, load);
}
END_TEST

START_TEST(redis_is_flushed_and_killed)
{
    OWNED(redis_server) redis = redis_server_start(NULL);
    const struct rig_servers servers = {.redis = redis};
    struct scene scene;
    int load;

    scene_open(&scene, &servers);
    load = scene_start_loaded(&scene, suite_seed());
    redis_server_flush(redis);
    scene_wait_progress(&scene, SCENE_MORE);
    redis_server_kill(redis);
    rig_sleep(DOWN_MS);
    scene_wait_progress(&scene, SCENE_MORE); /* without it */
    redis_server_restart(redis);
    scene_end_loaded(&scene, &servers, load);
}
END_TEST

SUITE_MAIN_TIMEOUT("servers", 200, kafka_is_restarted_and_killed, postgres_is_killed,
                   redis_is_flushed_and_killed);
