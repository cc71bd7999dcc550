#include "common/taxonomy/taxonomy.h"
#include "tests/support/suite/suite.h"

START_TEST(names_are_found_again)
{
    for (int i = TAXONOMY_NONE + 1; i < TAXONOMY_COUNT; i++) {
        struct slice name = taxonomy_name((enum taxonomy_primary)i);

        ck_assert(name.size > 0);
        ck_assert_int_eq(taxonomy_find(name), i);
    }
    ck_assert_int_eq(TAXONOMY_COUNT - 1, 16);
}
END_TEST

START_TEST(uncategorized_is_reserved)
{
    ck_assert(slice_equal(taxonomy_name(TAXONOMY_NONE), SLICE_LITERAL("uncategorized")));
    ck_assert(
        slice_equal(taxonomy_name((enum taxonomy_primary)99), SLICE_LITERAL("uncategorized")));
    ck_assert_int_eq(taxonomy_find(SLICE_LITERAL("uncategorized")), TAXONOMY_NONE);
    ck_assert_int_eq(taxonomy_find(SLICE_LITERAL("")), TAXONOMY_NONE);
    ck_assert_int_eq(taxonomy_find(SLICE_LITERAL("food_and_drink")), TAXONOMY_NONE);
}
END_TEST

static const struct {
    int32_t mcc;
    enum taxonomy_primary primary;
} codes[] = {
    {742, TAXONOMY_MEDICAL},
    {3000, TAXONOMY_TRAVEL},
    {3999, TAXONOMY_TRAVEL},
    {4111, TAXONOMY_TRANSPORTATION},
    {4511, TAXONOMY_TRAVEL},
    {4814, TAXONOMY_RENT_AND_UTILITIES},
    {4829, TAXONOMY_TRANSFER_OUT},
    {4900, TAXONOMY_RENT_AND_UTILITIES},
    {5200, TAXONOMY_HOME_IMPROVEMENT},
    {5311, TAXONOMY_GENERAL_MERCHANDISE},
    {5411, TAXONOMY_FOOD_AND_DRINK},
    {5541, TAXONOMY_TRANSPORTATION},
    {5812, TAXONOMY_FOOD_AND_DRINK},
    {5912, TAXONOMY_MEDICAL},
    {6011, TAXONOMY_TRANSFER_OUT},
    {6300, TAXONOMY_GENERAL_SERVICES},
    {6513, TAXONOMY_RENT_AND_UTILITIES},
    {7011, TAXONOMY_TRAVEL},
    {7230, TAXONOMY_PERSONAL_CARE},
    {7523, TAXONOMY_TRANSPORTATION},
    {7832, TAXONOMY_ENTERTAINMENT},
    {7997, TAXONOMY_PERSONAL_CARE},
    {8011, TAXONOMY_MEDICAL},
    {8398, TAXONOMY_GOVERNMENT_NON_PROFIT},
    {9311, TAXONOMY_GOVERNMENT_NON_PROFIT},
    {9405, TAXONOMY_GOVERNMENT_NON_PROFIT},
};

START_TEST(codes_suggest_a_primary)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        ck_assert_msg(taxonomy_of_mcc(codes[i].mcc) == codes[i].primary, "%d", codes[i].mcc);
}
END_TEST

START_TEST(other_codes_say_nothing)
{
    static const int32_t silent[] = {INT32_MIN, -1,   0,    1,    741,   744 + 50, 2999,     4000,
                                     4902,      9401, 9403, 9999, 10000, 75411,    INT32_MAX};

    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++)
        ck_assert_msg(taxonomy_of_mcc(silent[i]) == TAXONOMY_NONE, "%d", silent[i]);
}
END_TEST

/* A range out of order or overlapping would hide codes from the search: then a code's neighbours
 * would change more often than there are ranges. */
START_TEST(ranges_are_in_order)
{
    int changes = 0;

    for (int32_t mcc = 1; mcc <= 9999; mcc++)
        changes += taxonomy_of_mcc(mcc) != taxonomy_of_mcc(mcc - 1);
    ck_assert_int_gt(changes, 100);
    ck_assert_int_lt(changes, 180);
}
END_TEST

SUITE_MAIN("taxonomy", names_are_found_again, uncategorized_is_reserved, codes_suggest_a_primary,
           other_codes_say_nothing, ranges_are_in_order);
