#include "common/crypto/base64.h"

#include <limits.h>
#include <openssl/evp.h>

#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

void crypto_base64_encode(struct slice data, struct buffer *out)
{
    size_t size = (data.size + 2) / 3 * 4;
    /* One more for the NUL that OpenSSL writes; given back at once. */
    char *place = data.size > INT_MAX / 2 ? NULL : buffer_extend(out, size + 1);

    if (place == NULL) {
        out->overflow = true;
        return;
    }
    EVP_EncodeBlock((unsigned char *)place, (const unsigned char *)data.data, (int)data.size);
    out->size--;
}

static size_t padding(struct slice text)
{
    size_t count = 0;

    while (count < 2 && count < text.size && text.data[text.size - 1 - count] == '=')
        count++;
    return count;
}

/* OpenSSL's decoder passes over blanks, so letters are looked at before. */
static bool is_base64(struct slice text, size_t pads)
{
    size_t letters = text.size - pads;

    if (text.size % 4 != 0 || text.size > INT_MAX / 2)
        return false;
    for (size_t i = 0; i < letters; i++)
        if (text.data[i] == '\0' || strchr(ALPHABET, text.data[i]) == NULL)
            return false;
    if (pads == 0)
        return true;
    /* The last letter holds 2 (one pad) or 4 (two pads) bits that belong to no byte. */
    return ((size_t)(strchr(ALPHABET, text.data[letters - 1]) - ALPHABET) &
            (pads == 1 ? 0x3U : 0xfU)) == 0;
}

bool crypto_base64_decode(struct slice text, struct buffer *out)
{
    size_t pads = padding(text);
    char *place;

    if (!is_base64(text, pads))
        return false;
    if (text.size == 0)
        return true;
    place = buffer_extend(out, text.size / 4 * 3);
    if (place == NULL)
        return false;
    EVP_DecodeBlock((unsigned char *)place, (const unsigned char *)text.data, (int)text.size);
    out->size -= pads;
    return true;
}
