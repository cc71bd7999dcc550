/* Reads an array that came from Postgres, element by element:
 *
 *     struct postgres_elements elements =
 *         postgres_result_array(result, row, 2, POSTGRES_INT8_ARRAY);
 *     struct slice element;
 *
 *     while (postgres_elements_next(&elements, &element))
 *         use(postgres_element_int8(element));
 *
 * A null array reads as empty, several dimensions as one. A null element has data NULL and reads as
 * 0; an element of another size than the number's is a programming error. Text, bytea and uuid are
 * the slice itself. It lives as long as the result. */
#ifndef TRIBUTARY_POSTGRES_ELEMENT_H
#define TRIBUTARY_POSTGRES_ELEMENT_H

#include "common/base/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct postgres_elements {
    const char *next;
    const char *end;
    int32_t left; /* elements still to come */
};

/* Of an array in binary form; without elements where that is cut short. */
struct postgres_elements postgres_elements_of(struct slice array);

/* False at the end. */
bool postgres_elements_next(struct postgres_elements *elements, struct slice *ret_element);

int16_t postgres_element_int2(struct slice element);
int32_t postgres_element_int4(struct slice element);
int64_t postgres_element_int8(struct slice element);
double postgres_element_float8(struct slice element);
bool postgres_element_bool(struct slice element);
int64_t postgres_element_timestamptz(struct slice element);
int32_t postgres_element_date(struct slice element);

#endif
