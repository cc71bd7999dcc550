/* A user and their habits: where they shop, what they earn and pay, and what they call things. All
 * of it follows from the seed and the number; only what happened last is kept. Pure. */
#ifndef TRIBUTARY_SIMULATOR_PERSON_H
#define TRIBUTARY_SIMULATOR_PERSON_H

#include "producers/simulator/world.h"

enum { PERSON_FAVOURITES = 12 };

struct person {
    uint64_t seed;
    uint32_t number;
    const char *currency;
    int64_t salary, rent, subscription; /* hundredths of a major unit */
    uint32_t salary_day, rent_day, subscription_day;
    struct world_merchant employer, landlord, service;
    struct world_merchant grocers[2];
    struct world_merchant favourites[PERSON_FAVOURITES];
};

/* What a user did last; zero at the start. */
struct person_past {
    int32_t salary_month, rent_month, subscription_month; /* month + 1 */
    int32_t groceries_week;                               /* week + 1 */
};

struct person person_of(uint64_t seed, uint32_t number);

/* Something to pay for. */
struct person_purchase {
    struct world_merchant merchant;
    int64_t amount; /* hundredths of a major unit; negative: money that comes in */
};

/* What they do next at that time: what is due, or one of their habits, or something new. */
struct person_purchase person_next(const struct person *person, struct person_past *past,
                                   int64_t at_us, struct random *random);

/* What they call the category of that merchant: mostly what everybody does. */
const char *person_category(const struct person *person, struct world_merchant merchant);

#endif
