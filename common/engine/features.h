/* What the engine sees of a transaction. Classifier, learner and whoever explains an answer compute
 * it with this one function, from the same fields, so they always speak of the same thing.
 * Hashes are stored in databases: the text that goes into them and the hash never change without a
 * new ENGINE_VERSION. */
#ifndef TRIBUTARY_ENGINE_FEATURES_H
#define TRIBUTARY_ENGINE_FEATURES_H

#include "common/base/slice.h"

#include <stdint.h>

/* The version of features and learning step together, as results carry it. */
#define ENGINE_VERSION "counts-2"

enum {
    ENGINE_TEXT_READ = 256,     /* bytes of merchant or description that are looked at */
    ENGINE_MERCHANT_SIZE = 64,  /* bytes of the normalised merchant that are kept */
    ENGINE_CATEGORY_SIZE = 64,  /* bytes of a category's name */
    ENGINE_CATEGORIES_MAX = 256 /* categories of a tenant */
};

struct engine_input {
    struct slice merchant;    /* as the upstream wrote it; may be empty */
    struct slice description; /* stands in for an empty merchant */
    struct slice currency;    /* ISO 4217 */
    int64_t amount_minor;     /* negative for refunds and other credits */
    int32_t mcc;              /* ISO 18245; 0 or less: none */
    int64_t occurred_us;
};

struct engine_features {
    char merchant[ENGINE_MERCHANT_SIZE]; /* normalised, not NUL-terminated */
    uint32_t merchant_size;              /* 0: neither merchant nor description held a word */
    int32_t mcc;                         /* 0: none */
    uint64_t merchant_hash;              /* of all the normalised words; 0: no words */
    uint64_t key_hash;                   /* of the first informative word; 0: no words */
    int64_t amount_minor;
    int32_t amount_bucket; /* 0..63: sign and size by powers of two, zero is 0 */
};

/* Total: any bytes give features. Lower case (ASCII), without digits and store numbers, processor
 * prefixes (SQ *, PAYPAL *) and point-of-sale boilerplate. Any thread. */
void engine_features(const struct engine_input *input, struct engine_features *ret);

/* The merchant hash of a text alone, as an explicit rule names its merchant. 0: no words. */
uint64_t engine_merchant_hash(struct slice merchant);

#endif
