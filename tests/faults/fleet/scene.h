/* The whole fleet on an installation of its own, under load that the simulator posts through the
 * gateway and writes down in a journal. What fails fails the test. */
#ifndef TRIBUTARY_TESTS_FAULTS_SCENE_H
#define TRIBUTARY_TESTS_FAULTS_SCENE_H

#include "tests/support/rig/rig.h"

#include <stdint.h>

enum {
    SCENE_LOADS = 8,
    SCENE_SETTLE_MS = 120000,
    SCENE_READY_MS = 60000,
    SCENE_RATE = 300, /* events a second of scene_start_loaded */
    SCENE_MORE = 200, /* ledger rows that show that it goes on */
};

/* A process: its name in the test, and bin/tributary-<program>. */
struct scene_member {
    const char *name;
    const char *program;
};

struct scene {
    struct rig rig;
    struct fleet *fleet; /* the rig's */
    int gateway_port;
    char journals[SCENE_LOADS][300];
    char names[SCENE_LOADS][16]; /* of the simulators, as members */
    int loads;
    bool posted; /* by the test itself */
};

/* servers NULL: the shared ones; given ones are the caller's. Nothing runs yet. */
void scene_open(struct scene *scene, const struct rig_servers *servers);

/* Also gives up the given servers, so that the caller frees them. */
void scene_close(struct scene *scene, const struct rig_servers *servers);

/* Starts all, then waits until each is ready. */
void scene_start(struct scene *scene, const struct scene_member *members, size_t count);

/* gateway g, classifier c, analytics a1 and a2, learner l, notifier n, sender s. */
void scene_start_fleet(struct scene *scene);

/* Starts a simulator: `events` transactions (0: until scene_stop_load) of 60 users at `rate` a
 * second (0: as fast as they are taken), with feedback. Its number. The same seed posts the same
 * events. */
struct scene_load {
    uint64_t seed;
    int events;
    int rate;
};
int scene_begin_load(struct scene *scene, struct scene_load load);

void scene_stop_load(struct scene *scene, int number); /* now */
void scene_wait_load(struct scene *scene, int number); /* until all is accepted */

/* scene_start_fleet, a load that lasts, and it flows; the load's number. */
int scene_start_loaded(struct scene *scene, uint64_t seed);

/* It still flows, and all of that fleet lived to see it; then scene_verify and scene_close. */
void scene_end_loaded(struct scene *scene, const struct rig_servers *servers, int load);

/* Before the test itself posts a transaction: it may come to be in the log. */
void scene_note_post(struct scene *scene, const char *id);

/* Ledger rows. */
int64_t scene_ledger(const struct scene *scene);

/* Until there are so many more ledger rows: the way from the gateway to the ledger is open. */
void scene_wait_progress(const struct scene *scene, int64_t more);

/* Sum over all groups' members of that sink metric's result. */
double scene_result(struct scene *scene, const char *const *members, const char *result);

/* Batches of the member that failed so (the class of an error: "retry", "lost"). */
double scene_failures(struct scene *scene, const char *member, const char *class);

/* Waits until every sink stands at the end of its logs and every notification is sent, then: no
 * difference for `tributary verify`, every sink's unaccounted 0, and every event that the journals
 * call accepted has its effects, once. */
void scene_verify(struct scene *scene);

#endif
