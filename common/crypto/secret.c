#include "common/crypto/secret.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

enum status crypto_random(void *bytes, size_t size, struct error *error)
{
    if (size > INT_MAX || RAND_bytes(bytes, (int)size) != 1)
        return error_set(error, STATUS_FATAL, "OpenSSL gave no random bytes");
    return STATUS_OK;
}

bool crypto_equal(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || CRYPTO_memcmp(a.data, b.data, a.size) == 0);
}

void crypto_wipe(void *bytes, size_t size)
{
    OPENSSL_cleanse(bytes, size);
}
