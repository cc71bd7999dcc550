/* The categories that a tenant starts with: 16 primary ones, and which of them a card payment's
 * merchant category code (ISO 18245) suggests. They are names like any other: a tenant's own
 * categories come from its users' feedback and need not be among these. */
#ifndef TRIBUTARY_TAXONOMY_TAXONOMY_H
#define TRIBUTARY_TAXONOMY_TAXONOMY_H

#include "common/base/slice.h"

#include <stdint.h>

/* The reserved answer "nothing known". Never learnt, never counted as evidence. */
#define TAXONOMY_UNCATEGORIZED "uncategorized"

/* The same partition as Plaid's personal finance categories, primary level, so data can be mapped.
 */
enum taxonomy_primary {
    TAXONOMY_NONE,
    TAXONOMY_INCOME,
    TAXONOMY_TRANSFER_IN,
    TAXONOMY_TRANSFER_OUT,
    TAXONOMY_LOAN_PAYMENTS,
    TAXONOMY_BANK_FEES,
    TAXONOMY_ENTERTAINMENT,
    TAXONOMY_FOOD_AND_DRINK,
    TAXONOMY_GENERAL_MERCHANDISE,
    TAXONOMY_HOME_IMPROVEMENT,
    TAXONOMY_MEDICAL,
    TAXONOMY_PERSONAL_CARE,
    TAXONOMY_GENERAL_SERVICES,
    TAXONOMY_GOVERNMENT_NON_PROFIT,
    TAXONOMY_TRANSPORTATION,
    TAXONOMY_TRAVEL,
    TAXONOMY_RENT_AND_UTILITIES,
    TAXONOMY_COUNT, /* one past the last */
};

/* "FOOD_AND_DRINK"; "uncategorized" for NONE. Static memory. */
struct slice taxonomy_name(enum taxonomy_primary primary);

/* The primary of that exact name, or NONE. */
enum taxonomy_primary taxonomy_find(struct slice name);

/* What a merchant category code suggests: right about two times in three, so a prior and never a
 * rule. NONE outside 1..9999 and for codes that say nothing. */
enum taxonomy_primary taxonomy_of_mcc(int32_t mcc);

#endif
