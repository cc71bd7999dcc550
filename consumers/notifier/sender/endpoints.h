/* What a sender remembers of endpoints: how many deliveries are under way at each, and its breaker.
 * One of which there is nothing to remember is forgotten. One thread at a time. */
#ifndef TRIBUTARY_SENDER_ENDPOINTS_H
#define TRIBUTARY_SENDER_ENDPOINTS_H

#include "common/base/random.h"
#include "common/crypto/uuid.h"
#include "consumers/notifier/sender/breaker.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct endpoints;

struct endpoints *endpoints_new(uint64_t seed, double scale);
void endpoints_free(struct endpoints *endpoints);

/* A delivery begins; most: how many may be under way at this endpoint. */
void endpoints_begin(struct endpoints *endpoints, struct crypto_uuid id, size_t most);

/* How it ended. UNTRIED says nothing of the endpoint. */
enum endpoint_end { ENDPOINT_DELIVERED, ENDPOINT_FAILED, ENDPOINT_UNTRIED };
void endpoints_end(struct endpoints *endpoints, struct crypto_uuid id, enum endpoint_end end,
                   int64_t now_ms);

/* Calls back for each that has less room than one that nothing is known of. */
void endpoints_each(const struct endpoints *endpoints, int64_t now_ms,
                    void (*visit)(void *context, const struct crypto_uuid *id, size_t slots),
                    void *context);

/* How many breakers are open. */
size_t endpoints_open(const struct endpoints *endpoints);

#endif
