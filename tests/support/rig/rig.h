/* An installation of its own for one test: topics under a prefix of the shared broker, an empty
 * database, a prefix of the shared Redis, and a fleet that is set to them. `tributary init` has
 * run. */
#ifndef TRIBUTARY_TESTS_SUPPORT_RIG_H
#define TRIBUTARY_TESTS_SUPPORT_RIG_H

#include "tests/support/broker/broker.h"
#include "tests/support/database/database.h"
#include "tests/support/feed/feed.h"
#include "tests/support/fleet/fleet.h"
#include "tests/support/redis_server/redis_server.h"

#include <stdint.h>

enum { RIG_PARTITIONS = 4, RIG_READY_MS = 30000 };

struct rig {
    struct broker *broker;
    struct database *database;
    struct redis_server *redis;
    struct fleet *fleet;
    struct feed *feed;
    const char *uri;    /* of the database; tables are in schema tributary */
    const char *prefix; /* of topics, groups and Redis keys */
};

/* On the shared servers, or on given ones (NULL: shared), which the caller frees. */
struct rig_servers {
    struct broker *broker;
    struct database *database;
    struct redis_server *redis;
};
void rig_init(struct rig *rig, const struct rig_servers *servers);
void rig_done(struct rig *rig);

/* Starts bin/tributary-<program> as `member` and waits until it is ready. */
void rig_start(struct rig *rig, const char *member, const char *program);

/* Waits until the query gives the number; else fails the test. */
void rig_wait(const struct rig *rig, const char *sql, int64_t expected, int64_t timeout_ms);

/* Runs `tributary verify` and fails the test with what it prints unless it finds no difference. */
void rig_verify(struct rig *rig);

/* The partition of a user of tenant acme. */
int32_t rig_partition(const char *user);

void rig_sleep(int64_t ms);

#endif
