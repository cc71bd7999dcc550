/* A parameter of a statement, in Postgres's binary form. A plain value: may be copied and thrown
 * away. Text, bytes, uuid and arrays are borrowed until the call that sends them returns.
 *
 *     const struct postgres_value values[] = {postgres_int8(user), postgres_text(id)};
 *
 * Text must be UTF-8 without NUL, timestamps from 4713 BC; the server refuses the rest as data
 * that it cannot take (REJECT). */
#ifndef TRIBUTARY_POSTGRES_VALUE_H
#define TRIBUTARY_POSTGRES_VALUE_H

#include "common/base/must.h"
#include "common/base/slice.h"
#include "common/postgres/type.h"
#include "common/postgres/wire.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    POSTGRES_VALUE_NULL = -1,     /* as size */
    POSTGRES_VALUE_OVERFLOW = -2, /* an array beyond its limit: sending it is a REJECT */
};

struct postgres_value {
    enum postgres_type type;
    int32_t size;     /* bytes on the wire, or one of the above */
    const char *data; /* borrowed; NULL: the bytes are in `small` */
    char small[8];
};

static inline struct postgres_value postgres_null(enum postgres_type type)
{
    return (struct postgres_value){.type = type, .size = POSTGRES_VALUE_NULL};
}

static inline struct postgres_value postgres_bool(bool value)
{
    return (struct postgres_value){.type = POSTGRES_BOOL, .size = 1, .small = {value}};
}

static inline struct postgres_value postgres_int2(int16_t value)
{
    struct postgres_value made = {.type = POSTGRES_INT2, .size = 2};

    postgres_wire_put2(made.small, value);
    return made;
}

static inline struct postgres_value postgres_int4(int32_t value)
{
    struct postgres_value made = {.type = POSTGRES_INT4, .size = 4};

    postgres_wire_put4(made.small, value);
    return made;
}

static inline struct postgres_value postgres_int8(int64_t value)
{
    struct postgres_value made = {.type = POSTGRES_INT8, .size = 8};

    postgres_wire_put8(made.small, value);
    return made;
}

static inline struct postgres_value postgres_float8(double value)
{
    struct postgres_value made = {.type = POSTGRES_FLOAT8, .size = 8};

    postgres_wire_put_float8(made.small, value);
    return made;
}

/* Microseconds since 1970-01-01 UTC. */
static inline struct postgres_value postgres_timestamptz(int64_t us)
{
    struct postgres_value made = {.type = POSTGRES_TIMESTAMPTZ, .size = 8};

    postgres_wire_put8(made.small, postgres_wire_timestamp(us));
    return made;
}

/* Days since 1970-01-01. */
static inline struct postgres_value postgres_date(int32_t days)
{
    struct postgres_value made = {.type = POSTGRES_DATE, .size = 4};

    postgres_wire_put4(made.small, postgres_wire_date(days));
    return made;
}

static inline struct postgres_value postgres_bytes(enum postgres_type type, struct slice bytes)
{
    MUST(bytes.size <= INT32_MAX);
    return (struct postgres_value){
        .type = type, .size = (int32_t)bytes.size, .data = bytes.size > 0 ? bytes.data : ""};
}

static inline struct postgres_value postgres_text(struct slice text)
{
    return postgres_bytes(POSTGRES_TEXT, text);
}

static inline struct postgres_value postgres_bytea(struct slice bytes)
{
    return postgres_bytes(POSTGRES_BYTEA, bytes);
}

/* The 16 bytes of RFC 9562, most significant first. */
static inline struct postgres_value postgres_uuid(const uint8_t *uuid)
{
    return postgres_bytes(POSTGRES_UUID, (struct slice){(const char *)uuid, 16});
}

#endif
