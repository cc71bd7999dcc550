#include "common/postgres/result.h"

#include "common/base/must.h"
#include "common/postgres/rows.h"
#include "common/postgres/wire.h"

#include <limits.h>

struct postgres_result {
    PGresult *rows;
};

void postgres_result_give(enum status status, PGresult *result, struct postgres_result **ret_result)
{
    if (status != STATUS_OK || ret_result == NULL) {
        PQclear(result);
        return;
    }
    *ret_result = must_alloc(sizeof **ret_result);
    (*ret_result)->rows = result;
}

void postgres_result_free(struct postgres_result *result)
{
    if (result == NULL)
        return;
    PQclear(result->rows);
    free(result);
}

size_t postgres_result_rows(const struct postgres_result *result)
{
    return (size_t)PQntuples(result->rows);
}

int64_t postgres_result_affected(const struct postgres_result *result)
{
    return strtoll(PQcmdTuples(result->rows), NULL, 10);
}

/* The bytes of a field; data NULL for a null. Aborts where there is no such field. */
static struct slice field(const struct postgres_result *result, size_t row, int column)
{
    int at = (int)row;

    MUST(row < (size_t)PQntuples(result->rows) && column >= 0 && column < PQnfields(result->rows));
    if (PQgetisnull(result->rows, at, column))
        return (struct slice){NULL, 0};
    return (struct slice){PQgetvalue(result->rows, at, column),
                          (size_t)PQgetlength(result->rows, at, column)};
}

/* The same of a column that must have this type. */
static struct slice field_of(const struct postgres_result *result, size_t row, int column,
                             enum postgres_type type)
{
    struct slice bytes = field(result, row, column);

    MUST(PQftype(result->rows, column) == (Oid)type);
    return bytes;
}

bool postgres_result_null(const struct postgres_result *result, size_t row, int column)
{
    return field(result, row, column).data == NULL;
}

bool postgres_result_bool(const struct postgres_result *result, size_t row, int column)
{
    return postgres_element_bool(field_of(result, row, column, POSTGRES_BOOL));
}

int16_t postgres_result_int2(const struct postgres_result *result, size_t row, int column)
{
    return postgres_element_int2(field_of(result, row, column, POSTGRES_INT2));
}

int32_t postgres_result_int4(const struct postgres_result *result, size_t row, int column)
{
    return postgres_element_int4(field_of(result, row, column, POSTGRES_INT4));
}

int64_t postgres_result_int8(const struct postgres_result *result, size_t row, int column)
{
    return postgres_element_int8(field_of(result, row, column, POSTGRES_INT8));
}

double postgres_result_float8(const struct postgres_result *result, size_t row, int column)
{
    return postgres_element_float8(field_of(result, row, column, POSTGRES_FLOAT8));
}

int64_t postgres_result_timestamptz(const struct postgres_result *result, size_t row, int column)
{
    return postgres_element_timestamptz(field_of(result, row, column, POSTGRES_TIMESTAMPTZ));
}

int32_t postgres_result_date(const struct postgres_result *result, size_t row, int column)
{
    return postgres_element_date(field_of(result, row, column, POSTGRES_DATE));
}

struct slice postgres_result_text(const struct postgres_result *result, size_t row, int column)
{
    /* Types whose binary form is their text: json, name, bpchar, varchar (pg_type.dat). */
    static const Oid texts[] = {POSTGRES_TEXT, 114, 19, 1042, 1043};
    struct slice bytes = field(result, row, column);
    Oid type = PQftype(result->rows, column);

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (type == texts[i])
            return bytes;
    return field_of(result, row, column, POSTGRES_TEXT);
}

struct slice postgres_result_bytea(const struct postgres_result *result, size_t row, int column)
{
    return field_of(result, row, column, POSTGRES_BYTEA);
}

const uint8_t *postgres_result_uuid(const struct postgres_result *result, size_t row, int column)
{
    return (const uint8_t *)field_of(result, row, column, POSTGRES_UUID).data;
}

struct postgres_elements postgres_result_array(const struct postgres_result *result, size_t row,
                                               int column, enum postgres_type type)
{
    return postgres_elements_of(field_of(result, row, column, type));
}
