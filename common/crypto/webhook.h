/* The symmetric signature of Standard Webhooks 1.0.0 (https://www.standardwebhooks.com), version
 * v1: HMAC-SHA256 over "<id>.<timestamp>.<body>". */
#ifndef TRIBUTARY_CRYPTO_WEBHOOK_H
#define TRIBUTARY_CRYPTO_WEBHOOK_H

#include "common/base/slice.h"
#include "common/base/status.h"

#include <stdint.h>

enum {
    CRYPTO_WEBHOOK_KEY_LEAST = 24, /* bytes; both as the specification asks */
    CRYPTO_WEBHOOK_KEY_MOST = 64,
    CRYPTO_WEBHOOK_SIGNATURE_SIZE = sizeof "v1," + 44,
};

struct crypto_webhook_key {
    uint8_t bytes[CRYPTO_WEBHOOK_KEY_MOST];
    size_t size;
};

/* A secret as its owner has it: base64 with or without "whsec_" before it. Rejects anything else,
 * without telling the secret. Wipe the key with crypto_wipe when it is done with. */
MUST_CHECK enum status crypto_webhook_key_parse(struct slice secret,
                                                struct crypto_webhook_key *ret_key,
                                                struct error *error);

/* The value of the header webhook-signature: "v1,<base64>". timestamp_s is that of the attempt, as
 * in the header webhook-timestamp. The id holds no dot. signature has
 * CRYPTO_WEBHOOK_SIGNATURE_SIZE bytes. */
void crypto_webhook_sign(const struct crypto_webhook_key *key, struct slice id, int64_t timestamp_s,
                         struct slice body, char *signature);

#endif
