#include "common/engine/counts.h"
#include "common/engine/lesson.h"
#include "common/engine/subject.h"
#include "tests/support/suite/suite.h"

#include <string.h>

static const struct engine_features features = {.merchant_hash = 11, .key_hash = 22, .mcc = 5411};

static struct engine_lesson lesson_of(enum engine_feedback kind, const char *shown,
                                      const char *category, int32_t rating)
{
    return (struct engine_lesson){.features = &features,
                                  .kind = kind,
                                  .shown = slice_of(shown),
                                  .category = slice_of(category),
                                  .rating = rating};
}

static struct engine_step learn(struct engine_user *user, enum engine_feedback kind,
                                const char *shown, const char *category, int32_t rating)
{
    struct engine_lesson lesson = lesson_of(kind, shown, category, rating);
    struct engine_step step;

    engine_learn_user(user, &lesson, &step);
    return step;
}

static const struct {
    enum engine_feedback kind;
    const char *shown;
    const char *category;
    int32_t rating;
    int32_t add, take;
    uint64_t outcome; /* the subject that counts the answer as wrong or right; 0: neither */
} effects[] = {
    {ENGINE_CORRECTION, "Food", "Home", 0, 1024, 716, ENGINE_SUBJECT_CORRECTED},
    {ENGINE_CORRECTION, "Food", "Food", 0, 1024, 0, ENGINE_SUBJECT_CONFIRMED},
    {ENGINE_CORRECTION, "", "Home", 0, 1024, 0, 0},
    {ENGINE_CORRECTION, "uncategorized", "Home", 0, 1024, 0, 0},
    {ENGINE_CORRECTION, "Food", "", 0, 0, 0, 0},
    {ENGINE_CORRECTION, "Food", "uncategorized", 0, 0, 0, 0},
    {ENGINE_CONFIRMATION, "Food", "Home", 0, 1024, 0, ENGINE_SUBJECT_CONFIRMED},
    {ENGINE_CONFIRMATION, "", "Home", 0, 0, 0, 0},
    {ENGINE_CONFIRMATION, "uncategorized", "", 0, 0, 0, 0},
    {ENGINE_RATING, "Food", "", 5, 1024, 0, ENGINE_SUBJECT_CONFIRMED},
    {ENGINE_RATING, "Food", "", 4, 512, 0, ENGINE_SUBJECT_CONFIRMED},
    {ENGINE_RATING, "Food", "", 3, 0, 0, 0},
    {ENGINE_RATING, "Food", "", 2, 0, 358, 0},
    {ENGINE_RATING, "Food", "", 1, 0, 716, 0},
    {ENGINE_RATING, "Food", "", 0, 0, 0, 0},
    {ENGINE_RATING, "Food", "", 6, 0, 0, 0},
    {ENGINE_RATING, "", "", 5, 0, 0, 0},
    {ENGINE_SILENCE, "Food", "Home", 0, 204, 0, ENGINE_SUBJECT_CONFIRMED},
    {ENGINE_SILENCE, "INCOME", "", 0, 204, 0, ENGINE_SUBJECT_CONFIRMED},
    {ENGINE_SILENCE, "FOOD_AND_DRINK", "", 0, 0, 0, 0}, /* what the code 5411 says by itself */
    {ENGINE_SILENCE, "", "", 0, 0, 0, 0},
    {ENGINE_SILENCE, "uncategorized", "", 0, 0, 0, 0},
    {(enum engine_feedback)77, "Food", "Home", 5, 0, 0, 0},
};

static uint64_t outcome_of(const struct engine_delta *deltas, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (deltas[i].subject != ENGINE_SUBJECT_CORRECTED &&
            deltas[i].subject != ENGINE_SUBJECT_CONFIRMED)
            continue;
        ck_assert_int_eq(deltas[i].units, ENGINE_UNIT);
        return deltas[i].subject;
    }
    return 0;
}

START_TEST(lessons_weigh)
{
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++) {
        struct engine_lesson lesson =
            lesson_of(effects[i].kind, effects[i].shown, effects[i].category, effects[i].rating);
        struct engine_effect effect = engine_lesson_effect(&lesson);
        struct engine_delta deltas[ENGINE_DELTAS_MAX];
        size_t count = engine_lesson_deltas(&lesson, deltas);

        ck_assert_msg(effect.add_units == effects[i].add, "%zu", i);
        ck_assert_msg(effect.take_units == effects[i].take, "%zu", i);
        ck_assert_msg(outcome_of(deltas, count) == effects[i].outcome, "%zu", i);
        ck_assert_uint_eq(count, (effects[i].add + effects[i].take > 0 ? 4U : 0U) +
                                     (effects[i].outcome != 0 ? 1U : 0U));
    }
}
END_TEST

START_TEST(too_long_a_name_is_no_lesson)
{
    char name[ENGINE_CATEGORY_SIZE + 2];
    OWNED(engine_user) user = engine_user_new();

    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    ck_assert(!learn(user, ENGINE_CORRECTION, "Food", name, 0).learnt);
    ck_assert_uint_eq(engine_user_lessons(user), 0);
    name[sizeof name - 2] = '\0';
    ck_assert(learn(user, ENGINE_CORRECTION, "Food", name, 0).learnt);
    ck_assert_uint_eq(engine_user_lessons(user), 1);
}
END_TEST

START_TEST(deltas_name_every_subject)
{
    struct engine_lesson lesson = lesson_of(ENGINE_CORRECTION, "Food", "Home", 0);
    struct engine_delta deltas[ENGINE_DELTAS_MAX];
    struct engine_features bare = {.merchant_hash = 0};

    ck_assert_uint_eq(engine_lesson_deltas(&lesson, deltas), 5);
    ck_assert_uint_eq(deltas[0].subject, 11);
    ck_assert_uint_eq(deltas[1].subject, 22);
    ck_assert_uint_eq(deltas[2].subject, engine_subject_mcc(5411));
    ck_assert_uint_eq(deltas[3].subject, ENGINE_SUBJECT_ALL);
    ck_assert_uint_eq(deltas[4].subject, ENGINE_SUBJECT_CORRECTED);
    for (size_t i = 0; i < 5; i++) {
        ck_assert(slice_equal(deltas[i].category, SLICE_LITERAL("Home")));
        ck_assert_int_eq(deltas[i].units, ENGINE_UNIT);
    }
    lesson.features = &bare;
    ck_assert_uint_eq(engine_lesson_deltas(&lesson, deltas), 2);
    lesson = lesson_of(ENGINE_RATING, "Food", "", 1);
    ck_assert_uint_eq(engine_lesson_deltas(&lesson, deltas), 4);
    ck_assert_int_eq(deltas[0].units, -716);
}
END_TEST

START_TEST(steps_tell_what_changed)
{
    OWNED(engine_user) user = engine_user_new();
    struct engine_step step = learn(user, ENGINE_CORRECTION, "Food", "Home", 0);

    ck_assert_int_eq(step.add_before, 0);
    ck_assert_int_eq(step.add_after, 1024);
    ck_assert_int_eq(step.cell_before, 0);
    ck_assert_int_eq(step.cell_after, 1024);
    step = learn(user, ENGINE_CONFIRMATION, "Home", "", 0);
    ck_assert_int_eq(step.add_before, 1024);
    ck_assert_int_eq(step.add_after, 1024 + 614);
    step = learn(user, ENGINE_CORRECTION, "Home", "Food", 0);
    ck_assert_int_eq(step.take_before, 1638);
    ck_assert_int_eq(step.take_after, 1638 * 6 / 10 - 716);
    ck_assert_int_eq(step.add_after, 1024);
    ck_assert_int_eq(step.cell_after, step.take_after + step.add_after);
    ck_assert_uint_eq(step.lessons, 3);
}
END_TEST

START_TEST(nothing_is_taken_below_zero)
{
    OWNED(engine_user) user = engine_user_new();
    struct engine_step step = learn(user, ENGINE_RATING, "Food", "", 1);

    ck_assert(step.learnt);
    ck_assert_int_eq(step.cell_after, 0);
    learn(user, ENGINE_RATING, "Food", "", 4);
    step = learn(user, ENGINE_RATING, "Food", "", 1);
    ck_assert_int_eq(step.take_before, 512);
    ck_assert_int_eq(step.take_after, 0);
    ck_assert_int_eq(step.cell_after, 0);
    step = learn(user, ENGINE_RATING, "Food", "", 5);
    ck_assert_int_eq(step.add_before, 0);
    ck_assert_int_eq(step.add_after, 1024);
}
END_TEST

/* A fifth of a confirmation, and what was said before fades a fifth as fast. */
START_TEST(silence_is_a_weak_lesson)
{
    OWNED(engine_user) user = engine_user_new();
    struct engine_step step = learn(user, ENGINE_CORRECTION, "Food", "Home", 0);

    step = learn(user, ENGINE_SILENCE, "Home", "", 0);
    ck_assert(step.learnt);
    ck_assert_int_eq(step.add_after, (1024 * 59171 >> 16) + 204);
    step = learn(user, ENGINE_SILENCE, "Food", "", 0);
    ck_assert_int_eq(step.add_after, 204);
    for (int i = 0; i < 100; i++)
        step = learn(user, ENGINE_SILENCE, "Food", "", 0);
    step = learn(user, ENGINE_CORRECTION, "Food", "Home", 0);
    ck_assert_int_gt(step.add_after, step.take_after);
}
END_TEST

/* Else the merchants that a user spoke of would make room for those seen in passing. */
START_TEST(silence_makes_no_cell)
{
    OWNED(engine_user) user = engine_user_new();
    struct engine_step step = learn(user, ENGINE_SILENCE, "Food", "", 0);

    ck_assert(step.learnt);
    ck_assert_int_eq(step.cell_after, 0);
    ck_assert_uint_eq(step.lessons, 1);
}
END_TEST

START_TEST(silence_about_a_credit_hint_is_no_lesson)
{
    OWNED(engine_user) user = engine_user_new();
    struct engine_features credit = {.merchant_hash = 11, .amount_minor = -100};
    struct engine_lesson lesson = lesson_of(ENGINE_SILENCE, "INCOME", "", 0);
    struct engine_step step;

    lesson.features = &credit;
    engine_learn_user(user, &lesson, &step);
    ck_assert(!step.learnt);
}
END_TEST

/* However often the user said otherwise before. */
START_TEST(a_correction_outweighs_the_past)
{
    OWNED(engine_user) user = engine_user_new();
    struct engine_step step;

    for (int i = 0; i < 100; i++)
        learn(user, ENGINE_CONFIRMATION, "Food", "", 0);
    step = learn(user, ENGINE_CORRECTION, "Food", "Home", 0);
    ck_assert_int_gt(step.add_after, step.take_after);
}
END_TEST

START_TEST(without_a_merchant_habits_are_learnt)
{
    OWNED(engine_user) user = engine_user_new();
    struct engine_features bare = {.merchant_hash = 0};
    struct engine_lesson lesson = lesson_of(ENGINE_CORRECTION, "", "Home", 0);
    struct engine_step step;

    lesson.features = &bare;
    engine_learn_user(user, &lesson, &step);
    ck_assert(step.learnt);
    ck_assert_int_eq(step.cell_after, 0);
    ck_assert_uint_eq(step.lessons, 1);
}
END_TEST

SUITE_MAIN("engine", lessons_weigh, too_long_a_name_is_no_lesson, deltas_name_every_subject,
           steps_tell_what_changed, nothing_is_taken_below_zero, silence_is_a_weak_lesson,
           silence_makes_no_cell, silence_about_a_credit_hint_is_no_lesson,
           a_correction_outweighs_the_past, without_a_merchant_habits_are_learnt);
