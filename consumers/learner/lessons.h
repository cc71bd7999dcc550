/* A batch's lessons, learnt: from what was shown and said to new user states, numbers, audit rows
 * and changes of the tenant's counts. Pure; the store reads and writes what stands here. */
#ifndef TRIBUTARY_LEARNER_LESSONS_H
#define TRIBUTARY_LEARNER_LESSONS_H

#include "common/base/arena.h"
#include "common/base/slice.h"
#include "common/base/status.h"
#include "common/engine/lesson.h"
#include "common/engine/user.h"

#include <stddef.h>
#include <stdint.h>

/* One feedback with the answer that it is about. */
struct lesson {
    int64_t user_key;
    int32_t tenant_key;
    int32_t partition;
    int64_t transaction_hash;
    int64_t feedback_hash;
    int64_t source_offset; /* of the feedback */
    enum engine_feedback kind;
    int32_t rating;
    struct slice said;  /* a correction's category */
    struct slice shown; /* the answer's */
    struct engine_input input;

    /* What came of it. */
    int64_t number; /* its place among the changes of its partition */
    struct engine_step step;
};

/* A user whom the batch changes. */
struct pupil {
    int64_t user_key;
    int32_t partition;
    struct slice tenant;
    struct slice user;
    int64_t number; /* of the last change */
    struct slice old_state;
    struct slice state; /* afterwards; in the arena */
};

/* A change of one of the tenant's counts. */
struct count_change {
    int32_t tenant_key;
    int32_t partition;
    uint64_t subject;
    struct slice category;
    int64_t units;
    int64_t number;
};

/* Changes that a batch makes in one partition. */
struct partition_changes {
    int32_t partition;
    int64_t changes;
    int64_t last; /* the counter after them, as the store learnt it */
};

struct lessons {
    struct lesson *items; /* by partition, then in the order of their feedback */
    size_t count;
    struct partition_changes *partitions; /* ascending */
    size_t partition_count;
    struct pupil *pupils; /* by user_key */
    size_t pupil_count;
    struct count_change *changes; /* folded: each count once, by key */
    size_t change_count;
};

/* Sorts the items, and finds partitions and pupils. REJECT without room in the arena. */
enum status lessons_prepare(struct lessons *lessons, struct arena *arena,
                            struct error *error) MUST_CHECK;

/* Once partitions[].last and pupils[].old_state are set: gives each lesson its number, takes the
 * learning steps in that order, and folds the counts. FATAL: a stored state cannot be read; REJECT:
 * no room in the arena. */
enum status lessons_learn(struct lessons *lessons, struct arena *arena,
                          struct error *error) MUST_CHECK;

struct pupil *lessons_pupil(struct lessons *lessons, int64_t user_key);

#endif
