/* The API keys: who may post, and for which tenant. A key is `<key-id>.<secret>`, sent as
 *
 *     Authorization: Bearer <key-id>.<secret>
 *
 * The gateway knows the secret's SHA-256 only: secrets are random (32 bytes from the system), so
 * that a slow hash would add nothing. The file has one key a line, fields parted by blanks:
 *
 *     # key-id     SHA-256 of the secret in hex, 64 digits      tenant     name (free text)
 *     acme-2026a   9f86d081884c7d659a2feaa0c55ad015a3bf4f1b...   acme       billing, since January
 *
 * Blank lines and lines that start with # count for nothing. A key-id is [A-Za-z0-9_-]{1,64} and
 * there once; a tenant may have several keys, so that a new one is in use before the old one goes.
 * To make one:  secret=$(openssl rand -hex 32); printf %s "$secret" | sha256sum
 *
 * A set of keys never changes; a reload makes another one. Any thread. */
#ifndef TRIBUTARY_PRODUCERS_GATEWAY_KEYS_H
#define TRIBUTARY_PRODUCERS_GATEWAY_KEYS_H

#include "common/base/owned.h"
#include "common/base/slice.h"
#include "common/base/status.h"

#include <stdbool.h>

enum {
    KEYS_FILE_BYTES_MAX = 4 << 20,
    KEYS_ID_MAX = 64,
    KEYS_CREDENTIAL_MAX = 256, /* bytes of the header's value */
};

struct keys;

/* All lines or none. REJECT with the line's number; its text is not in the error. */
MUST_CHECK enum status keys_parse(struct keys **ret_keys, struct slice text, struct error *error);

/* The same of a file. REJECT also when others than its owner may write it.
 * ret_readable: others may read it, which is worth a warning. */
MUST_CHECK enum status keys_load(struct keys **ret_keys, const char *path, bool *ret_readable,
                                 struct error *error);

/* One more owner; each frees it. */
struct keys *keys_share(struct keys *keys);
void keys_free(struct keys *keys);
OWNED_DEFINE(keys);

size_t keys_count(const struct keys *keys);

/* The tenant of an Authorization header's value; it lives as long as the keys. False for all else.
 * How long it takes tells neither why not, nor how much of a secret is right. */
bool keys_find(const struct keys *keys, struct slice authorization, struct slice *ret_tenant);

#endif
