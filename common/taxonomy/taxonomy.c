#include "common/taxonomy/taxonomy.h"

#include <stddef.h>

static const struct slice names[TAXONOMY_COUNT] = {
    [TAXONOMY_NONE] = {TAXONOMY_UNCATEGORIZED, sizeof TAXONOMY_UNCATEGORIZED - 1},
#define NAME(word) [TAXONOMY_##word] = {#word, sizeof #word - 1}
    NAME(INCOME),
    NAME(TRANSFER_IN),
    NAME(TRANSFER_OUT),
    NAME(LOAN_PAYMENTS),
    NAME(BANK_FEES),
    NAME(ENTERTAINMENT),
    NAME(FOOD_AND_DRINK),
    NAME(GENERAL_MERCHANDISE),
    NAME(HOME_IMPROVEMENT),
    NAME(MEDICAL),
    NAME(PERSONAL_CARE),
    NAME(GENERAL_SERVICES),
    NAME(GOVERNMENT_NON_PROFIT),
    NAME(TRANSPORTATION),
    NAME(TRAVEL),
    NAME(RENT_AND_UTILITIES),
#undef NAME
};

struct slice taxonomy_name(enum taxonomy_primary primary)
{
    if ((unsigned)primary >= TAXONOMY_COUNT)
        return names[TAXONOMY_NONE];
    return names[primary];
}

enum taxonomy_primary taxonomy_find(struct slice name)
{
    for (unsigned i = TAXONOMY_NONE + 1; i < TAXONOMY_COUNT; i++) {
        if (slice_equal(names[i], name))
            return (enum taxonomy_primary)i;
    }
    return TAXONOMY_NONE;
}
