/* What the changelog says of the partitions that are ours: floors of users that were changed
 * lately, and how far it was read.
 *
 * A reading is short whatever has piled up: where more is new than one reading takes, the
 * partitions with the most are passed over, and each gets a floor for all its users instead. */
#ifndef TRIBUTARY_WEIGHTS_CHANGELOG_H
#define TRIBUTARY_WEIGHTS_CHANGELOG_H

#include "common/base/slice.h"
#include "common/base/status.h"
#include "common/postgres/postgres.h"

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

enum {
    CHANGELOG_PARTITIONS = 1024,
    CHANGELOG_ROWS = 4096,    /* of one reading */
    CHANGELOG_FLOORS = 16384, /* of users; what is more becomes floors of partitions */
};

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
    int64_t floor;     /* whoever's copies in Redis below it are old; 0: none */
    int64_t published; /* caches have been told up to here */
    int64_t synced_ms; /* steady time of the last reading */
};

struct changelog {
    struct changelog_partition partitions[CHANGELOG_PARTITIONS];
    struct changelog_floor *floors; /* of changes that Redis may not know of yet */
    int64_t rows;                   /* that the next reading takes; 0: none was tried */
};

void changelog_done(struct changelog *changelog);
void changelog_take(struct changelog *changelog, int32_t partition, int64_t now_ms);
void changelog_revoke(struct changelog *changelog, int32_t partition);

/* The cursor was read since the partition was taken; until then nothing is known of any copy. */
bool changelog_synced(const struct changelog *changelog, int32_t partition);

/* Copies in Redis below this number are old; 0: any copy will do. */
int64_t changelog_floor_of(const struct changelog *changelog, int32_t partition,
                           struct slice tenant, struct slice user);

/* What a reading tells whoever keeps copies. */
struct changelog_callbacks {
    /* The cursor is set to a place that was not read up to: copies in memory prove nothing. */
    void (*moved)(void *context, int32_t partition);
    /* The user was changed under that number: copies below it are old. */
    void (*changed)(void *context, struct slice tenant, struct slice user, int64_t number);
    void *context;
};

/* Reads what is new in all partitions that are taken. A failure with a connection there
 * (*reached) is of this reading alone; the next takes half as much. */
enum status changelog_read(struct changelog *changelog, struct postgres *db, int64_t now_ms,
                           const struct changelog_callbacks *callbacks, bool *reached,
                           struct error *error) MUST_CHECK;

#endif
