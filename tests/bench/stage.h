/* Where a benchmark of whole processes runs: servers for all its rounds, and for each round an
 * installation of its own (topics, database, settings of a fleet), with product defaults. */
#ifndef TRIBUTARY_TESTS_BENCH_STAGE_H
#define TRIBUTARY_TESTS_BENCH_STAGE_H

#include "tests/support/broker/broker.h"
#include "tests/support/database/database.h"
#include "tests/support/fleet/fleet.h"
#include "tests/support/redis_server/redis_server.h"

#include <stdint.h>

enum { STAGE_PARTITIONS = 24, STAGE_READY_MS = 60000 };

struct stage_servers {
    struct broker *broker;     /* the shared one, if there is one */
    struct database *database; /* its own: durable, with commit timestamps */
    struct redis_server *redis;
};

void stage_servers_start(struct stage_servers *servers);
void stage_servers_stop(struct stage_servers *servers);

struct stage {
    struct broker *broker;
    struct fleet *fleet;
    const char *prefix; /* of topics, groups and Redis keys */
    const char *uri;    /* of the database; tables are in schema tributary */
};

/* `tributary init` has run when it returns; ends the program when that fails. */
void stage_open(struct stage *stage, const struct stage_servers *servers);
void stage_close(struct stage *stage);

/* Starts bin/tributary-<program> as the member `program` and waits until it is ready. */
void stage_start(struct stage *stage, const char *program);

/* What the CPU of a member and of its Postgres backends has used, seconds. */
double stage_member_cpu(struct stage *stage, const char *program);
double stage_backends_cpu(const struct stage *stage, const char *program);

/* Records in a topic. */
int64_t stage_records(const struct stage *stage, const char *topic);

/* Where the group stands in a topic, all partitions added up: `next` of the offset rows, or
 * `position`. */
int64_t stage_next(const struct stage *stage, const char *group, const char *topic);
int64_t stage_position(const struct stage *stage, const char *group, const char *topic);

#endif
