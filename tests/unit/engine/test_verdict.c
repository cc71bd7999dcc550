#include "common/engine/lesson.h"
#include "common/engine/verdict.h"
#include "tests/support/suite/suite.h"

#include <math.h>
#include <string.h>

#define TENANT SLICE_LITERAL("acme")

struct shop {
    struct engine_counts *counts;
    struct engine_user *user;
};

static struct engine_features features_of(const char *merchant, int32_t mcc, int64_t amount_minor)
{
    struct engine_input input = {
        .merchant = slice_of(merchant), .mcc = mcc, .amount_minor = amount_minor};
    struct engine_features features;

    engine_features(&input, &features);
    return features;
}

/* `labels` corrections of anybody, as the learner would have them summed. */
static void count(struct shop *shop, const struct engine_features *features, const char *category,
                  int64_t labels)
{
    struct engine_lesson lesson = {
        .features = features, .kind = ENGINE_CORRECTION, .category = slice_of(category)};
    struct engine_delta deltas[ENGINE_DELTAS_MAX];
    size_t size = engine_lesson_deltas(&lesson, deltas);

    for (size_t i = 0; i < size; i++) {
        struct engine_count row = {TENANT, deltas[i].subject, deltas[i].category, 0,
                                   deltas[i].units * labels};

        ck_assert(engine_counts_set(shop->counts, &row));
    }
}

static struct engine_verdict answer(const struct shop *shop, const struct engine_features *features)
{
    struct engine_view view = {.tenant = engine_tenant(shop->counts, TENANT), .user = shop->user};
    struct engine_verdict verdict;

    memset(&verdict, 0xa5, sizeof verdict);
    engine_classify(&view, features, &verdict);
    ck_assert(verdict.confidence >= 0 && verdict.confidence <= 1);
    ck_assert(verdict.global_confidence >= 0 && verdict.global_confidence <= 1);
    ck_assert(verdict.category.size > 0 && verdict.global_category.size > 0);
    ck_assert_uint_le(verdict.reason_count, ENGINE_REASONS_MAX);
    if (verdict.reason_count > 0)
        ck_assert_int_eq(verdict.reasons[0].source, verdict.decided_by);
    return verdict;
}

/* The user corrects the answer. */
static void say(struct shop *shop, const struct engine_features *features, const char *category)
{
    struct engine_lesson lesson = {.features = features,
                                   .kind = ENGINE_CORRECTION,
                                   .shown = answer(shop, features).category,
                                   .category = slice_of(category)};
    struct engine_step step;

    if (shop->user == NULL)
        shop->user = engine_user_new();
    engine_learn_user(shop->user, &lesson, &step);
}

static void shop_open(struct shop *shop)
{
    *shop = (struct shop){.counts = engine_counts_new(1 << 20)};
}

static void shop_close(struct shop *shop)
{
    engine_counts_free(shop->counts);
    engine_user_free(shop->user);
}

static void expect(struct slice category, const char *name)
{
    ck_assert_msg(slice_equal(category, slice_of(name)), "%.*s instead of %s",
                  SLICE_FORMAT(category), name);
}

START_TEST(nothing_known)
{
    struct engine_features features = features_of("lidl", 0, 100);
    struct shop shop;
    struct engine_verdict verdict;

    shop_open(&shop);
    verdict = answer(&shop, &features);
    expect(verdict.category, "uncategorized");
    expect(verdict.global_category, "uncategorized");
    ck_assert_double_eq(verdict.confidence, 0);
    ck_assert_int_eq(verdict.decided_by, ENGINE_NONE);
    ck_assert_uint_eq(verdict.reason_count, 0);
    shop.user = engine_user_new();
    ck_assert_int_eq(answer(&shop, &features).decided_by, ENGINE_NONE);
    shop_close(&shop);
}
END_TEST

START_TEST(a_code_is_a_weak_prior)
{
    struct engine_features features = features_of("lidl", 5411, 100);
    struct shop shop;
    struct engine_verdict verdict;

    shop_open(&shop);
    verdict = answer(&shop, &features);
    expect(verdict.category, "FOOD_AND_DRINK");
    ck_assert_int_eq(verdict.decided_by, ENGINE_MODEL);
    ck_assert(verdict.confidence > 0.5 && verdict.confidence < 0.75);
    count(&shop, &features, "Groceries", 4);
    verdict = answer(&shop, &features);
    expect(verdict.category, "Groceries");
    ck_assert_int_eq(verdict.decided_by, ENGINE_MERCHANT);
    features = features_of("another shop", 5411, 100);
    count(&shop, &(struct engine_features){.mcc = 5411}, "Groceries", 40);
    verdict = answer(&shop, &features);
    expect(verdict.category, "Groceries");
    ck_assert_int_eq(verdict.decided_by, ENGINE_MODEL);
    shop_close(&shop);
}
END_TEST

START_TEST(a_credit_hints_at_income)
{
    struct engine_features features = features_of("lidl", 0, -100);
    struct shop shop;
    struct engine_verdict verdict;

    shop_open(&shop);
    verdict = answer(&shop, &features);
    expect(verdict.category, "INCOME");
    ck_assert_double_lt(verdict.confidence, 0.3);
    count(&shop, &features, "Groceries", 1);
    expect(answer(&shop, &features).category, "Groceries");
    shop_close(&shop);
}
END_TEST

START_TEST(merchants_then_keys_then_everything)
{
    struct engine_features leeds = features_of("lidl leeds", 0, 100);
    struct engine_features york = features_of("lidl york", 0, 100);
    struct engine_features shell = features_of("shell", 0, 100);
    struct engine_features other = features_of("unheard of", 0, 100);
    struct shop shop;
    struct engine_verdict verdict;

    shop_open(&shop);
    count(&shop, &leeds, "Food", 20);
    count(&shop, &shell, "Fuel", 50);
    verdict = answer(&shop, &york);
    expect(verdict.category, "Food");
    ck_assert_int_eq(verdict.decided_by, ENGINE_MERCHANT);
    ck_assert_double_lt(verdict.confidence, answer(&shop, &leeds).confidence);
    verdict = answer(&shop, &other);
    expect(verdict.category, "Fuel");
    ck_assert_int_eq(verdict.decided_by, ENGINE_MODEL);
    ck_assert_double_lt(verdict.confidence, 0.8);
    shop_close(&shop);
}
END_TEST

START_TEST(one_correction_holds_against_everybody)
{
    struct engine_features lidl = features_of("lidl", 0, 100);
    struct shop shop;
    struct engine_verdict verdict;

    shop_open(&shop);
    count(&shop, &lidl, "Food", 100000);
    say(&shop, &lidl, "Office");
    verdict = answer(&shop, &lidl);
    expect(verdict.category, "Office");
    expect(verdict.global_category, "Food");
    ck_assert_int_eq(verdict.decided_by, ENGINE_USER);
    ck_assert_double_gt(verdict.global_confidence, 0.99);
    ck_assert_uint_eq(verdict.reason_count, 3);
    expect(verdict.reasons[0].category, "Office");
    ck_assert_int_eq(verdict.reasons[0].evidence, 1);
    expect(verdict.reasons[1].category, "Food");
    ck_assert_int_eq(verdict.reasons[1].source, ENGINE_MERCHANT);
    ck_assert_int_eq(verdict.reasons[1].evidence, 100000);
    shop_close(&shop);
}
END_TEST

START_TEST(the_user_decides_where_both_agree)
{
    struct engine_features lidl = features_of("lidl", 0, 100);
    struct shop shop;

    shop_open(&shop);
    count(&shop, &lidl, "Food", 3);
    ck_assert_int_eq(answer(&shop, &lidl).decided_by, ENGINE_MERCHANT);
    say(&shop, &lidl, "Food");
    ck_assert_int_eq(answer(&shop, &lidl).decided_by, ENGINE_USER);
    expect(answer(&shop, &lidl).category, "Food");
    shop_close(&shop);
}
END_TEST

START_TEST(habits_reach_new_merchants)
{
    struct engine_features shell = features_of("shell", 0, 100);
    struct engine_features rail = features_of("rail", 0, 100);
    struct engine_features unknown = features_of("unheard of", 0, 100);
    struct shop shop;

    shop_open(&shop);
    count(&shop, &shell, "Fuel", 50);
    count(&shop, &rail, "Travel", 40);
    expect(answer(&shop, &unknown).category, "Fuel");
    say(&shop, &rail, "Travel");
    expect(answer(&shop, &unknown).category, "Fuel"); /* one swallow makes no habit */
    for (int i = 0; i < 19; i++)
        say(&shop, &rail, "Travel");
    expect(answer(&shop, &unknown).category, "Travel");
    ck_assert_int_eq(answer(&shop, &unknown).decided_by, ENGINE_USER);
    expect(answer(&shop, &shell).category, "Fuel");
    ck_assert_int_eq(answer(&shop, &shell).decided_by, ENGINE_MERCHANT);
    shop_close(&shop);
}
END_TEST

/* The user's counts reach the answer before the tenant's know of the category. */
START_TEST(a_category_that_only_the_user_has)
{
    struct engine_features lidl = features_of("lidl", 0, 100);
    struct shop shop;
    struct engine_verdict verdict;

    shop_open(&shop);
    say(&shop, &lidl, "My own");
    verdict = answer(&shop, &lidl);
    expect(verdict.category, "My own");
    expect(verdict.global_category, "uncategorized");
    count(&shop, &lidl, "Food", 3);
    expect(answer(&shop, &lidl).category, "My own");
    expect(answer(&shop, &lidl).global_category, "Food");
    shop_close(&shop);
}
END_TEST

START_TEST(the_global_opinion_is_without_the_user)
{
    struct engine_features lidl = features_of("lidl", 5411, -100);
    struct shop shop;
    struct engine_verdict without;
    struct engine_verdict with;

    shop_open(&shop);
    count(&shop, &lidl, "Food", 3);
    count(&shop, &lidl, "Home", 2);
    without = answer(&shop, &lidl);
    say(&shop, &lidl, "Home");
    say(&shop, &lidl, "New");
    with = answer(&shop, &lidl);
    ck_assert_double_eq(with.global_confidence, without.global_confidence);
    ck_assert(slice_equal(with.global_category, without.category));
    expect(with.category, "New");
    shop_close(&shop);
}
END_TEST

START_TEST(rules_win)
{
    struct engine_features cheap = features_of("AMAZON 12", 0, 500);
    struct engine_features dear = features_of("amazon", 0, 90000);
    struct engine_rule rules[] = {
        {engine_merchant_hash(SLICE_LITERAL("Amazon")), 0, 1000, SLICE_LITERAL("Books")},
        {engine_merchant_hash(SLICE_LITERAL("amazon")), 0, -1, SLICE_LITERAL("Shopping")},
        {0, 0, -1, SLICE_LITERAL("never")},
    };
    struct shop shop;
    struct engine_view view = {.rules = rules, .rule_count = 3};
    struct engine_features nameless = features_of("", 0, 1);
    struct engine_verdict verdict;

    shop_open(&shop);
    count(&shop, &cheap, "Gifts", 10);
    view.tenant = engine_tenant(shop.counts, TENANT);
    engine_classify(&view, &cheap, &verdict);
    expect(verdict.category, "Books");
    ck_assert_int_eq(verdict.decided_by, ENGINE_RULE);
    ck_assert_double_eq(verdict.confidence, 1);
    expect(verdict.global_category, "Gifts");
    ck_assert_int_eq(verdict.reasons[0].source, ENGINE_RULE);
    engine_classify(&view, &dear, &verdict);
    expect(verdict.category, "Shopping");
    engine_classify(&view, &nameless, &verdict);
    ck_assert_int_ne(verdict.decided_by, ENGINE_RULE);
    shop_close(&shop);
}
END_TEST

/* Two classifiers may have read the same rows in another order. */
START_TEST(ties_do_not_hang_on_order)
{
    static const char *const names[] = {"b", "a", "c"};
    struct engine_features lidl = features_of("lidl", 0, 100);

    for (int first = 0; first < 3; first++) {
        struct shop shop;

        shop_open(&shop);
        for (int i = 0; i < 3; i++)
            count(&shop, &lidl, names[(first + i) % 3], 5);
        expect(answer(&shop, &lidl).category, "a");
        shop_close(&shop);
    }
}
END_TEST

/* `answers` of which so many were corrected or confirmed, by anybody. */
static void hear(struct shop *shop, enum engine_feedback kind, int64_t answers)
{
    struct engine_features features = features_of("elsewhere", 0, 100);
    struct engine_lesson lesson = {.features = &features,
                                   .kind = kind,
                                   .shown = SLICE_LITERAL("Home"),
                                   .category = SLICE_LITERAL("Food")};
    struct engine_delta deltas[ENGINE_DELTAS_MAX];
    size_t size = engine_lesson_deltas(&lesson, deltas);
    struct engine_count row = {.tenant = TENANT,
                               .subject = deltas[size - 1].subject,
                               .category = deltas[size - 1].category,
                               .units = deltas[size - 1].units * answers};

    ck_assert(engine_counts_set(shop->counts, &row));
}

START_TEST(one_sided_feedback_makes_surer)
{
    struct engine_features lidl = features_of("lidl", 0, 100);
    struct shop shop;
    double plain;
    double surer;

    shop_open(&shop);
    count(&shop, &lidl, "Food", 3);
    count(&shop, &lidl, "Home", 2);
    plain = answer(&shop, &lidl).confidence;
    hear(&shop, ENGINE_CORRECTION, 5);
    surer = answer(&shop, &lidl).confidence;
    ck_assert_double_eq_tol(surer, plain + 0.75 * (sqrt(plain) - plain), 1e-9);
    ck_assert_double_eq(answer(&shop, &lidl).global_confidence, surer);
    expect(answer(&shop, &lidl).category, "Food");
    hear(&shop, ENGINE_CONFIRMATION, 9);
    ck_assert_double_lt(answer(&shop, &lidl).confidence, surer);
    hear(&shop, ENGINE_CONFIRMATION, 15); /* again: what is put in is absolute */
    ck_assert_double_eq(answer(&shop, &lidl).confidence, plain);
    hear(&shop, ENGINE_CORRECTION, -5);
    ck_assert_double_eq(answer(&shop, &lidl).confidence, plain);
    shop_close(&shop);
}
END_TEST

/* What was filed where no answer stood was not chosen for being wrong. */
START_TEST(labels_without_an_answer_weaken_the_bias)
{
    struct engine_features lidl = features_of("lidl", 0, 100);
    struct shop shop;
    double plain;

    shop_open(&shop);
    count(&shop, &lidl, "Food", 3);
    count(&shop, &lidl, "Home", 7);
    plain = answer(&shop, &lidl).confidence;
    hear(&shop, ENGINE_CORRECTION, 5);
    ck_assert_double_eq_tol(answer(&shop, &lidl).confidence,
                            plain + 0.75 / 4 * (sqrt(plain) - plain), 1e-9);
    shop_close(&shop);
}
END_TEST

START_TEST(sources_have_names)
{
    ck_assert_str_eq(engine_source_name(ENGINE_NONE), "none");
    ck_assert_str_eq(engine_source_name(ENGINE_RULE), "rule");
    ck_assert_str_eq(engine_source_name(ENGINE_USER), "user");
    ck_assert_str_eq(engine_source_name(ENGINE_MERCHANT), "merchant");
    ck_assert_str_eq(engine_source_name(ENGINE_MODEL), "model");
    ck_assert_str_eq(engine_source_name((enum engine_source)99), "none");
}
END_TEST

SUITE_MAIN("engine", nothing_known, a_code_is_a_weak_prior, a_credit_hints_at_income,
           merchants_then_keys_then_everything, one_correction_holds_against_everybody,
           the_user_decides_where_both_agree, habits_reach_new_merchants,
           a_category_that_only_the_user_has, the_global_opinion_is_without_the_user, rules_win,
           ties_do_not_hang_on_order, one_sided_feedback_makes_surer,
           labels_without_an_answer_weaken_the_bias, sources_have_names);
