/* What secrets need: real randomness, comparison that tells nothing by its time, and an end. */
#ifndef TRIBUTARY_CRYPTO_SECRET_H
#define TRIBUTARY_CRYPTO_SECRET_H

#include "common/base/slice.h"
#include "common/base/status.h"

/* Unpredictable bytes. Fails (fatal) when the system has none. */
MUST_CHECK enum status crypto_random(void *bytes, size_t size, struct error *error);

/* In a time that depends on the sizes alone. */
bool crypto_equal(struct slice a, struct slice b);

/* Overwrites, whatever the compiler thinks of it. */
void crypto_wipe(void *bytes, size_t size);

#endif
