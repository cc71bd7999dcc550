/* A column of a batch as one parameter: $1 in `unnest($1, $2, …)`. The hot path of every sink.
 *
 * Built element by element in one growing buffer, in the array's binary form (array_send in
 * PostgreSQL's arrayfuncs.c: one dimension); nothing is allocated per element, and reset keeps the
 * memory for the next batch. What does not fit the limit is remembered: sending the array is then a
 * REJECT, which makes a runtime try a smaller batch. */
#ifndef TRIBUTARY_POSTGRES_ARRAY_H
#define TRIBUTARY_POSTGRES_ARRAY_H

#include "common/base/buffer.h"
#include "common/base/slice.h"
#include "common/postgres/statement.h"
#include "common/postgres/type.h"
#include "common/postgres/value.h"

#include <stddef.h>
#include <stdint.h>

struct postgres_array {
    struct buffer bytes;
    enum postgres_type type; /* POSTGRES_…_ARRAY */
    enum postgres_type element_type;
    int32_t count;
    bool has_null;
};

/* limit_bytes caps its memory: fixed-size elements take 4 bytes more than their size. */
void postgres_array_init(struct postgres_array *array, enum postgres_type type, size_t limit_bytes);
void postgres_array_done(struct postgres_array *array);

/* Empties it for the next batch and keeps the memory. */
void postgres_array_reset(struct postgres_array *array);

/* The same for a row of arrays, one for each parameter of the statement, all of them arrays. */
void postgres_arrays_init(struct postgres_array *arrays, const struct postgres_statement *statement,
                          size_t limit_bytes);
void postgres_arrays_done(struct postgres_array *arrays, size_t count);
void postgres_arrays_reset(struct postgres_array *arrays, size_t count);

/* The type of the elements must be the array's own. */
void postgres_array_append_bool(struct postgres_array *array, bool value);
void postgres_array_append_int2(struct postgres_array *array, int16_t value);
void postgres_array_append_int4(struct postgres_array *array, int32_t value);
void postgres_array_append_int8(struct postgres_array *array, int64_t value);
void postgres_array_append_float8(struct postgres_array *array, double value);
void postgres_array_append_timestamptz(struct postgres_array *array, int64_t us);
void postgres_array_append_date(struct postgres_array *array, int32_t days);
void postgres_array_append_text(struct postgres_array *array, struct slice text);
void postgres_array_append_bytea(struct postgres_array *array, struct slice bytes);
void postgres_array_append_uuid(struct postgres_array *array, const uint8_t *uuid);
void postgres_array_append_null(struct postgres_array *array);

/* The array as a parameter. Borrows it: append nothing before the call that sends it returns. */
struct postgres_value postgres_array_value(struct postgres_array *array);

/* Fills values[0..count) from arrays[0..count). */
void postgres_arrays_values(struct postgres_array *arrays, size_t count,
                            struct postgres_value *ret_values);

#endif
