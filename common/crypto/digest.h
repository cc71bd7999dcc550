/* SHA-256 (FIPS 180-4) and HMAC-SHA256 (RFC 2104). Any thread. */
#ifndef TRIBUTARY_CRYPTO_DIGEST_H
#define TRIBUTARY_CRYPTO_DIGEST_H

#include "common/base/slice.h"

#include <stdint.h>

enum { CRYPTO_SHA256_BYTES = 32 };

struct crypto_sha256 {
    uint8_t bytes[CRYPTO_SHA256_BYTES];
};

struct crypto_sha256 crypto_sha256(struct slice data);

/* Of the parts one after the other, with nothing between: the caller separates what needs it. */
struct crypto_sha256 crypto_hmac_sha256(struct slice key, const struct slice *parts, size_t count);

#endif
