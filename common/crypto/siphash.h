/* Keyed SipHash-2-4 with a 64-bit result (https://www.aumasson.jp/siphash): a hash for keys that
 * come from outside, which nobody without the key can make collide. Its values are stored, so
 * neither key nor function ever changes. Not a signature: use crypto_hmac_sha256 for that. */
#ifndef TRIBUTARY_CRYPTO_SIPHASH_H
#define TRIBUTARY_CRYPTO_SIPHASH_H

#include "common/base/owned.h"
#include "common/base/slice.h"
#include "common/base/status.h"

#include <stdint.h>

enum { CRYPTO_SIPHASH_KEY_BYTES = 16 };

/* A key ready for use. Keeps state between calls to be cheap: one thread at a time. */
struct crypto_siphash;

/* Copies the key. Fails (fatal) when OpenSSL lacks the function. */
MUST_CHECK enum status crypto_siphash_new(struct crypto_siphash **ret_siphash, struct slice key,
                                          struct error *error);
void crypto_siphash_free(struct crypto_siphash *siphash);
OWNED_DEFINE(crypto_siphash);

uint64_t crypto_siphash(struct crypto_siphash *siphash, struct slice data);

#endif
