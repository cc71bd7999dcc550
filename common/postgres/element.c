#include "common/postgres/element.h"

#include "common/base/must.h"
#include "common/postgres/wire.h"

/* array_send of PostgreSQL's arrayfuncs.c: dimensions, flags, type of the elements; for each
 * dimension its length and lower bound; for each element its length, -1 for a null, and bytes. */
enum { ARRAY_FIXED_BYTES = 12, ARRAY_DIMENSION_BYTES = 8, ARRAY_DIMENSIONS_MAX = 6 };

struct postgres_elements postgres_elements_of(struct slice array)
{
    struct postgres_elements elements = {0};
    int32_t dimensions, count = 1;
    size_t header;

    if (array.size < ARRAY_FIXED_BYTES)
        return elements;
    dimensions = postgres_wire_get4(array.data);
    header = ARRAY_FIXED_BYTES + (size_t)dimensions * ARRAY_DIMENSION_BYTES;
    if (dimensions < 1 || dimensions > ARRAY_DIMENSIONS_MAX || array.size < header)
        return elements;
    for (int32_t i = 0; i < dimensions; i++) {
        const char *length = array.data + ARRAY_FIXED_BYTES + i * ARRAY_DIMENSION_BYTES;

        if (__builtin_mul_overflow(count, postgres_wire_get4(length), &count))
            return elements;
    }
    elements.next = array.data + header;
    elements.end = array.data + array.size;
    elements.left = count;
    return elements;
}

bool postgres_elements_next(struct postgres_elements *elements, struct slice *ret_element)
{
    int32_t size;

    if (elements->left <= 0 || elements->end - elements->next < 4)
        return false;
    size = postgres_wire_get4(elements->next);
    if (size > elements->end - elements->next - 4)
        return false;
    elements->next += 4;
    elements->left--;
    *ret_element =
        size < 0 ? (struct slice){NULL, 0} : (struct slice){elements->next, (size_t)size};
    if (size > 0)
        elements->next += size;
    return true;
}

/* The bytes of a number; NULL for a null. */
static const char *number(struct slice element, size_t size)
{
    MUST(element.data == NULL || element.size == size);
    return element.data;
}

bool postgres_element_bool(struct slice element)
{
    const char *bytes = number(element, 1);

    return bytes != NULL && *bytes != 0;
}

int16_t postgres_element_int2(struct slice element)
{
    const char *bytes = number(element, 2);

    return bytes == NULL ? (int16_t)0 : postgres_wire_get2(bytes);
}

int32_t postgres_element_int4(struct slice element)
{
    const char *bytes = number(element, 4);

    return bytes == NULL ? 0 : postgres_wire_get4(bytes);
}

int64_t postgres_element_int8(struct slice element)
{
    const char *bytes = number(element, 8);

    return bytes == NULL ? 0 : postgres_wire_get8(bytes);
}

double postgres_element_float8(struct slice element)
{
    const char *bytes = number(element, 8);

    return bytes == NULL ? 0 : postgres_wire_get_float8(bytes);
}

int64_t postgres_element_timestamptz(struct slice element)
{
    const char *bytes = number(element, 8);

    return bytes == NULL ? 0 : postgres_wire_timestamp_us(postgres_wire_get8(bytes));
}

int32_t postgres_element_date(struct slice element)
{
    const char *bytes = number(element, 4);

    return bytes == NULL ? 0 : postgres_wire_date_days(postgres_wire_get4(bytes));
}
