/* Writing Avro's binary encoding into memory that is large enough: each generated encoder comes
 * with a bound that is taken first, so that no write checks for room. */
#ifndef TRIBUTARY_CODEC_WRITER_H
#define TRIBUTARY_CODEC_WRITER_H

#include "common/base/slice.h"
#include "common/event/text_pair.h"

#include <endian.h>
#include <stdint.h>

enum { CODEC_NUMBER_MAX = 10 }; /* bytes of the longest varint; any number fits */

/* Each returns the end of what it wrote. */
static inline char *codec_put_long(char *at, int64_t value)
{
    uint64_t zigzag = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);

    while (zigzag >= 0x80) {
        *at++ = (char)(zigzag | 0x80);
        zigzag >>= 7;
    }
    *at++ = (char)zigzag;
    return at;
}

static inline char *codec_put_bytes(char *at, struct slice bytes)
{
    at = codec_put_long(at, (int64_t)bytes.size);
    if (bytes.size > 0)
        memcpy(at, bytes.data, bytes.size);
    return at + bytes.size;
}

static inline char *codec_put_float(char *at, float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    bits = htole32(bits);
    memcpy(at, &bits, sizeof bits);
    return at + sizeof bits;
}

static inline size_t codec_bound_map(const struct text_pair *pairs, size_t count)
{
    size_t bound = 2 * CODEC_NUMBER_MAX;

    for (size_t i = 0; i < count; i++)
        bound += 2 * CODEC_NUMBER_MAX + pairs[i].key.size + pairs[i].value.size;
    return bound;
}

/* One block without its size, as most writers do. */
static inline char *codec_put_map(char *at, const struct text_pair *pairs, size_t count)
{
    if (count > 0)
        at = codec_put_long(at, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        at = codec_put_bytes(at, pairs[i].key);
        at = codec_put_bytes(at, pairs[i].value);
    }
    return codec_put_long(at, 0);
}

#endif
