/* The one learning step: what a user said of an answer, into the user's own counts and into the
 * tenant's. The learner applies it to live feedback; a replay of the audit applies it again. */
#ifndef TRIBUTARY_ENGINE_LESSON_H
#define TRIBUTARY_ENGINE_LESSON_H

#include "common/engine/counts.h"
#include "common/engine/features.h"
#include "common/engine/user.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum engine_feedback {
    ENGINE_CORRECTION,   /* it is `category` */
    ENGINE_CONFIRMATION, /* `shown` is right */
    ENGINE_RATING,       /* 1 (wrong) .. 5 (right) of `shown` */
    ENGINE_SILENCE       /* the user saw `shown` and let it stand */
};

struct engine_lesson {
    const struct engine_features *features; /* of the transaction */
    enum engine_feedback kind;
    struct slice shown;    /* the answer's category; empty or "uncategorized": none was shown */
    struct slice category; /* a correction's, else not looked at */
    int32_t rating;        /* a rating's, else not looked at */
};

/* What a lesson amounts to, in ENGINE_UNITs: `add` is counted under one category, `take` is taken
 * back from another. A correction adds 1 to its category and takes .7 from what was shown; a
 * confirmation adds 1 to it; ratings 1..5 of what was shown: -.7, -.35, 0, .5, 1; silence .2. That
 * is far less than how often silence is right: with more the engine feeds on its own errors. For
 * the same reason silence about what the engine's own priors say (merchant category code, sign)
 * is no lesson. */
struct engine_effect {
    struct slice add_category;
    struct slice take_category;
    int32_t add_units;
    int32_t take_units; /* >= 0 */
    bool weak;          /* older lessons are kept as if only a fifth of one had come */
};

/* Both units 0 where there is nothing to learn: rating 3, a rating outside 1..5, a category's name
 * of no or too many bytes, "uncategorized". The slices are the lesson's. */
struct engine_effect engine_lesson_effect(const struct engine_lesson *lesson);

/* For the audit row: the user's count for this merchant, in ENGINE_UNITs, before and after, of the
 * category that was added to and of the one that was taken from. */
struct engine_step {
    bool learnt; /* false: the state is unchanged */
    int32_t add_before, add_after;
    int32_t take_before, take_after;
    int32_t cell_before, cell_after; /* all labels of this user and merchant */
    uint32_t lessons;                /* of this user, with this one */
};

/* Total: every lesson is taken or is nothing to learn. */
void engine_learn_user(struct engine_user *user, const struct engine_lesson *lesson,
                       struct engine_step *ret);

/* What the tenant's sums change by: add `units` to the sum of (tenant, partition, subject,
 * category). A lesson adds to one category, or takes from one (a low rating); what a correction
 * takes back, it takes from the user's own counts of this merchant only. One delta a subject: what
 * was bought, everything, and whether an answer was wrong or right. */
struct engine_delta {
    uint64_t subject;
    struct slice category; /* the lesson's memory */
    int64_t units;
};

enum { ENGINE_DELTAS_MAX = 5 };

/* Returns how many of ret_deltas[ENGINE_DELTAS_MAX] are set, 0 where there is nothing to learn. */
size_t engine_lesson_deltas(const struct engine_lesson *lesson, struct engine_delta *ret_deltas);

#endif
