/* The learning step on a user's counts: keep a share of what is there, take, add. */
#include "common/engine/lesson.h"
#include "common/engine/tenant.h"
#include "common/engine/user_state.h"

/* A lesson's effect with the user's numbers of its categories; -1: none. */
struct change {
    int add;
    int take;
    int32_t add_units;
    int32_t take_units;
    uint32_t keep_recent;
    uint32_t keep_slow;
    bool weak;
};

static uint32_t keep(uint32_t units, uint32_t share)
{
    return (uint32_t)((uint64_t)units * share >> 16);
}

static uint32_t less(uint32_t units, int32_t take)
{
    return units > (uint32_t)take ? units - (uint32_t)take : 0;
}

static uint32_t more(uint32_t units, int32_t add, uint32_t limit)
{
    return units < limit - (uint32_t)add ? units + (uint32_t)add : limit;
}

/* Adding may make a label, and evict another, perhaps the one to take from: so it comes first. */
static struct change change_of(struct engine_user *user, const struct engine_effect *effect)
{
    struct change change = {.add = -1,
                            .take = -1,
                            .add_units = effect->add_units,
                            .take_units = effect->take_units,
                            .keep_recent = effect->weak ? USER_KEEP_RECENT_WEAK : USER_KEEP_RECENT,
                            .keep_slow = effect->weak ? USER_KEEP_SLOW_WEAK : USER_KEEP_SLOW,
                            .weak = effect->weak};

    if (effect->add_units > 0)
        change.add =
            user_label_add(user, effect->add_category, tenant_category_hash(effect->add_category));
    if (effect->take_units > 0)
        change.take = user_label_find(user, effect->take_category,
                                      tenant_category_hash(effect->take_category));
    return change;
}

/* Which categories the user uses at all: only what the user said counts. */
static void learn_habits(struct engine_user *user, const struct change *change)
{
    struct user_label *labels = user->labels;

    if (change->add < 0)
        return;
    for (int i = 0; i < user->label_count; i++) {
        labels[i].slow = keep(labels[i].slow, change->keep_slow);
        labels[i].fast = (uint16_t)keep(labels[i].fast, change->keep_recent);
    }
    labels[change->add].slow = more(labels[change->add].slow, change->add_units, UINT32_MAX);
    labels[change->add].fast =
        (uint16_t)more(labels[change->add].fast, change->add_units, UINT16_MAX);
}

static void cell_add(struct user_cell *cell, const struct change *change)
{
    int place = user_cell_place_add(cell, change->add);

    cell->units[place] = (uint16_t)more(cell->units[place], change->add_units, UINT16_MAX);
    if (!change->weak && cell->times[place] < UINT8_MAX)
        cell->times[place]++;
}

static void learn_cell(struct user_cell *cell, const struct change *change)
{
    int place = user_cell_place(cell, change->take);

    if (change->add >= 0) {
        for (int i = 0; i < ENGINE_CELL_LABELS_MAX; i++)
            cell->units[i] = (uint16_t)keep(cell->units[i], change->keep_recent);
    }
    if (place >= 0)
        cell->units[place] = (uint16_t)less(cell->units[place], change->take_units);
    user_cell_compact(cell);
    if (change->add >= 0)
        cell_add(cell, change);
}

static int32_t units_of(const struct user_cell *cell, int label)
{
    int place = user_cell_place(cell, label);

    return place < 0 ? 0 : cell->units[place];
}

static void learn_merchant(struct engine_user *user, uint64_t merchant_hash,
                           const struct change *change, struct engine_step *step)
{
    struct user_cell *cell;

    if (merchant_hash == 0 ||
        ((change->add < 0 || change->weak) && user_cell_find(user, merchant_hash) < 0))
        return;
    cell = user_cell_touch(user, merchant_hash);
    step->add_before = units_of(cell, change->add);
    step->take_before = units_of(cell, change->take);
    step->cell_before = (int32_t)user_cell_sum(cell);
    learn_cell(cell, change);
    step->add_after = units_of(cell, change->add);
    step->take_after = units_of(cell, change->take);
    step->cell_after = (int32_t)user_cell_sum(cell);
    if (step->cell_after == 0)
        user->cell_count--;
}

void engine_learn_user(struct engine_user *user, const struct engine_lesson *lesson,
                       struct engine_step *ret)
{
    struct engine_effect effect = engine_lesson_effect(lesson);
    struct change change;

    *ret = (struct engine_step){.learnt = effect.add_units > 0 || effect.take_units > 0};
    if (ret->learnt) {
        change = change_of(user, &effect);
        learn_habits(user, &change);
        learn_merchant(user, lesson->features->merchant_hash, &change, ret);
        if (user->lessons < UINT32_MAX)
            user->lessons++;
    }
    ret->lessons = user->lessons;
}
