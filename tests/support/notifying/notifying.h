/* A scene for tests of what people are told: an installation on real servers, with the notifier, a
 * sender and a receiver of webhooks. What fails fails the test. */
#ifndef TRIBUTARY_TESTS_SUPPORT_NOTIFYING_H
#define TRIBUTARY_TESTS_SUPPORT_NOTIFYING_H

#include "common/event/event.h"
#include "tests/support/broker/broker.h"
#include "tests/support/database/database.h"
#include "tests/support/feed/feed.h"
#include "tests/support/fleet/fleet.h"
#include "tests/support/receiver/receiver.h"
#include "tests/support/redis_server/redis_server.h"

#include <stdint.h>

enum { NOTIFYING_PARTITIONS = 4, NOTIFYING_READY_MS = 30000, NOTIFYING_DONE_MS = 60000 };

#define NOTIFYING_OCCURRED INT64_C(1767225600000000) /* 2026-01-01 */

struct notifying {
    struct broker *broker;
    struct database *database;
    struct redis_server *redis;
    struct fleet *fleet;
    struct feed *feed;
    struct receiver *receiver;
    const char *uri;
    const char *prefix;
    int64_t next_source[NOTIFYING_PARTITIONS]; /* of the outputs made so far */
};

/* Retries and leases are short; tests set more with fleet_set before they start programs. */
void notifying_set_up(struct notifying *s);

/* The same on a Postgres of the test's own, for one that kills it; takes it. */
void notifying_set_up_on(struct notifying *s, struct database *database);
void notifying_tear_down(struct notifying *s);

/* Starts bin/<program> as member and waits until it is ready. */
void notifying_start(struct notifying *s, const char *member, const char *program);

/* A webhook at the receiver's path; makes the tenant if need be. */
void notifying_endpoint(struct notifying *s, const char *tenant, const char *path);

/* `count` rows for that path, as a sink would append them, under subjects from `first` on. */
void notifying_append(struct notifying *s, const char *path, int first, int count);

/* A transaction of tenant acme, and the next output of a classifier for it. */
struct transaction notifying_transaction(const char *user, const char *id, int64_t minor);
void notifying_put(struct notifying *s, const struct transaction *event, const char *category,
                   float confidence);
int64_t notifying_sources(const struct notifying *s); /* outputs put so far */

/* Waits until the query gives the number. */
void notifying_wait(const struct notifying *s, const char *sql, int64_t expected);

/* Waits until the group has applied all outputs put, and checks its books. */
void notifying_wait_books(const struct notifying *s, const char *group);

void notifying_sleep(int64_t ms);

#endif
