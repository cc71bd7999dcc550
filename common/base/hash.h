/* Hashes whose values are stored or shared with others, so they never change. */
#ifndef TRIBUTARY_BASE_HASH_H
#define TRIBUTARY_BASE_HASH_H

#include "common/base/slice.h"

#include <stdint.h>

/* murmur2 with Kafka's seed, as in the Java client's default partitioner. */
uint32_t hash_murmur2(struct slice key);

/* The partition of a record key among `partitions`: what every Java producer chooses. */
int32_t hash_partition(struct slice key, int32_t partitions);

/* FNV-1a, 64 bits, started from `seed` (HASH_FNV_SEED or another hash, to chain). Not for
 * untrusted keys that must not collide: common/crypto has the keyed SipHash for those. */
#define HASH_FNV_SEED UINT64_C(0xcbf29ce484222325)
uint64_t hash_fnv1a(uint64_t seed, struct slice data);

#endif
