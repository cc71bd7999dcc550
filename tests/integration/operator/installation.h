/* A whole installation for the tests of the operator's tool: topics, schema, records in the logs,
 * and the outputs of a classifier that the test plays itself. */
#ifndef TRIBUTARY_TESTS_OPERATOR_INSTALLATION_H
#define TRIBUTARY_TESTS_OPERATOR_INSTALLATION_H

#include "common/event/event.h"
#include "tests/support/broker/broker.h"
#include "tests/support/database/database.h"
#include "tests/support/feed/feed.h"
#include "tests/support/fleet/fleet.h"
#include "tests/support/redis_server/redis_server.h"
#include "tests/support/suite/suite.h"

#include <stdint.h>

enum { PARTITIONS = 4, READY_MS = 30000, DONE_MS = 60000 };

struct installation {
    struct broker *broker;
    struct database *database;
    struct redis_server *redis;
    struct fleet *fleet;
    struct feed *feed;
    const char *uri;
    const char *prefix;
    int64_t ends[3][PARTITIONS]; /* of the logs as the test filled them, by enum feed_topic */
};

/* init has run. database: a cluster of the test's own, given to it, or NULL for the shared one. */
void installation_init(struct installation *s);
void installation_init_on(struct installation *s, struct database *database);

/* The same without running init, and without a feed. */
void installation_prepare(struct installation *s);
void installation_done(struct installation *s);

/* Runs `tributary` with these words, parted by blanks; its exit code must be `code`. The output is
 * the caller's. */
char *installation_run(struct installation *s, const char *words, int code);

/* The same, when only the exit code matters. */
void installation_expect(struct installation *s, const char *words, int code);

/* A transaction in its log and, from the classifier, its output. */
void installation_post(struct installation *s, const char *user, const char *id, int64_t minor,
                       const char *category);

/* Bytes that are no transaction, and the output that rejects them. */
void installation_post_garbage(struct installation *s, int32_t partition);

void installation_correct(struct installation *s, const char *user, const char *id,
                          const char *about, const char *category);

/* Two offsets that hold no record for a reader: an aborted transaction's and its mark. */
void installation_post_blanks(struct installation *s, enum feed_topic topic, int32_t partition);

/* The classifier's outputs for blanks: the next output of the partition covers them, or this. */
void installation_mark(struct installation *s, int32_t partition);

int32_t installation_partition(const char *user);

/* Everything that was posted is acknowledged, and every group of `members` stands at the end of
 * its logs. */
void installation_settle(struct installation *s, const char *group);

/* Until the query gives the number. */
void installation_wait(const struct installation *s, const char *sql, int64_t expected);

#endif
