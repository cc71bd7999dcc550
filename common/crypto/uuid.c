#include "common/crypto/uuid.h"

#include "common/base/must.h"

#include <openssl/evp.h>

const struct crypto_uuid crypto_uuid_dns = {{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80,
                                             0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}};
const struct crypto_uuid crypto_uuid_url = {{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80,
                                             0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}};

struct crypto_uuid crypto_uuid5(struct crypto_uuid space, struct slice name)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char digest[EVP_MAX_MD_SIZE];
    struct crypto_uuid uuid;

    MUST(context != NULL && EVP_DigestInit_ex(context, EVP_sha1(), NULL) &&
         EVP_DigestUpdate(context, space.bytes, sizeof space.bytes) &&
         EVP_DigestUpdate(context, name.data, name.size) &&
         EVP_DigestFinal_ex(context, digest, NULL));
    EVP_MD_CTX_free(context);
    memcpy(uuid.bytes, digest, sizeof uuid.bytes);
    uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0f) | 0x50); /* version 5 */
    uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3f) | 0x80); /* variant of the RFC */
    return uuid;
}

static bool is_hyphen(size_t at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

void crypto_uuid_format(struct crypto_uuid uuid, char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < sizeof uuid.bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *text++ = '-';
        *text++ = digits[uuid.bytes[i] >> 4];
        *text++ = digits[uuid.bytes[i] & 0xf];
    }
    *text = '\0';
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool crypto_uuid_parse(struct slice text, struct crypto_uuid *ret_uuid)
{
    struct crypto_uuid uuid = {{0}};
    size_t digits = 0;

    if (text.size != CRYPTO_UUID_TEXT_SIZE - 1)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        int digit = hex_digit(text.data[i]);

        if (is_hyphen(i) ? text.data[i] != '-' : digit < 0)
            return false;
        if (is_hyphen(i))
            continue;
        uuid.bytes[digits / 2] = (uint8_t)(uuid.bytes[digits / 2] << 4 | digit);
        digits++;
    }
    *ret_uuid = uuid;
    return true;
}
