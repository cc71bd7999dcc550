/* Reading Avro's binary encoding from bytes that nobody has checked. Total: each call says no at
 * the first byte that is not as the specification has it, and never reads past the end. What is
 * read borrows from the input; items of arrays, maps and options come from the arena. */
#ifndef TRIBUTARY_CODEC_READER_H
#define TRIBUTARY_CODEC_READER_H

#include "common/base/arena.h"
#include "common/base/utf8.h"
#include "common/event/text_pair.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>

/* Why a read failed; the names are in codec_reasons (codec.h). */
enum codec_reason {
    CODEC_EMPTY,
    CODEC_BAD_MAGIC,
    CODEC_UNKNOWN_SCHEMA,
    CODEC_WRONG_SCHEMA,
    CODEC_TRUNCATED,
    CODEC_BAD_VARINT,
    CODEC_INT_RANGE,
    CODEC_BAD_BOOLEAN,
    CODEC_BAD_LENGTH,
    CODEC_BAD_UTF8,
    CODEC_EMBEDDED_NUL,
    CODEC_ENUM_RANGE,
    CODEC_UNION_RANGE,
    CODEC_TOO_MANY_ITEMS,
    CODEC_TRAILING_BYTES,
    CODEC_REASON_COUNT,
    CODEC_ARENA_FULL = CODEC_REASON_COUNT, /* the caller's fault, not the record's */
};

struct codec_reader {
    const char *at;
    const char *end;
    struct arena *arena;
    enum codec_reason reason; /* valid once a read said no */
    const char *field;        /* the innermost field that failed; NULL before */
};

/* Both return false, to be returned. */
static inline bool codec_fail(struct codec_reader *reader, enum codec_reason reason)
{
    reader->reason = reason;
    return false;
}

static inline bool codec_blame(struct codec_reader *reader, const char *field)
{
    if (reader->field == NULL)
        reader->field = field;
    return false;
}

/* The longer varints; codec_read_long is the way in. */
bool codec_read_varint(struct codec_reader *reader, int64_t *ret);
bool codec_check_text(struct codec_reader *reader, struct slice text);

static inline bool codec_read_long(struct codec_reader *reader, int64_t *ret)
{
    uint8_t byte;

    if (reader->at < reader->end && (byte = (uint8_t)*reader->at) < 0x80) {
        reader->at++;
        *ret = (byte >> 1) ^ -(byte & 1);
        return true;
    }
    return codec_read_varint(reader, ret);
}

static inline bool codec_read_int_as_long(struct codec_reader *reader, int64_t *ret)
{
    if (!codec_read_long(reader, ret))
        return false;
    return (*ret >= INT32_MIN && *ret <= INT32_MAX) || codec_fail(reader, CODEC_INT_RANGE);
}

static inline bool codec_read_int(struct codec_reader *reader, int32_t *ret)
{
    int64_t value;

    if (!codec_read_int_as_long(reader, &value))
        return false;
    *ret = (int32_t)value;
    return true;
}

static inline bool codec_read_bytes(struct codec_reader *reader, struct slice *ret)
{
    int64_t size;

    if (!codec_read_long(reader, &size))
        return false;
    if (size < 0 || size > reader->end - reader->at)
        return codec_fail(reader, CODEC_BAD_LENGTH);
    *ret = (struct slice){reader->at, (size_t)size};
    reader->at += size;
    return true;
}

/* Bytes that are UTF-8 without NUL. */
static inline bool codec_read_text(struct codec_reader *reader, struct slice *ret)
{
    return codec_read_bytes(reader, ret) && (utf8_plain(*ret) || codec_check_text(reader, *ret));
}

static inline bool codec_read_float(struct codec_reader *reader, float *ret)
{
    uint32_t bits;

    if ((size_t)(reader->end - reader->at) < sizeof bits)
        return codec_fail(reader, CODEC_TRUNCATED);
    memcpy(&bits, reader->at, sizeof bits);
    bits = le32toh(bits);
    memcpy(ret, &bits, sizeof *ret);
    reader->at += sizeof bits;
    return true;
}

static inline bool codec_read_boolean(struct codec_reader *reader, bool *ret)
{
    if (reader->at == reader->end)
        return codec_fail(reader, CODEC_TRUNCATED);
    if ((uint8_t)*reader->at > 1)
        return codec_fail(reader, CODEC_BAD_BOOLEAN);
    *ret = *reader->at++ == 1;
    return true;
}

/* The index of a symbol, below count. */
static inline bool codec_read_enum(struct codec_reader *reader, unsigned count, unsigned *ret)
{
    int64_t index;

    if (!codec_read_long(reader, &index))
        return false;
    if (index < 0 || index >= (int64_t)count)
        return codec_fail(reader, CODEC_ENUM_RANGE);
    *ret = (unsigned)index;
    return true;
}

/* What an array or an option holds. */
struct codec_items {
    size_t max;  /* items */
    size_t size; /* bytes of one */
    bool (*read)(struct codec_reader *reader, void *place);
};

/* ret_items is NULL when there are none. */
bool codec_read_items(struct codec_reader *reader, const struct codec_items *items,
                      const void **ret_items, size_t *ret_count);
bool codec_read_map(struct codec_reader *reader, size_t max, const struct text_pair **ret_pairs,
                    size_t *ret_count);

/* A union of null and a record; ret_item is NULL for null. */
bool codec_read_option(struct codec_reader *reader, const struct codec_items *item,
                       const void **ret_item);

/* For fields of older schemas that the current one dropped: checked like the others. */
bool codec_skip_text(struct codec_reader *reader);
bool codec_skip_bytes(struct codec_reader *reader);
bool codec_skip_int(struct codec_reader *reader);
bool codec_skip_long(struct codec_reader *reader);
bool codec_skip_float(struct codec_reader *reader);
bool codec_skip_boolean(struct codec_reader *reader);

#endif
