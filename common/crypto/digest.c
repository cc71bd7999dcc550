#include "common/crypto/digest.h"

#include "common/base/must.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

struct crypto_sha256 crypto_sha256(struct slice data)
{
    struct crypto_sha256 digest;
    unsigned size = 0;

    MUST(EVP_Digest(data.data, data.size, digest.bytes, &size, EVP_sha256(), NULL) &&
         size == sizeof digest.bytes);
    return digest;
}

struct crypto_sha256 crypto_hmac_sha256(struct slice key, const struct slice *parts, size_t count)
{
    char name[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
    struct crypto_sha256 digest;
    size_t size = 0;

    MUST(context != NULL &&
         EVP_MAC_init(context, (const unsigned char *)key.data, key.size, params));
    for (size_t i = 0; i < count; i++)
        MUST(EVP_MAC_update(context, (const unsigned char *)parts[i].data, parts[i].size));
    MUST(EVP_MAC_final(context, digest.bytes, &size, sizeof digest.bytes) &&
         size == sizeof digest.bytes);
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
    return digest;
}
