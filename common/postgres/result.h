/* The rows that a statement gave. Typed binary getters; columns count from 0.
 *
 * A getter whose type is not the column's is a programming error and aborts: cast in the SQL
 * (`count(*)` is int8, `sum(int8)` is numeric and needs `::int8`). NULL reads as 0, false, or a
 * slice without bytes: ask postgres_result_null where it matters. Slices live as long as the
 * result. */
#ifndef TRIBUTARY_POSTGRES_RESULT_H
#define TRIBUTARY_POSTGRES_RESULT_H

#include "common/base/owned.h"
#include "common/base/slice.h"
#include "common/postgres/element.h"
#include "common/postgres/type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct postgres_result;

void postgres_result_free(struct postgres_result *result);
OWNED_DEFINE(postgres_result);

size_t postgres_result_rows(const struct postgres_result *result);

/* Rows that an INSERT, UPDATE, DELETE or MERGE changed, or a SELECT gave; 0 for anything else. */
int64_t postgres_result_affected(const struct postgres_result *result);

bool postgres_result_null(const struct postgres_result *result, size_t row, int column);

bool postgres_result_bool(const struct postgres_result *result, size_t row, int column);
int16_t postgres_result_int2(const struct postgres_result *result, size_t row, int column);
int32_t postgres_result_int4(const struct postgres_result *result, size_t row, int column);
int64_t postgres_result_int8(const struct postgres_result *result, size_t row, int column);
double postgres_result_float8(const struct postgres_result *result, size_t row, int column);

/* Microseconds since 1970-01-01 UTC; the infinities are INT64_MAX and INT64_MIN. */
int64_t postgres_result_timestamptz(const struct postgres_result *result, size_t row, int column);

/* Days since 1970-01-01; the infinities are INT32_MAX and INT32_MIN. */
int32_t postgres_result_date(const struct postgres_result *result, size_t row, int column);

/* text, varchar, name, json. NUL-terminated beyond its size. */
struct slice postgres_result_text(const struct postgres_result *result, size_t row, int column);
struct slice postgres_result_bytea(const struct postgres_result *result, size_t row, int column);

/* 16 bytes; NULL for a null. */
const uint8_t *postgres_result_uuid(const struct postgres_result *result, size_t row, int column);

/* The elements of an array column; element.h. */
struct postgres_elements postgres_result_array(const struct postgres_result *result, size_t row,
                                               int column, enum postgres_type type);

#endif
