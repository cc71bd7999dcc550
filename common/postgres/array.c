#include "common/postgres/array.h"

#include "common/base/must.h"
#include "common/postgres/wire.h"

/* array_recv of PostgreSQL's arrayfuncs.c. An empty array has no dimensions, and only the fixed
 * part of the header. */
enum {
    HEADER_BYTES = 20,
    HEADER_DIMENSIONS = 0,
    HEADER_HAS_NULL = 4,
    HEADER_TYPE = 8,
    HEADER_COUNT = 12,
    HEADER_LOWER_BOUND = 16,
    EMPTY_BYTES = 12,
};

static enum postgres_type element_type(enum postgres_type array)
{
    static const enum postgres_type types[][2] = {
        {POSTGRES_BOOL_ARRAY, POSTGRES_BOOL},
        {POSTGRES_BYTEA_ARRAY, POSTGRES_BYTEA},
        {POSTGRES_INT2_ARRAY, POSTGRES_INT2},
        {POSTGRES_INT4_ARRAY, POSTGRES_INT4},
        {POSTGRES_TEXT_ARRAY, POSTGRES_TEXT},
        {POSTGRES_INT8_ARRAY, POSTGRES_INT8},
        {POSTGRES_FLOAT8_ARRAY, POSTGRES_FLOAT8},
        {POSTGRES_DATE_ARRAY, POSTGRES_DATE},
        {POSTGRES_TIMESTAMPTZ_ARRAY, POSTGRES_TIMESTAMPTZ},
        {POSTGRES_UUID_ARRAY, POSTGRES_UUID},
    };
    size_t at = 0;

    while (at < sizeof types / sizeof types[0] && types[at][0] != array)
        at++;
    MUST(at < sizeof types / sizeof types[0]);
    return types[at][1];
}

void postgres_array_init(struct postgres_array *array, enum postgres_type type, size_t limit_bytes)
{
    *array = (struct postgres_array){.type = type, .element_type = element_type(type)};
    MUST(limit_bytes >= HEADER_BYTES && limit_bytes <= INT32_MAX);
    buffer_init(&array->bytes, limit_bytes);
    postgres_array_reset(array);
}

void postgres_array_done(struct postgres_array *array)
{
    buffer_done(&array->bytes);
}

void postgres_array_reset(struct postgres_array *array)
{
    buffer_reset(&array->bytes);
    MUST(buffer_extend(&array->bytes, HEADER_BYTES) != NULL);
    array->count = 0;
    array->has_null = false;
}

/* Room for an element of `size` bytes, its length written. NULL beyond the limit. */
static inline char *array_extend(struct postgres_array *array, enum postgres_type type, size_t size)
{
    char *place;

    MUST(array->element_type == type);
    place = size <= array->bytes.limit ? buffer_extend(&array->bytes, 4 + size) : NULL;
    if (place == NULL) {
        array->bytes.overflow = true;
        return NULL;
    }
    array->count++;
    postgres_wire_put4(place, (int32_t)size);
    return place + 4;
}

static void append_bytes(struct postgres_array *array, enum postgres_type type, struct slice bytes)
{
    char *place = array_extend(array, type, bytes.size);

    if (place != NULL && bytes.size > 0)
        memcpy(place, bytes.data, bytes.size);
}

void postgres_array_append_bool(struct postgres_array *array, bool value)
{
    char *place = array_extend(array, POSTGRES_BOOL, 1);

    if (place != NULL)
        *place = value;
}

void postgres_array_append_int2(struct postgres_array *array, int16_t value)
{
    char *place = array_extend(array, POSTGRES_INT2, 2);

    if (place != NULL)
        postgres_wire_put2(place, value);
}

void postgres_array_append_int4(struct postgres_array *array, int32_t value)
{
    char *place = array_extend(array, POSTGRES_INT4, 4);

    if (place != NULL)
        postgres_wire_put4(place, value);
}

void postgres_array_append_int8(struct postgres_array *array, int64_t value)
{
    char *place = array_extend(array, POSTGRES_INT8, 8);

    if (place != NULL)
        postgres_wire_put8(place, value);
}

void postgres_array_append_float8(struct postgres_array *array, double value)
{
    char *place = array_extend(array, POSTGRES_FLOAT8, 8);

    if (place != NULL)
        postgres_wire_put_float8(place, value);
}

void postgres_array_append_timestamptz(struct postgres_array *array, int64_t us)
{
    char *place = array_extend(array, POSTGRES_TIMESTAMPTZ, 8);

    if (place != NULL)
        postgres_wire_put8(place, postgres_wire_timestamp(us));
}

void postgres_array_append_date(struct postgres_array *array, int32_t days)
{
    char *place = array_extend(array, POSTGRES_DATE, 4);

    if (place != NULL)
        postgres_wire_put4(place, postgres_wire_date(days));
}

void postgres_array_append_text(struct postgres_array *array, struct slice text)
{
    append_bytes(array, POSTGRES_TEXT, text);
}

void postgres_array_append_bytea(struct postgres_array *array, struct slice bytes)
{
    append_bytes(array, POSTGRES_BYTEA, bytes);
}

void postgres_array_append_uuid(struct postgres_array *array, const uint8_t *uuid)
{
    append_bytes(array, POSTGRES_UUID, (struct slice){(const char *)uuid, 16});
}

void postgres_array_append_null(struct postgres_array *array)
{
    char *place = array_extend(array, array->element_type, 0);

    if (place == NULL)
        return;
    postgres_wire_put4(place - 4, POSTGRES_VALUE_NULL);
    array->has_null = true;
}

struct postgres_value postgres_array_value(struct postgres_array *array)
{
    struct postgres_value value = {.type = array->type, .data = array->bytes.data};
    char *header = array->bytes.data;

    postgres_wire_put4(header + HEADER_DIMENSIONS, array->count > 0);
    postgres_wire_put4(header + HEADER_HAS_NULL, array->has_null);
    postgres_wire_put4(header + HEADER_TYPE, (int32_t)array->element_type);
    postgres_wire_put4(header + HEADER_COUNT, array->count);
    postgres_wire_put4(header + HEADER_LOWER_BOUND, 1);
    value.size = array->count > 0 ? (int32_t)array->bytes.size : EMPTY_BYTES;
    if (array->bytes.overflow)
        value.size = POSTGRES_VALUE_OVERFLOW;
    return value;
}

void postgres_arrays_init(struct postgres_array *arrays, const struct postgres_statement *statement,
                          size_t limit_bytes)
{
    for (size_t i = 0; statement->types[i] != 0; i++)
        postgres_array_init(&arrays[i], statement->types[i], limit_bytes);
}

void postgres_arrays_done(struct postgres_array *arrays, size_t count)
{
    for (size_t i = 0; i < count; i++)
        postgres_array_done(&arrays[i]);
}

void postgres_arrays_reset(struct postgres_array *arrays, size_t count)
{
    for (size_t i = 0; i < count; i++)
        postgres_array_reset(&arrays[i]);
}

void postgres_arrays_values(struct postgres_array *arrays, size_t count,
                            struct postgres_value *ret_values)
{
    for (size_t i = 0; i < count; i++)
        ret_values[i] = postgres_array_value(&arrays[i]);
}
