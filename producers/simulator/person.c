#include "producers/simulator/person.h"

#include "common/base/timestamp.h"

enum { WHAT_PERSON = 16, WHAT_IDEA = 17 };

enum {
    FAVOURITE_PERCENT = 70, /* of what is not due */
    OWN_IDEA_PERCENT = 15,  /* of merchants that a user calls otherwise */
    DAY_LAST = 28,
};

struct person person_of(uint64_t seed, uint32_t number)
{
    struct random random = world_random(seed, WHAT_PERSON, number);
    struct person person = {.seed = seed, .number = number};
    uint64_t currency = random_below(&random, 100);

    person.currency = currency < 88 ? "EUR" : currency < 98 ? "GBP" : "JPY";
    person.salary = world_amount(&random, world_categories[WORLD_SALARY].median,
                                 world_categories[WORLD_SALARY].spread);
    person.rent = person.salary * (int64_t)(25 + random_below(&random, 20)) / 100;
    person.subscription = 499 + 500 * (int64_t)random_below(&random, 5);
    person.salary_day = 1 + (uint32_t)random_below(&random, DAY_LAST);
    person.rent_day = 1 + (uint32_t)random_below(&random, 5);
    person.subscription_day = 1 + (uint32_t)random_below(&random, DAY_LAST);
    person.employer = world_pick(&random, WORLD_SALARY);
    person.landlord = world_pick(&random, WORLD_RENT);
    person.service = world_pick(&random, WORLD_SUBSCRIPTION);
    for (int i = 0; i < 2; i++)
        person.grocers[i] = world_pick(&random, WORLD_GROCERIES);
    for (int i = 0; i < PERSON_FAVOURITES; i++)
        person.favourites[i] = world_pick_everyday(&random);
    return person;
}

/* Day of the month, from 1. */
static uint32_t day_of(int64_t at_us)
{
    int32_t month = timestamp_month(at_us);

    return (uint32_t)(timestamp_day(at_us) -
                      timestamp_days_of_date(month / 12, month % 12 + 1, 1)) +
           1;
}

/* Once a month, from that day on. */
static bool due(int32_t *past_month, uint32_t from_day, int64_t at_us)
{
    int32_t month = timestamp_month(at_us) + 1;

    if (*past_month == month || day_of(at_us) < from_day)
        return false;
    *past_month = month;
    return true;
}

static struct person_purchase habit(const struct person *person, struct random *random)
{
    struct world_merchant merchant = world_pick_everyday(random);
    const struct world_category *category;
    uint64_t favourite = random_below(random, PERSON_FAVOURITES);

    if (random_below(random, 100) < FAVOURITE_PERCENT)
        merchant = person->favourites[favourite];
    category = &world_categories[merchant.category];
    return (struct person_purchase){merchant,
                                    world_amount(random, category->median, category->spread)};
}

static struct person_purchase groceries(const struct person *person, struct random *random)
{
    const struct world_category *category = &world_categories[WORLD_GROCERIES];
    struct world_merchant merchant = person->grocers[random_below(random, 4) == 0];

    return (struct person_purchase){merchant,
                                    world_amount(random, category->median, category->spread)};
}

/* Most of what is done once a month or a week is behind somebody who is seen for the first time. */
static void begin(struct person_past *past, int64_t at_us, struct random *random)
{
    int32_t month = timestamp_month(at_us) + 1, week = timestamp_day(at_us) / 7 + 1;

    past->groceries_week = random_below(random, 7) == 0 ? week - 1 : week;
    past->salary_month = random_below(random, 10) == 0 ? month - 1 : month;
    past->rent_month = random_below(random, 10) == 0 ? month - 1 : month;
    past->subscription_month = random_below(random, 10) == 0 ? month - 1 : month;
}

struct person_purchase person_next(const struct person *person, struct person_past *past,
                                   int64_t at_us, struct random *random)
{
    int32_t week = timestamp_day(at_us) / 7 + 1;

    if (past->groceries_week == 0)
        begin(past, at_us, random);
    if (due(&past->salary_month, person->salary_day, at_us))
        return (struct person_purchase){person->employer, -person->salary};
    if (due(&past->rent_month, person->rent_day, at_us))
        return (struct person_purchase){person->landlord, person->rent};
    if (due(&past->subscription_month, person->subscription_day, at_us))
        return (struct person_purchase){person->service, person->subscription};
    if (past->groceries_week != week) {
        past->groceries_week = week;
        return groceries(person, random);
    }
    return habit(person, random);
}

const char *person_category(const struct person *person, struct world_merchant merchant)
{
    uint64_t pair = (uint64_t)person->number << 32 |
                    ((uint64_t)merchant.category * WORLD_MERCHANTS + merchant.rank);
    struct random random = world_random(person->seed, WHAT_IDEA, pair);
    const struct world_category *category = &world_categories[merchant.category];

    return random_below(&random, 100) < OWN_IDEA_PERCENT ? category->other : category->name;
}
