/* A broker that puts living members out of their groups without their knowing: they reach the
 * broker through a proxy that loses their heartbeats and commits, and the test leaves the groups in
 * their names. */
#ifndef TRIBUTARY_TESTS_FAULTS_EVICTION_H
#define TRIBUTARY_TESTS_FAULTS_EVICTION_H

#include "tests/support/proxy/proxy.h"
#include "tests/support/rig/rig.h"

#include <stdatomic.h>

enum { EVICTION_MEMBERS = 3 };

struct eviction_member {
    char group[128];
    char id[128]; /* as its heartbeats say */
};

struct eviction {
    struct broker *broker;
    struct proxy *proxy; /* for those members, at most one of a group */
    struct eviction_member members[EVICTION_MEMBERS];
    atomic_int seen; /* members whose ids are known */
};

void eviction_init(struct eviction *eviction);
void eviction_done(struct eviction *eviction);

/* From now on two own what the members of these groups own that are behind the proxy. Their
 * sessions must be longer than that lasts. */
void eviction_begin(struct eviction *eviction, const struct rig *rig,
                    const char *const groups[EVICTION_MEMBERS]);

/* Their next heartbeats tell them. */
void eviction_end(struct eviction *eviction);

#endif
