/* What a transform reads, made at random: valid events of known and unknown users and merchants,
 * gaps, and records that are none, over several partitions. What they borrow is in the arena. */
#ifndef TRIBUTARY_TESTS_CONTRACT_SOURCE_H
#define TRIBUTARY_TESTS_CONTRACT_SOURCE_H

#include "common/base/arena.h"
#include "common/base/random.h"
#include "common/worker/batch.h"

enum { SOURCE_PARTITIONS = 3, SOURCE_RECORDS = 160, SOURCE_ARENA_BYTES = 64 << 20 };

/* Texts that the stores know something of (stores.c), beside those that nobody knows. */
enum { SOURCE_MERCHANTS = 6, SOURCE_USERS = 8 };
extern const char *const source_tenants[2];
extern const char *const source_merchants[SOURCE_MERCHANTS];

/* Records as the worker hands them over, each partition in offset order. */
struct source {
    struct record records[SOURCE_PARTITIONS][SOURCE_RECORDS];
    size_t counts[SOURCE_PARTITIONS];
    int64_t starts[SOURCE_PARTITIONS]; /* where the group has committed to before the first */
};

void source_make(struct source *source, struct random *random, struct arena *arena);

/* The same record anew, with every byte of its own in the arena. */
struct record source_copy(const struct record *record, struct arena *arena);

#endif
