#include "common/engine/counts.h"
#include "common/engine/features.h"
#include "common/engine/lesson.h"
#include "common/engine/verdict.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <string.h>

enum { LIMIT = 1 << 20 };

#define TENANT SLICE_LITERAL("acme")

static struct engine_features shop(const char *name)
{
    struct engine_input input = {.merchant = slice_of(name)};
    struct engine_features features;

    engine_features(&input, &features);
    return features;
}

static bool set(struct engine_counts *counts, uint64_t subject, const char *category,
                uint16_t source, int64_t labels)
{
    struct engine_count count = {TENANT, subject, slice_of(category), source, labels * ENGINE_UNIT};

    return engine_counts_set(counts, &count);
}

static struct engine_verdict answer(const struct engine_counts *counts, const char *merchant)
{
    struct engine_view view = {.tenant = engine_tenant(counts, TENANT)};
    struct engine_features features = shop(merchant);
    struct engine_verdict verdict;

    engine_classify(&view, &features, &verdict);
    return verdict;
}

/* The evidence that the answer names for the merchant. */
static int64_t evidence(const struct engine_counts *counts, const char *merchant)
{
    struct engine_verdict verdict = answer(counts, merchant);

    for (size_t i = 0; i < verdict.reason_count; i++) {
        if (verdict.reasons[i].source == ENGINE_MERCHANT)
            return verdict.reasons[i].evidence;
    }
    return 0;
}

START_TEST(sources_add_up_and_replace)
{
    OWNED(engine_counts) counts = engine_counts_new(LIMIT);
    uint64_t lidl = shop("lidl").merchant_hash;

    ck_assert(set(counts, lidl, "Food", 0, 3));
    ck_assert(set(counts, lidl, "Food", 7, 4));
    ck_assert_int_eq(evidence(counts, "lidl"), 7);
    ck_assert(set(counts, lidl, "Food", 0, 5));
    ck_assert(set(counts, lidl, "Food", 0, 5));
    ck_assert_int_eq(evidence(counts, "lidl"), 9);
    ck_assert(set(counts, lidl, "Home", 7, 1));
    ck_assert_int_eq(evidence(counts, "lidl"), 10);
    ck_assert(slice_equal(answer(counts, "lidl").category, SLICE_LITERAL("Food")));
}
END_TEST

START_TEST(sums_are_floored_after_adding)
{
    OWNED(engine_counts) counts = engine_counts_new(LIMIT);
    uint64_t lidl = shop("lidl").merchant_hash;

    ck_assert(set(counts, lidl, "Food", 0, -3));
    ck_assert_int_eq(answer(counts, "lidl").decided_by, ENGINE_NONE);
    ck_assert(set(counts, lidl, "Food", 1, 5));
    ck_assert_int_eq(evidence(counts, "lidl"), 2);
    ck_assert(set(counts, lidl, "Food", 2, INT64_MIN / ENGINE_UNIT));
    ck_assert_int_eq(evidence(counts, "lidl"), 0);
}
END_TEST

START_TEST(tenants_are_apart)
{
    OWNED(engine_counts) counts = engine_counts_new(LIMIT);
    struct engine_count other = {SLICE_LITERAL("other"), shop("lidl").merchant_hash,
                                 SLICE_LITERAL("Food"), 0, 9 * ENGINE_UNIT};

    ck_assert_ptr_null(engine_tenant(counts, TENANT));
    ck_assert(engine_counts_set(counts, &other));
    ck_assert_ptr_null(engine_tenant(counts, TENANT));
    ck_assert(set(counts, shop("aldi").merchant_hash, "Groceries", 0, 1));
    ck_assert_int_eq(evidence(counts, "lidl"), 0);
    ck_assert_ptr_nonnull(engine_tenant(counts, SLICE_LITERAL("other")));
}
END_TEST

START_TEST(odd_rows_are_refused)
{
    OWNED(engine_counts) counts = engine_counts_new(LIMIT);
    char name[ENGINE_CATEGORY_SIZE + 2];

    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    ck_assert(!set(counts, 7, name, 0, 1));
    ck_assert(!set(counts, 7, "", 0, 1));
    ck_assert(!set(counts, 7, "uncategorized", 0, 1));
    ck_assert(!set(counts, 0, "Food", 0, 1));
    ck_assert_uint_eq(engine_counts_refused(counts), 4);
    name[sizeof name - 2] = '\0';
    ck_assert(set(counts, 7, name, 0, 1));
}
END_TEST

START_TEST(a_tenant_has_256_categories)
{
    OWNED(engine_counts) counts = engine_counts_new(LIMIT);
    char name[16];

    for (int i = 0; i < ENGINE_CATEGORIES_MAX; i++) {
        snprintf(name, sizeof name, "c%d", i);
        ck_assert(set(counts, 7, name, 0, i + 1));
    }
    ck_assert(!set(counts, 7, "one more", 0, 1));
    ck_assert(set(counts, 8, "c0", 0, 1));
    snprintf(name, sizeof name, "c%d", ENGINE_CATEGORIES_MAX - 1);
    ck_assert(set(counts, 9, name, 0, 1));
}
END_TEST

/* Beyond the limit new subjects are refused, and what is there is still kept up to date. */
START_TEST(memory_is_bounded)
{
    OWNED(engine_counts) counts = engine_counts_new(LIMIT);
    uint64_t lidl = shop("lidl").merchant_hash;
    uint64_t subject = 1000;

    ck_assert(set(counts, lidl, "Food", 0, 1));
    while (set(counts, subject, "Food", 0, 1))
        subject++;
    ck_assert_uint_gt(subject, 5000);
    ck_assert_uint_le(engine_counts_bytes(counts), LIMIT);
    ck_assert(set(counts, lidl, "Food", 0, 8));
    ck_assert_int_eq(evidence(counts, "lidl"), 8);
    for (int i = 0; i < 1000; i++)
        set(counts, subject + (uint64_t)i, "Food", 0, 1);
    ck_assert_uint_le(engine_counts_bytes(counts), LIMIT);
    ck_assert_uint_ge(engine_counts_refused(counts), 1000);
}
END_TEST

/* Many subjects of many tenants, each still its own. */
START_TEST(subjects_are_found_again)
{
    OWNED(engine_counts) counts = engine_counts_new(64 << 20);
    char tenant[16];
    char merchant[32];

    for (int i = 0; i < 20000; i++) {
        struct engine_count count = {.category = SLICE_LITERAL("Food"),
                                     .units = (i + 1) * ENGINE_UNIT};

        snprintf(tenant, sizeof tenant, "t%d", i % 10);
        snprintf(merchant, sizeof merchant, "shop %c%c%c", 'a' + i / 10 % 26, 'a' + i / 260 % 26,
                 'a' + i / 6760);
        count.tenant = slice_of(tenant);
        count.subject = engine_merchant_hash(slice_of(merchant));
        ck_assert(engine_counts_set(counts, &count));
    }
    for (int i = 0; i < 20000; i += 37) {
        struct engine_view view;
        struct engine_features features;
        struct engine_verdict verdict;

        snprintf(tenant, sizeof tenant, "t%d", i % 10);
        snprintf(merchant, sizeof merchant, "shop %c%c%c", 'a' + i / 10 % 26, 'a' + i / 260 % 26,
                 'a' + i / 6760);
        features = shop(merchant);
        view = (struct engine_view){.tenant = engine_tenant(counts, slice_of(tenant))};
        engine_classify(&view, &features, &verdict);
        ck_assert_int_eq(verdict.decided_by, ENGINE_MERCHANT);
        ck_assert_int_eq(verdict.reasons[0].evidence, i + 1);
    }
}
END_TEST

SUITE_MAIN("engine", sources_add_up_and_replace, sums_are_floored_after_adding, tenants_are_apart,
           odd_rows_are_refused, a_tenant_has_256_categories, memory_is_bounded,
           subjects_are_found_again);
