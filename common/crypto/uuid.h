/* UUIDs by name (version 5, RFC 9562 §5.5): the same names give the same id, everywhere and for
 * ever. An id of several names is made in steps, so that no two lists of names run together:
 *     crypto_uuid5(crypto_uuid5(endpoint, kind), subject) */
#ifndef TRIBUTARY_CRYPTO_UUID_H
#define TRIBUTARY_CRYPTO_UUID_H

#include "common/base/slice.h"

#include <stdint.h>

struct crypto_uuid {
    uint8_t bytes[16];
};

enum { CRYPTO_UUID_TEXT_SIZE = 37 };

/* The namespaces of RFC 9562 §6.6 for host names and URLs. */
extern const struct crypto_uuid crypto_uuid_dns, crypto_uuid_url;

struct crypto_uuid crypto_uuid5(struct crypto_uuid space, struct slice name);

/* Lower case with hyphens; text has CRYPTO_UUID_TEXT_SIZE bytes. */
void crypto_uuid_format(struct crypto_uuid uuid, char *text);

/* The same form, any case. False for everything else. */
bool crypto_uuid_parse(struct slice text, struct crypto_uuid *ret_uuid);

#endif
