/* What a batch adds to the sums, folded so that each sum appears once. Pure. */
#ifndef TRIBUTARY_ANALYTICS_SUMS_H
#define TRIBUTARY_ANALYTICS_SUMS_H

#include "common/base/arena.h"
#include "common/base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One change of one sum. owner and period say of whom and when: user and day, user and month, or
 * tenant and hour (with the partition). */
struct sum {
    int64_t owner;
    int32_t period;    /* days since 1970, months as year * 12 + month, hours since 1970 */
    int32_t partition; /* 0 where it is no part of the key */
    int32_t category;
    char currency[4]; /* NUL-terminated */
    int64_t minor;
    int64_t events;
};

/* A list in an arena; never longer than its capacity. */
struct sums {
    struct sum *items;
    size_t count;
    size_t capacity;
};

/* The three ways in which money is summed up. */
struct sum_sets {
    struct sums days;
    struct sums months;
    struct sums hours;
};

/* One movement of money: +1 event when it comes to a category, -1 when it leaves one. */
struct movement {
    int64_t user_key;
    int32_t tenant_key;
    int32_t partition;
    int32_t category;
    struct slice currency; /* 3 bytes */
    int64_t occurred_us;
    int64_t minor;
    int64_t events;
};

/* Room for `movements`. False when the arena has none. */
bool sum_sets_init(struct sum_sets *sets, struct arena *arena, size_t movements);
void sum_sets_add(struct sum_sets *sets, const struct movement *movement);

/* Sorts by key and adds up what has the same one; sums that come out as nothing are left out. */
void sum_sets_fold(struct sum_sets *sets);

#endif
