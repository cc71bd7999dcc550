/* Rounds under load, in each of which every kind of process dies by kill -9 once, at a random
 * moment, and is started again. TRIBUTARY_TEST_ROUNDS says how many.
 *
 * Where each fault of the fleet is proven:
 *
 *   kill -9 of every kind, in rounds           here (all together); tests/integration/{transform,
 *                                              analytics,learning,notifier,sink} (each alone)
 *   SIGSTOP past the session, then SIGCONT     test_owners.c (both kinds)
 *   two classifiers own a partition            test_owners.c
 *   1 -> 3 -> 2 workers of each group          test_owners.c
 *   every event posted twice, an id of two     test_events.c
 *   users, a poison record in each topic
 *   Kafka restarted and killed, Postgres       test_servers.c
 *   killed, Redis flushed and killed
 *   a COMMIT whose answer is lost              test_network.c;
 * tests/integration/postgres/test_wire.c half a batch's acknowledgement lost,       test_network.c
 * (with the readers); an old request lands after the new ones
 * tests/integration/transform/test_network.c the learner killed between COMMIT and
 * tests/integration/learning the write to Redis
 */
#include "common/base/random.h"
#include "tests/faults/fleet/scene.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>

enum { KINDS = 6, ROUNDS = 4, PAUSE_MS = 700, RATE = 300, MORE = 100 };

static int rounds(void)
{
    const char *text = getenv("TRIBUTARY_TEST_ROUNDS");

    return text == NULL ? ROUNDS : atoi(text);
}

static void shuffle(struct random *random, const char **names)
{
    for (size_t i = KINDS - 1; i > 0; i--) {
        size_t other = (size_t)random_below(random, i + 1);
        const char *name = names[i];

        names[i] = names[other];
        names[other] = name;
    }
}

static void kill_each(struct scene *scene, struct random *random)
{
    const char *names[KINDS] = {"g", "c", random_below(random, 2) == 0 ? "a1" : "a2",
                                "l", "n", "s"};

    shuffle(random, names);
    for (size_t i = 0; i < KINDS; i++) {
        rig_sleep((int64_t)random_below(random, PAUSE_MS));
        fleet_kill(scene->fleet, names[i]);
        rig_sleep((int64_t)random_below(random, PAUSE_MS / 4));
        fleet_restart(scene->fleet, names[i]);
    }
    for (size_t i = 0; i < KINDS; i++)
        fleet_wait_ready(scene->fleet, names[i], SCENE_READY_MS);
}

START_TEST(every_kind_dies_in_every_round)
{
    struct scene scene;
    struct random random;
    uint64_t seed = suite_seed();
    int load;

    random_init(&random, seed);
    scene_open(&scene, NULL);
    scene_start_fleet(&scene);
    load = scene_begin_load(&scene, (struct scene_load){.seed = seed, .rate = RATE});
    scene_wait_progress(&scene, MORE);
    for (int round = 0; round < rounds(); round++) {
        kill_each(&scene, &random);
        scene_wait_progress(&scene, MORE);
        printf("round %d: %lld ledger rows\n", round + 1, (long long)scene_ledger(&scene));
        fflush(stdout);
    }
    scene_stop_load(&scene, load);
    scene_verify(&scene);
    scene_close(&scene, NULL);
}
END_TEST

SUITE_MAIN_TIMEOUT("rounds", 7200, every_kind_dies_in_every_round);
