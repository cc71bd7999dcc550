#include "common/engine/lesson.h"

#include "common/engine/subject.h"
#include "common/taxonomy/taxonomy.h"

static const struct engine_effect nothing;

static bool is_category(struct slice name)
{
    return name.size > 0 && name.size <= ENGINE_CATEGORY_SIZE &&
           !slice_equal(name, SLICE_LITERAL(TAXONOMY_UNCATEGORIZED));
}

static struct engine_effect effect_of_correction(const struct engine_lesson *lesson)
{
    struct engine_effect effect = {.add_category = lesson->category, .add_units = ENGINE_UNIT};

    if (!is_category(lesson->category))
        return nothing;
    if (is_category(lesson->shown) && !slice_equal(lesson->shown, lesson->category)) {
        effect.take_category = lesson->shown;
        effect.take_units = ENGINE_UNIT * 7 / 10;
    }
    return effect;
}

static struct engine_effect effect_of_rating(const struct engine_lesson *lesson)
{
    static const int32_t units[] = {-ENGINE_UNIT * 7 / 10, -ENGINE_UNIT * 35 / 100, 0,
                                    ENGINE_UNIT / 2, ENGINE_UNIT};
    int32_t weight;

    if (lesson->rating < 1 || lesson->rating > 5 || !is_category(lesson->shown))
        return nothing;
    weight = units[lesson->rating - 1];
    if (weight > 0)
        return (struct engine_effect){.add_category = lesson->shown, .add_units = weight};
    if (weight < 0)
        return (struct engine_effect){.take_category = lesson->shown, .take_units = -weight};
    return nothing;
}

/* An answer that the priors give by themselves (global.c). */
static bool is_prior(const struct engine_lesson *lesson)
{
    enum taxonomy_primary primary = taxonomy_of_mcc(lesson->features->mcc);

    return (primary != TAXONOMY_NONE && slice_equal(lesson->shown, taxonomy_name(primary))) ||
           (lesson->features->amount_minor < 0 &&
            slice_equal(lesson->shown, taxonomy_name(TAXONOMY_INCOME)));
}

static struct engine_effect effect_of_silence(const struct engine_lesson *lesson)
{
    if (!is_category(lesson->shown) || is_prior(lesson))
        return nothing;
    return (struct engine_effect){
        .add_category = lesson->shown, .add_units = ENGINE_UNIT / 5, .weak = true};
}

struct engine_effect engine_lesson_effect(const struct engine_lesson *lesson)
{
    switch (lesson->kind) {
    case ENGINE_CORRECTION:
        return effect_of_correction(lesson);
    case ENGINE_CONFIRMATION:
        if (is_category(lesson->shown))
            return (struct engine_effect){.add_category = lesson->shown, .add_units = ENGINE_UNIT};
        return nothing;
    case ENGINE_RATING:
        return effect_of_rating(lesson);
    case ENGINE_SILENCE:
        return effect_of_silence(lesson);
    }
    return nothing;
}

/* Whether an answer was wrong or right; 0: neither is known. */
static uint64_t outcome_of(const struct engine_lesson *lesson, const struct engine_effect *effect)
{
    if (lesson->kind == ENGINE_CORRECTION)
        return effect->take_units > 0       ? ENGINE_SUBJECT_CORRECTED
               : is_category(lesson->shown) ? ENGINE_SUBJECT_CONFIRMED
                                            : 0;
    return effect->add_units > 0 ? ENGINE_SUBJECT_CONFIRMED : 0;
}

static size_t push(struct engine_delta *deltas, size_t count, uint64_t subject,
                   const struct engine_effect *effect)
{
    if (subject == 0)
        return count;
    if (effect->add_units > 0)
        deltas[count++] = (struct engine_delta){subject, effect->add_category, effect->add_units};
    else
        deltas[count++] =
            (struct engine_delta){subject, effect->take_category, -effect->take_units};
    return count;
}

/* Taking here what a correction takes from the user's own counts made every answer worse where
 * only wrong answers get feedback: right ones then lose and never gain. */
size_t engine_lesson_deltas(const struct engine_lesson *lesson, struct engine_delta *ret_deltas)
{
    struct engine_effect effect = engine_lesson_effect(lesson);
    uint64_t outcome;
    size_t count = 0;

    if (effect.add_units == 0 && effect.take_units == 0)
        return 0;
    count = push(ret_deltas, count, lesson->features->merchant_hash, &effect);
    count = push(ret_deltas, count, lesson->features->key_hash, &effect);
    count = push(ret_deltas, count, engine_subject_mcc(lesson->features->mcc), &effect);
    count = push(ret_deltas, count, ENGINE_SUBJECT_ALL, &effect);
    outcome = outcome_of(lesson, &effect);
    if (outcome != 0)
        ret_deltas[count++] = (struct engine_delta){outcome, effect.add_category, ENGINE_UNIT};
    return count;
}
