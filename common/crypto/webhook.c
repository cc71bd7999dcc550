#include "common/crypto/webhook.h"

#include "common/base/must.h"
#include "common/crypto/base64.h"
#include "common/crypto/digest.h"
#include "common/crypto/secret.h"

#include <inttypes.h>

#define SECRET_PREFIX "whsec_"

enum status crypto_webhook_key_parse(struct slice secret, struct crypto_webhook_key *ret_key,
                                     struct error *error)
{
    size_t prefix = strlen(SECRET_PREFIX);
    struct buffer key;
    enum status status = STATUS_OK;

    if (secret.size >= prefix && memcmp(secret.data, SECRET_PREFIX, prefix) == 0)
        secret = (struct slice){secret.data + prefix, secret.size - prefix};
    buffer_init(&key, (CRYPTO_WEBHOOK_KEY_MOST + 2) / 3 * 3);
    if (!crypto_base64_decode(secret, &key) || key.size < CRYPTO_WEBHOOK_KEY_LEAST ||
        key.size > CRYPTO_WEBHOOK_KEY_MOST) {
        status = error_set(error, STATUS_REJECT,
                           "a webhook secret is " SECRET_PREFIX
                           " and the base64 of %d to %d random bytes",
                           CRYPTO_WEBHOOK_KEY_LEAST, CRYPTO_WEBHOOK_KEY_MOST);
    } else {
        ret_key->size = key.size;
        memcpy(ret_key->bytes, key.data, key.size);
    }
    if (key.data != NULL)
        crypto_wipe(key.data, key.capacity);
    buffer_done(&key);
    return status;
}

void crypto_webhook_sign(const struct crypto_webhook_key *key, struct slice id, int64_t timestamp_s,
                         struct slice body, char *signature)
{
    char time[32];
    int size = snprintf(time, sizeof time, ".%" PRId64 ".", timestamp_s);
    const struct slice parts[] = {id, {time, (size_t)size}, body};
    struct crypto_sha256 digest =
        crypto_hmac_sha256((struct slice){(const char *)key->bytes, key->size}, parts, 3);
    struct buffer out;

    buffer_init(&out, CRYPTO_WEBHOOK_SIGNATURE_SIZE);
    buffer_append_text(&out, "v1,");
    crypto_base64_encode((struct slice){(const char *)digest.bytes, sizeof digest.bytes}, &out);
    buffer_append_byte(&out, '\0');
    MUST(!out.overflow);
    memcpy(signature, out.data, out.size);
    buffer_done(&out);
}
