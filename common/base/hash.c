#include "common/base/hash.h"

/* Seed and constants of org.apache.kafka.common.utils.Utils.murmur2. */
#define MURMUR2_SEED     0x9747b28cU
#define MURMUR2_MULTIPLY 0x5bd1e995U
#define MURMUR2_SHIFT    24

static uint32_t read_little_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static uint32_t murmur2_tail(uint32_t hash, const unsigned char *bytes, size_t left)
{
    if (left == 0)
        return hash;
    if (left == 3)
        hash ^= (uint32_t)bytes[2] << 16;
    if (left >= 2)
        hash ^= (uint32_t)bytes[1] << 8;
    hash ^= bytes[0];
    return hash * MURMUR2_MULTIPLY;
}

uint32_t hash_murmur2(struct slice key)
{
    const unsigned char *bytes = (const unsigned char *)key.data;
    uint32_t hash = MURMUR2_SEED ^ (uint32_t)key.size;
    size_t left = key.size;

    for (; left >= 4; left -= 4, bytes += 4) {
        uint32_t word = read_little_endian(bytes) * MURMUR2_MULTIPLY;

        word ^= word >> MURMUR2_SHIFT;
        hash = hash * MURMUR2_MULTIPLY ^ word * MURMUR2_MULTIPLY;
    }
    hash = murmur2_tail(hash, bytes, left);
    hash ^= hash >> 13;
    hash *= MURMUR2_MULTIPLY;
    return hash ^ hash >> 15;
}

int32_t hash_partition(struct slice key, int32_t partitions)
{
    return (int32_t)((hash_murmur2(key) & 0x7fffffffU) % (uint32_t)partitions);
}

uint64_t hash_fnv1a(uint64_t seed, struct slice data)
{
    uint64_t hash = seed;

    for (size_t i = 0; i < data.size; i++)
        hash = (hash ^ (unsigned char)data.data[i]) * UINT64_C(0x100000001b3);
    return hash;
}
