#include "tests/support/purchases/prequential.h"

#include "common/base/hash.h"
#include "common/base/must.h"
#include "common/base/random.h"
#include "common/engine/counts.h"
#include "common/engine/lesson.h"
#include "common/engine/user.h"
#include "common/engine/verdict.h"

#include <stdlib.h>
#include <string.h>

enum { SUMS_CAPACITY = 1 << 20, COUNTS_LIMIT = 256 << 20 };

#define TENANT SLICE_LITERAL("cards")

/* The rows that the learner keeps in the database. */
struct sum {
    uint64_t key; /* of subject and category; 0: free */
    int64_t units;
};

/* The last feedback of a user on a merchant. */
struct correction {
    uint64_t key;          /* of user and merchant; 0: free */
    struct slice category; /* empty: a confirmation */
};

/* What was answered, until it is learnt from. */
struct answer {
    struct engine_features features;
    char shown[ENGINE_CATEGORY_SIZE];
    uint8_t shown_size;
    bool right;
};

struct town {
    const struct purchases *purchases;
    const struct prequential *plan;
    struct engine_counts *counts;
    struct engine_user **users;
    struct sum *sums;
    uint64_t *warm_merchants; /* a set */
    struct correction *corrections;
    struct answer *answers; /* by trial */
    struct random random;
};

static struct sum *sum_of(struct town *town, const struct engine_delta *delta)
{
    uint64_t key = hash_fnv1a(delta->subject, delta->category) | 1;
    size_t place = key % SUMS_CAPACITY;

    while (town->sums[place].key != 0 && town->sums[place].key != key)
        place = (place + 1) % SUMS_CAPACITY;
    town->sums[place].key = key;
    return &town->sums[place];
}

static void learn(struct town *town, const struct purchase *row, const struct engine_lesson *lesson)
{
    struct engine_delta deltas[ENGINE_DELTAS_MAX];
    size_t count = engine_lesson_deltas(lesson, deltas);
    struct engine_user **user = &town->users[row->user];
    struct engine_step step;

    for (size_t i = 0; i < count; i++) {
        struct sum *sum = sum_of(town, &deltas[i]);
        struct engine_count set = {.tenant = TENANT,
                                   .subject = deltas[i].subject,
                                   .category = deltas[i].category,
                                   .units = sum->units += deltas[i].units};

        MUST(engine_counts_set(town->counts, &set));
    }
    if (*user == NULL)
        *user = engine_user_new();
    engine_learn_user(*user, lesson, &step);
}

static struct slice truth_of(const struct town *town, const struct purchase *row)
{
    return town->plan->detail ? row->detail : row->primary;
}

static bool warm_merchant(struct town *town, uint64_t merchant, bool add)
{
    size_t place = merchant % SUMS_CAPACITY;

    while (town->warm_merchants[place] != 0 && town->warm_merchants[place] != merchant)
        place = (place + 1) % SUMS_CAPACITY;
    if (add)
        town->warm_merchants[place] = merchant;
    return town->warm_merchants[place] == merchant;
}

static struct correction *correction_of(struct town *town, int32_t user, uint64_t merchant)
{
    uint64_t key = (merchant ^ (uint64_t)user * UINT64_C(0x9e3779b97f4a7c15)) | 1;
    size_t place = (key >> 1) % SUMS_CAPACITY;

    while (town->corrections[place].key != 0 && town->corrections[place].key != key)
        place = (place + 1) % SUMS_CAPACITY;
    town->corrections[place].key = key;
    return &town->corrections[place];
}

static struct engine_features features_of(const struct purchase *row)
{
    struct engine_input input = {.merchant = row->merchant,
                                 .currency = SLICE_LITERAL("GBP"),
                                 .amount_minor = row->amount_minor,
                                 .mcc = row->mcc,
                                 .occurred_us = row->day * INT64_C(86400000000)};
    struct engine_features features;

    engine_features(&input, &features);
    return features;
}

static void warm_up(struct town *town, const struct purchase *row)
{
    struct engine_features features = features_of(row);
    struct engine_lesson lesson = {
        .features = &features, .kind = ENGINE_CORRECTION, .category = truth_of(town, row)};

    warm_merchant(town, features.merchant_hash, true);
    learn(town, row, &lesson);
}

static struct trial try_row(struct town *town, const struct purchase *row, struct answer *answer)
{
    struct engine_view view = {.tenant = engine_tenant(town->counts, TENANT),
                               .user = town->users[row->user]};
    struct slice truth = truth_of(town, row);
    struct engine_verdict verdict;
    const struct correction *last;
    struct trial trial;

    answer->features = features_of(row);
    engine_classify(&view, &answer->features, &verdict);
    answer->right = slice_equal(verdict.category, truth);
    answer->shown_size = (uint8_t)verdict.category.size;
    memcpy(answer->shown, verdict.category.data, verdict.category.size);
    trial = (struct trial){
        .confidence = (float)verdict.confidence,
        .global_confidence = (float)verdict.global_confidence,
        .right = answer->right,
        .global_right = slice_equal(verdict.global_category, truth),
        .seen = warm_merchant(town, answer->features.merchant_hash, false),
    };
    last = correction_of(town, row->user, answer->features.merchant_hash);
    if (last->category.size > 0)
        trial.after = slice_equal(last->category, verdict.category) ? 2 : 1;
    return trial;
}

static void learn_unasked(struct town *town, const struct purchase *row,
                          struct engine_lesson *lesson)
{
    lesson->kind = row->stars == PURCHASE_CONFIRMED ? ENGINE_CONFIRMATION : ENGINE_RATING;
    lesson->rating = row->stars;
    learn(town, row, lesson);
}

static void learn_row(struct town *town, const struct purchase *row, const struct answer *answer)
{
    const struct prequential *plan = town->plan;
    bool chosen = !(plan->errors && answer->right) && random_unit(&town->random) < plan->share;
    struct engine_lesson lesson = {.features = &answer->features,
                                   .kind = answer->right ? ENGINE_CONFIRMATION : ENGINE_CORRECTION,
                                   .shown = {answer->shown, answer->shown_size},
                                   .category = truth_of(town, row)};
    struct correction *last;

    if (chosen) {
        learn(town, row, &lesson);
        last = correction_of(town, row->user, answer->features.merchant_hash);
        last->category = answer->right ? (struct slice){NULL, 0} : lesson.category;
    } else if (plan->silence) {
        lesson.kind = ENGINE_SILENCE;
        learn(town, row, &lesson);
    }
    if (plan->unasked && row->stars != 0)
        learn_unasked(town, row, &lesson);
}

static void town_done(struct town *town)
{
    for (int32_t i = 0; i < town->purchases->users; i++)
        engine_user_free(town->users[i]);
    free(town->users);
    free(town->sums);
    free(town->warm_merchants);
    free(town->corrections);
    free(town->answers);
    engine_counts_free(town->counts);
}

/* Answers and lessons in turn, the lessons behind. */
static void run(struct town *town, struct trial *trials)
{
    const struct prequential *plan = town->plan;
    const struct purchase *rows = town->purchases->rows + plan->warm;
    size_t count = plan->end - plan->warm;
    size_t learnt = 0;

    for (size_t i = 0; i < count; i++) {
        size_t behind = plan->delay + (size_t)(plan->lag * (double)i);

        trials[i] = try_row(town, &rows[i], &town->answers[i]);
        for (; learnt + behind <= i; learnt++)
            learn_row(town, &rows[learnt], &town->answers[learnt]);
    }
}

struct trial *prequential_run(const struct purchases *purchases, const struct prequential *plan)
{
    size_t user_count = (size_t)purchases->users;
    size_t count = plan->end - plan->warm;
    struct town town = {
        .purchases = purchases,
        .plan = plan,
        .counts = engine_counts_new(COUNTS_LIMIT),
        .users = must_alloc(user_count * sizeof *town.users),
        .sums = must_alloc(SUMS_CAPACITY * sizeof *town.sums),
        .corrections = must_alloc(SUMS_CAPACITY * sizeof *town.corrections),
        .answers = must_alloc(count * sizeof *town.answers),
        .warm_merchants = must_alloc(SUMS_CAPACITY * sizeof *town.warm_merchants),
    };
    struct trial *trials = must_alloc(count * sizeof *trials);

    random_init(&town.random, plan->seed);
    for (size_t i = 0; i < plan->warm; i++)
        warm_up(&town, &purchases->rows[i]);
    run(&town, trials);
    town_done(&town);
    return trials;
}
