/* Real card purchases that their payers labelled, in time order: Birmingham City Council's purchase
 * cards (UK Open Government Licence v3). The file is not part of the project: where it is absent,
 * what wants it says so and skips. */
#ifndef TRIBUTARY_TESTS_SUPPORT_PURCHASES_H
#define TRIBUTARY_TESTS_SUPPORT_PURCHASES_H

#include "common/base/slice.h"

#include <stddef.h>
#include <stdint.h>

struct purchase {
    int32_t day;  /* since 1970-01-01 */
    int32_t user; /* 0 .. users-1 */
    int64_t amount_minor;
    struct slice merchant;
    struct slice detail;  /* one of 63 categories */
    struct slice primary; /* one of 16 */
    int32_t mcc;          /* 0: none */
    int32_t stars;        /* what the user says unasked, whatever the answer: a rating, or
                             PURCHASE_CONFIRMED; 0: nothing */
};

enum { PURCHASE_CONFIRMED = -1 };

struct purchases {
    struct purchase *rows;
    size_t count;
    int32_t users;
    char *text; /* what the slices point into */
};

/* From $TRIBUTARY_SHARED/data, or ../shared/data beside the source. NULL where it is absent, after
 * a line on stdout. */
struct purchases *purchases_load(void);

/* The simulator's, as many as it makes of that many events; one category for both kinds. Their own
 * corrections are left out: whoever knows the answers corrects. */
struct purchases *purchases_simulated(size_t events, uint32_t users, uint64_t seed);

void purchases_free(struct purchases *purchases);

/* The first row of that day or later. */
size_t purchases_from(const struct purchases *purchases, int32_t day);

#endif
