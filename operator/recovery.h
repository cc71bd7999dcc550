/* What would let partitions that stand still go on, worked out from where everybody stands. Pure.
 *
 * The rules, all of them safe with any number of readers and writers:
 *   - The classifier may always be set back: readers drop what they have had. So it goes to the
 *     lowest source offset that any reader still wants.
 *   - A reader of its outputs may always read again what is there: what it has had, it drops. So a
 *     row whose `next` is outside of the outputs' log goes to that log's begin.
 *   - What the log no longer holds can only be given up, by name (recovery_skip): that is counted
 *     as a gap, so the books stay exact, and said. */
#ifndef TRIBUTARY_OPERATOR_RECOVERY_H
#define TRIBUTARY_OPERATOR_RECOVERY_H

#include "operator/standing.h"

enum { RECOVERY_LINE_BYTES = 256 };

enum recovery_kind {
    RECOVERY_COMMIT, /* the classifier's committed offset */
    RECOVERY_NEXT,   /* a row's `next`, where its books count in another topic's offsets */
    RECOVERY_SKIP,   /* a row's position, over what is given up */
};

struct recovery_step {
    enum recovery_kind kind;
    const struct standing_row *row; /* NULL for a commit */
    int32_t partition;
    int64_t from; /* KAFKA_OFFSET_NONE: nothing was committed */
    int64_t to;
    const char *why;
};

struct recovery_problem {
    char text[RECOVERY_LINE_BYTES];
};

struct recovery {
    const struct standing *standing;
    struct recovery_step *steps; /* rows before commits */
    size_t step_count;
    struct recovery_problem *problems; /* what no step mends */
    size_t problem_count;
};

/* standing must outlive it. */
void recovery_init(struct recovery *recovery, const struct standing *standing);
void recovery_done(struct recovery *recovery);

struct recovery_scope {
    const char *group; /* NULL: all; of rows */
    int32_t partition; /* -1: all */
    bool all;          /* the classifier's commits that need no mending, too */
};

/* Everything within the scope. */
void recovery_plan(struct recovery *recovery, const struct recovery_scope *scope);

/* One row, which must be there, goes on at source offset `to`. */
void recovery_skip(struct recovery *recovery, const struct standing_row *row, int64_t to);

#endif
