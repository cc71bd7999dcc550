/* Rounds under load, in each of which every kind of process dies by kill -9 once, at a random
 * moment, and is started again. TRIBUTARY_TEST_ROUNDS says how many.
 *
 * Where each fault of the fleet is proven (integration/ is tests/integration/, the rest is here):
 *
 * - kill -9 of every kind of process: this file; each kind alone: integration/{transform,analytics,
 *   learning,notifier,sink} and tests/faults/{gateway,notifier}
 * - SIGSTOP past the session, then SIGCONT, of both kinds of consumer: test_owners.c
 * - two classifiers, two analytics and two learners that own a partition, the weights learnt
 *   again from the audit; 1 to 3 to 2 workers of each group: test_owners.c
 * - all posted twice, an id of two users, a poison record in each topic: test_events.c
 * - Kafka restarted and killed, Postgres killed, Redis flushed and killed: test_servers.c
 * - Kafka, Postgres and Redis stopped with their connections open: test_frozen.c
 * - the disk of Postgres full: test_disk.c; workers out of memory: test_memory.c
 * - a COMMIT whose answer is lost: test_network.c; more of them: integration/sink/test_commits.c
 * - half a batch's acknowledgement lost, an old request that lands after the new ones:
 *   test_network.c; the outputs byte by byte: integration/transform/test_network.c
 * - the learner killed between COMMIT and the write to Redis: integration/learning
 * - a sink that hangs in its transaction: test_keys.c, integration/sink/test_commits.c
 */
#include "common/base/random.h"
#include "tests/faults/fleet/scene.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>

enum { KINDS = 6, ROUNDS = 20, PAUSE_MS = 500, RATE = 300, MORE = 100 };

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
