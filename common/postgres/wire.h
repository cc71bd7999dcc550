/* Numbers as Postgres sends them: big-endian, times counted from 2000-01-01 (the *_send and *_recv
 * functions of its src/backend/utils/adt). For the value, array and result files of this folder. */
#ifndef TRIBUTARY_POSTGRES_WIRE_H
#define TRIBUTARY_POSTGRES_WIRE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define POSTGRES_WIRE_EPOCH_US   INT64_C(946684800000000) /* 2000-01-01 after 1970-01-01 */
#define POSTGRES_WIRE_EPOCH_DAYS 10957

static inline void postgres_wire_put2(char *place, int16_t value)
{
    uint16_t wire = htobe16((uint16_t)value);

    memcpy(place, &wire, sizeof wire);
}

static inline void postgres_wire_put4(char *place, int32_t value)
{
    uint32_t wire = htobe32((uint32_t)value);

    memcpy(place, &wire, sizeof wire);
}

static inline void postgres_wire_put8(char *place, int64_t value)
{
    uint64_t wire = htobe64((uint64_t)value);

    memcpy(place, &wire, sizeof wire);
}

static inline void postgres_wire_put_float8(char *place, double value)
{
    int64_t bits;

    memcpy(&bits, &value, sizeof bits);
    postgres_wire_put8(place, bits);
}

static inline int16_t postgres_wire_get2(const char *place)
{
    uint16_t wire;

    memcpy(&wire, place, sizeof wire);
    return (int16_t)be16toh(wire);
}

static inline int32_t postgres_wire_get4(const char *place)
{
    uint32_t wire;

    memcpy(&wire, place, sizeof wire);
    return (int32_t)be32toh(wire);
}

static inline int64_t postgres_wire_get8(const char *place)
{
    uint64_t wire;

    memcpy(&wire, place, sizeof wire);
    return (int64_t)be64toh(wire);
}

static inline double postgres_wire_get_float8(const char *place)
{
    int64_t bits = postgres_wire_get8(place);
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The wire's smallest number means -infinity; what would reach or pass it becomes the next one,
 * which the server refuses as out of range. At the other end nothing can reach +infinity. */
static inline int64_t postgres_wire_timestamp(int64_t us)
{
    if (us <= INT64_MIN + POSTGRES_WIRE_EPOCH_US)
        return INT64_MIN + 1;
    return us - POSTGRES_WIRE_EPOCH_US;
}

static inline int32_t postgres_wire_date(int32_t days)
{
    if (days <= INT32_MIN + POSTGRES_WIRE_EPOCH_DAYS)
        return INT32_MIN + 1;
    return days - POSTGRES_WIRE_EPOCH_DAYS;
}

/* The infinities, and what lies beyond our range, read as the largest and smallest number. */
static inline int64_t postgres_wire_timestamp_us(int64_t wire)
{
    int64_t us;

    if (wire == INT64_MIN)
        return INT64_MIN;
    return __builtin_add_overflow(wire, POSTGRES_WIRE_EPOCH_US, &us) ? INT64_MAX : us;
}

static inline int32_t postgres_wire_date_days(int32_t wire)
{
    int32_t days;

    if (wire == INT32_MIN)
        return INT32_MIN;
    return __builtin_add_overflow(wire, POSTGRES_WIRE_EPOCH_DAYS, &days) ? INT32_MAX : days;
}

#endif
