/* The fields of a transaction as text, and how they are read. Pure. */
#ifndef TRIBUTARY_IMPORTER_FIELDS_H
#define TRIBUTARY_IMPORTER_FIELDS_H

#include "common/event/event.h"

enum field {
    FIELD_ID,
    FIELD_USER,
    FIELD_ACCOUNT,
    FIELD_CURRENCY,
    FIELD_DESCRIPTION,
    FIELD_MERCHANT,
    FIELD_AMOUNT,
    FIELD_MCC,
    FIELD_OCCURRED_AT,
    FIELD_LABEL,
    FIELD_METADATA,
};

#define FIELD_NAMES                                                                                \
    "id, user, account, amount, currency, description, merchant, mcc, occurred_at, metadata.KEY "  \
    "and label"

/* The field of that name; *ret_key is metadata's, else empty. */
bool field_find(struct slice name, enum field *ret_field, struct slice *ret_key);
const char *field_name(enum field field);

/* Fields that need more than their own text. */
struct fields {
    struct slice amount, mcc, occurred_at;
};

void field_set(struct fields *fields, struct transaction *transaction, enum field field,
               struct slice value);

/* Reads amount (a decimal number, as the currency has it), mcc (digits, or nothing) and time (a
 * date, whose midnight in UTC it is, or RFC 3339), each without the blanks around it. False with
 * the reason. */
bool fields_finish(const struct fields *fields, struct transaction *transaction,
                   struct event_fault *ret_fault);

enum { FIELDS_ID_SIZE = 48 };

/* The id of a row without one, the same at each import: of a hash and the line. */
struct slice fields_id(uint64_t hash, uint64_t line, char id[FIELDS_ID_SIZE]);

#endif
