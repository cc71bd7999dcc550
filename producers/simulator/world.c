#include "producers/simulator/world.h"

#include <ctype.h>
#include <stdio.h>

#define CATEGORY(name_, other_, a, b, c, mcc_, median_, spread_, weight_)                          \
    {                                                                                              \
        .name = (name_), .other = (other_), .words = {(a), (b), (c)}, .mcc = (mcc_),               \
        .median = (median_), .spread = (spread_), .weight = (weight_)                              \
    }

const struct world_category world_categories[] = {
    [WORLD_SALARY] = {.name = "salary",
                      .other = "income",
                      .words = {"Industries", "Consulting", "Works"},
                      .median = 2600,
                      .spread = 0.35,
                      .credit = true},
    [WORLD_RENT] = CATEGORY("rent", "housing", "Homes", "Estates", "Living", 6513, 900, 0.3, 0),
    [WORLD_SUBSCRIPTION] =
        CATEGORY("subscriptions", "entertainment", "Stream", "Music", "Plus", 4899, 11, 0.4, 0),
    [WORLD_GROCERIES] =
        CATEGORY("groceries", "household", "Market", "Foods", "Grocers", 5411, 42, 0.6, 30),
    CATEGORY("convenience", "groceries", "Corner Shop", "Express", "Minimart", 5499, 8, 0.6, 12),
    CATEGORY("bakery", "eating out", "Bakery", "Breads", "Patisserie", 5462, 7, 0.5, 8),
    CATEGORY("eating out", "leisure", "Kitchen", "Bistro", "Grill", 5812, 34, 0.6, 14),
    CATEGORY("fast food", "eating out", "Burgers", "Pizza", "Noodles", 5814, 12, 0.5, 14),
    CATEGORY("coffee", "eating out", "Coffee", "Roasters", "Espresso", 5814, 5, 0.4, 14),
    CATEGORY("bars", "leisure", "Taproom", "Bar", "Cellar", 5813, 22, 0.6, 6),
    CATEGORY("fuel", "car", "Fuel", "Petrol", "Energy Stop", 5541, 55, 0.4, 9),
    CATEGORY("parking", "car", "Parking", "Garage", "Park Ride", 7523, 6, 0.6, 6),
    CATEGORY("public transport", "travel", "Transit", "Metro", "Buses", 4111, 4, 0.6, 12),
    CATEGORY("taxi", "travel", "Cabs", "Rides", "Taxi", 4121, 17, 0.5, 6),
    CATEGORY("trains", "travel", "Rail", "Trains", "Railways", 4112, 38, 0.7, 4),
    CATEGORY("flights", "holidays", "Air", "Airways", "Jet", 4511, 210, 0.7, 1),
    CATEGORY("hotels", "holidays", "Hotel", "Inn", "Suites", 7011, 140, 0.6, 2),
    CATEGORY("clothing", "shopping", "Fashion", "Outfitters", "Shoes", 5651, 48, 0.7, 7),
    CATEGORY("electronics", "shopping", "Electronics", "Digital", "Computers", 5732, 95, 1.0, 3),
    CATEGORY("furniture", "home", "Furniture", "Interiors", "Kitchens", 5712, 160, 1.0, 2),
    CATEGORY("hardware", "home", "Hardware", "Tools", "Timber", 5200, 36, 0.8, 4),
    CATEGORY("garden", "home", "Garden Centre", "Nursery", "Plants", 5261, 29, 0.7, 2),
    CATEGORY("books", "leisure", "Books", "Bookshop", "Press", 5942, 18, 0.5, 3),
    CATEGORY("online shopping", "shopping", "Online", "Direct", "Marketplace", 5311, 27, 0.9, 14),
    CATEGORY("pharmacy", "health", "Pharmacy", "Chemist", "Apothecary", 5912, 14, 0.7, 7),
    CATEGORY("doctors", "health", "Clinic", "Dental", "Practice", 8011, 60, 0.8, 2),
    CATEGORY("fitness", "health", "Gym", "Fitness", "Yoga", 7997, 32, 0.4, 3),
    CATEGORY("hairdresser", "personal care", "Hair", "Barbers", "Salon", 7230, 31, 0.5, 3),
    CATEGORY("cinema", "leisure", "Cinema", "Pictures", "Screens", 7832, 15, 0.4, 3),
    CATEGORY("games", "leisure", "Games", "Arcade", "Play", 5816, 13, 0.8, 4),
    CATEGORY("sports", "leisure", "Sports", "Outdoor", "Cycles", 5941, 44, 0.8, 3),
    CATEGORY("pets", "household", "Pets", "Vets", "Aquatics", 5995, 26, 0.7, 3),
    CATEGORY("toys", "family", "Toys", "Kids", "Baby", 5945, 24, 0.7, 2),
    CATEGORY("telephone", "household", "Mobile", "Telecom", "Broadband", 4814, 25, 0.4, 2),
    CATEGORY("energy", "household", "Power", "Gas", "Water", 4900, 85, 0.5, 2),
    CATEGORY("insurance", "household", "Insurance", "Mutual", "Assurance", 6300, 48, 0.6, 2),
    CATEGORY("charity", "family", "Trust", "Relief", "Foundation", 8398, 20, 0.7, 2),
    CATEGORY("cash", "shopping", "Bank", "Cash Point", "Savings", 6011, 60, 0.6, 6),
};
const size_t world_category_count = sizeof world_categories / sizeof world_categories[0];

static const char *const syllables[] = {
    "ve", "lo", "mar", "ken", "tis", "ba", "ro",  "nel", "fa",  "din", "or",  "sul",
    "pe", "ta", "gri", "wen", "co",  "la", "hum", "ber", "ash", "ri",  "zan", "mo",
};
enum { SYLLABLES = sizeof syllables / sizeof syllables[0] };

enum { WHAT_NAME = 1, WHAT_MCC = 2 };

struct random world_random(uint64_t seed, uint64_t what, uint64_t which)
{
    struct random random;

    /* Odd constants of the golden ratio part the numbers; the first draws mix them. */
    random_init(&random, (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) ^
                             (what + 1) * UINT64_C(0xc2b2ae3d27d4eb4f) ^
                             (which + 1) * UINT64_C(0x165667b19e3779f9));
    for (int i = 0; i < 4; i++)
        (void)random_next(&random);
    return random;
}

static uint64_t number_of(struct world_merchant merchant)
{
    return (uint64_t)merchant.category * WORLD_MERCHANTS + merchant.rank;
}

struct slice world_name(uint64_t seed, struct world_merchant merchant, char name[WORLD_NAME_SIZE])
{
    struct random random = world_random(seed, WHAT_NAME, number_of(merchant));
    uint64_t count = 2 + random_below(&random, 2);
    int size = 0;

    for (uint64_t i = 0; i < count; i++)
        size += snprintf(name + size, (size_t)(WORLD_NAME_SIZE - size), "%s",
                         syllables[random_below(&random, SYLLABLES)]);
    name[0] = (char)toupper((unsigned char)name[0]);
    size += snprintf(name + size, (size_t)(WORLD_NAME_SIZE - size), " %s",
                     world_categories[merchant.category].words[random_below(&random, 3)]);
    return (struct slice){name, (size_t)size};
}

int32_t world_mcc(uint64_t seed, struct world_merchant merchant)
{
    struct random random = world_random(seed, WHAT_MCC, number_of(merchant));

    return random_below(&random, 10) == 0 ? 0 : world_categories[merchant.category].mcc;
}

/* Rank k with a weight of 1 / (k + 1). */
static uint32_t zipf(struct random *random)
{
    double sum = 0, at;

    for (int k = 0; k < WORLD_MERCHANTS; k++)
        sum += 1.0 / (k + 1);
    at = random_unit(random) * sum;
    for (uint32_t k = 0; k < WORLD_MERCHANTS; k++) {
        at -= 1.0 / (k + 1);
        if (at < 0)
            return k;
    }
    return WORLD_MERCHANTS - 1;
}

struct world_merchant world_pick(struct random *random, uint32_t category)
{
    return (struct world_merchant){category, zipf(random)};
}

struct world_merchant world_pick_everyday(struct random *random)
{
    uint64_t sum = 0, at;

    for (size_t i = 0; i < world_category_count; i++)
        sum += world_categories[i].weight;
    at = random_below(random, sum);
    for (uint32_t i = 0; i < world_category_count; i++) {
        if (at < world_categories[i].weight)
            return world_pick(random, i);
        at -= world_categories[i].weight;
    }
    return world_pick(random, WORLD_GROCERIES);
}

/* e^x for small x by squaring, so that it is the same on every machine. */
static double power_of_e(double x)
{
    double y = 1 + x / 1024;

    for (int i = 0; i < 10; i++)
        y *= y;
    return y;
}

int64_t world_amount(struct random *random, double median, double spread)
{
    double normal = -6;
    double amount;

    for (int i = 0; i < 12; i++)
        normal += random_unit(random);
    amount = median * power_of_e(spread * normal) * 100;
    return amount < 1 ? 1 : (int64_t)amount;
}
