#include "common/postgres/parameters.h"

#include "common/base/must.h"

enum status postgres_parameters_fill(struct postgres_parameters *parameters,
                                     const struct postgres_statement *statement,
                                     const struct postgres_value *values, struct error *error)
{
    int count = 0;

    for (; statement->types[count] != 0; count++) {
        const struct postgres_value *value = &values[count];

        MUST(value->type == statement->types[count]);
        if (value->size == POSTGRES_VALUE_OVERFLOW)
            return error_set_code(error, STATUS_REJECT, "EOVERFLOW",
                                  "postgres %s: array $%d passes its limit", statement->name,
                                  count + 1);
        parameters->types[count] = (Oid)value->type;
        parameters->formats[count] = POSTGRES_BINARY;
        parameters->sizes[count] = value->size;
        parameters->data[count] = value->data != NULL ? value->data : value->small;
        if (value->size == POSTGRES_VALUE_NULL)
            parameters->data[count] = NULL;
    }
    parameters->count = count;
    return STATUS_OK;
}
