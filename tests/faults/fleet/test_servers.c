/* The servers fail under load: the fleet waits, nothing is lost, and it goes on by itself. */
#include "tests/faults/fleet/scene.h"
#include "tests/support/suite/suite.h"

enum { RATE = 300, MORE = 200, DOWN_MS = 2500 };

static int open_loaded(struct scene *scene, const struct rig_servers *servers)
{
    int load;

    scene_open(scene, servers);
    scene_start_fleet(scene);
    load = scene_begin_load(scene, (struct scene_load){.seed = suite_seed(), .rate = RATE});
    scene_wait_progress(scene, MORE);
    return load;
}

static void close_verified(struct scene *scene, const struct rig_servers *servers, int load)
{
    static const char *const members[] = {"g", "c", "a1", "a2", "l", "n", "s"};

    scene_wait_progress(scene, MORE);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        ck_assert_msg(fleet_running(scene->fleet, members[i]), "%s has ended", members[i]);
    scene_stop_load(scene, load);
    scene_verify(scene);
    scene_close(scene, servers);
}

START_TEST(kafka_is_restarted_and_killed)
{
    OWNED(broker) broker = broker_start(NULL);
    const struct rig_servers servers = {.broker = broker};
    struct scene scene;
    int load = open_loaded(&scene, &servers);

    broker_restart(broker); /* cleanly */
    scene_wait_progress(&scene, MORE);
    broker_kill(broker);
    rig_sleep(DOWN_MS);
    broker_restart(broker);
    close_verified(&scene, &servers, load);
}
END_TEST

START_TEST(postgres_is_killed)
{
    OWNED(database) database = database_start(&(struct database_options){.durable = true});
    const struct rig_servers servers = {.database = database};
    struct scene scene;
    int load = open_loaded(&scene, &servers);

    for (int i = 0; i < 2; i++) {
        database_kill(database);
        rig_sleep(i * DOWN_MS);
        database_restart(database);
        scene_wait_progress(&scene, MORE);
    }
    close_verified(&scene, &servers, load);
}
END_TEST

START_TEST(redis_is_flushed_and_killed)
{
    OWNED(redis_server) redis = redis_server_start(NULL);
    const struct rig_servers servers = {.redis = redis};
    struct scene scene;
    int load = open_loaded(&scene, &servers);

    redis_server_flush(redis);
    scene_wait_progress(&scene, MORE);
    redis_server_kill(redis);
    rig_sleep(DOWN_MS);
    scene_wait_progress(&scene, MORE); /* without it */
    redis_server_restart(redis);
    close_verified(&scene, &servers, load);
}
END_TEST

SUITE_MAIN_TIMEOUT("servers", 200, kafka_is_restarted_and_killed, postgres_is_killed,
                   redis_is_flushed_and_killed);
