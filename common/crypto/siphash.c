#include "common/crypto/siphash.h"

#include "common/base/must.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

struct crypto_siphash {
    EVP_MAC_CTX *context;
    unsigned char key[CRYPTO_SIPHASH_KEY_BYTES];
};

void crypto_siphash_free(struct crypto_siphash *siphash)
{
    if (siphash == NULL)
        return;
    EVP_MAC_CTX_free(siphash->context);
    explicit_bzero(siphash->key, sizeof siphash->key);
    free(siphash);
}

enum status crypto_siphash_new(struct crypto_siphash **ret_siphash, struct slice key,
                               struct error *error)
{
    OWNED(crypto_siphash) siphash = must_alloc(sizeof *siphash);
    size_t size = sizeof(uint64_t);
    EVP_MAC *mac;
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                                 OSSL_PARAM_construct_end()};

    MUST(key.size == CRYPTO_SIPHASH_KEY_BYTES);
    memcpy(siphash->key, key.data, key.size);
    mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    if (mac != NULL)
        siphash->context = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac); /* the context keeps its own reference */
    if (siphash->context == NULL || !EVP_MAC_CTX_set_params(siphash->context, params) ||
        !EVP_MAC_init(siphash->context, siphash->key, sizeof siphash->key, NULL))
        return error_set(error, STATUS_FATAL,
                         "OpenSSL has no SipHash: is its default provider on?");
    *ret_siphash = TAKE(siphash);
    return STATUS_OK;
}

uint64_t crypto_siphash(struct crypto_siphash *siphash, struct slice data)
{
    unsigned char bytes[sizeof(uint64_t)];
    uint64_t hash = 0;
    size_t size = 0;

    /* The key is given anew: OpenSSL 3.0 does not start over without one. */
    MUST(EVP_MAC_init(siphash->context, siphash->key, sizeof siphash->key, NULL) &&
         EVP_MAC_update(siphash->context, (const unsigned char *)data.data, data.size) &&
         EVP_MAC_final(siphash->context, bytes, &size, sizeof bytes) && size == sizeof bytes);
    for (size_t i = sizeof bytes; i > 0; i--)
        hash = hash << 8 | bytes[i - 1];
    return hash;
}
