/* What the changelog says of the partitions that are ours: floors of users that were changed
 * lately, and how far it was read. */
#ifndef TRIBUTARY_WEIGHTS_CHANGELOG_H
#define TRIBUTARY_WEIGHTS_CHANGELOG_H

#include "common/base/slice.h"
#include "common/base/status.h"
#include "common/postgres/postgres.h"

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

enum { CHANGELOG_PARTITIONS = 1024 };

struct changelog_floor {
    UT_hash_handle hh;
    int32_t partition;
    int64_t number;
    size_t key_size;
    char key[];
};

struct changelog_partition {
    bool taken;
    bool synced; /* the cursor was read once since it was taken */
    int64_t cursor;
    int64_t published; /* caches have been told up to here */
    int64_t synced_ms; /* steady time of the last reading */
};

struct changelog {
    struct changelog_partition partitions[CHANGELOG_PARTITIONS];
    struct changelog_floor *floors; /* of changes that Redis may not know of yet */
};

void changelog_done(struct changelog *changelog);
void changelog_take(struct changelog *changelog, int32_t partition, int64_t now_ms);
void changelog_revoke(struct changelog *changelog, int32_t partition);

/* Copies below this number are old; 0: any copy will do. */
int64_t changelog_floor_of(const struct changelog *changelog, struct slice tenant,
                           struct slice user);

/* What a reading tells whoever keeps copies. */
struct changelog_callbacks {
    /* The partition's cursor is set now for the first time: copies of before prove nothing. */
    void (*first_sync)(void *context, int32_t partition);
    /* The user was changed under that number: copies below it are old. */
    void (*changed)(void *context, struct slice tenant, struct slice user, int64_t number);
    void *context;
};

/* Reads what is new in all partitions that are taken. */
enum status changelog_read(struct changelog *changelog, struct postgres *db, int64_t now_ms,
                           const struct changelog_callbacks *callbacks,
                           struct error *error) MUST_CHECK;

#endif
