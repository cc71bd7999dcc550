/* The made-up world: categories of merchants, and merchants with made-up names, a few of them large
 * and most small (Zipf). All of it follows from the seed. Pure; nothing here depends on the
 * machine's mathematics library. */
#ifndef TRIBUTARY_SIMULATOR_WORLD_H
#define TRIBUTARY_SIMULATOR_WORLD_H

#include "common/base/random.h"
#include "common/base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WORLD_MERCHANTS = 64, /* in each category */
    WORLD_NAME_SIZE = 48,
};

struct world_category {
    const char *name;     /* what most users call it */
    const char *other;    /* what some do */
    const char *words[3]; /* behind a merchant's name */
    int32_t mcc;
    double median; /* amount in major units */
    double spread; /* of its logarithm */
    uint32_t weight;
    bool credit; /* money that comes in */
};

/* Categories by the use that a user makes of them. */
enum world_use {
    WORLD_SALARY,
    WORLD_RENT,
    WORLD_SUBSCRIPTION,
    WORLD_GROCERIES,
    WORLD_EVERYDAY, /* this one and all that follow */
};

extern const struct world_category world_categories[];
extern const size_t world_category_count;

struct world_merchant {
    uint32_t category;
    uint32_t rank; /* from the largest */
};

/* The same seed always gives the same name. */
struct slice world_name(uint64_t seed, struct world_merchant merchant, char name[WORLD_NAME_SIZE]);

/* 0: not told. */
int32_t world_mcc(uint64_t seed, struct world_merchant merchant);

/* A merchant of the category; of any everyday one. */
struct world_merchant world_pick(struct random *random, uint32_t category);
struct world_merchant world_pick_everyday(struct random *random);

/* A log-normal amount in hundredths of a major unit, at least 1. */
int64_t world_amount(struct random *random, double median, double spread);

/* Random numbers that follow from the seed and two more numbers. */
struct random world_random(uint64_t seed, uint64_t what, uint64_t which);

#endif
