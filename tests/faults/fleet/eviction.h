/* A broker that puts a living member out of the classifier's group without its knowing: the member
 * reaches the broker through a proxy that loses its heartbeats and commits, and the test leaves the
 * group in its name. */
#ifndef TRIBUTARY_TESTS_FAULTS_EVICTION_H
#define TRIBUTARY_TESTS_FAULTS_EVICTION_H

#include "tests/support/proxy/proxy.h"
#include "tests/support/rig/rig.h"

#include <stdatomic.h>

struct eviction {
    struct broker *broker;
    struct proxy *proxy; /* for that one member */
    char member[128];    /* its id, as its heartbeats say; written before `seen` */
    atomic_bool seen;
};

void eviction_init(struct eviction *eviction);
void eviction_done(struct eviction *eviction);

/* From now on two own what the member owns. Its session must be longer than that lasts. */
void eviction_begin(struct eviction *eviction, const struct rig *rig);

/* Its next heartbeat tells it. */
void eviction_end(struct eviction *eviction);

#endif
