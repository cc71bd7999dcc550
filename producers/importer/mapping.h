/* Which column of a file is which field of a transaction. Pure.
 *
 *     date=occurred_at,amount=amount,payee=merchant,currency:=EUR,metadata.source:=bank
 *
 * COLUMN=FIELD, or FIELD:=VALUE for all rows alike. A column is named as in the file's first row,
 * case and all. Fields: id, user, account, amount, currency, description, merchant, mcc,
 * occurred_at, metadata.KEY, and label: the category that the user wants, which is not posted. A
 * backslash takes the next character as it is, for commas and equals signs in names. */
#ifndef TRIBUTARY_IMPORTER_MAPPING_H
#define TRIBUTARY_IMPORTER_MAPPING_H

#include "common/base/owned.h"
#include "common/csv/csv.h"
#include "producers/feeder/feeder_event.h"

/* The columns of a card statement as banks often give it, in pounds. */
#define MAPPING_DEFAULT "date=occurred_at,user=user,amount=amount,merchant=merchant,currency:=GBP"

enum { MAPPING_ENTRIES_MAX = 64 };

struct mapping;

/* REJECT says what is wrong with it: an unknown field, one that comes twice, a required one that is
 * missing (user, amount, currency, occurred_at). label: the column of the label, or NULL. */
MUST_CHECK enum status mapping_new(struct mapping **ret_mapping, const char *text,
                                   const char *label, struct error *error);
void mapping_free(struct mapping *mapping);
OWNED_DEFINE(mapping);

/* Finds the columns in the file's first row. REJECT names one that is not there, but for the
 * label's, without which no row has a label. Once, before the rows. */
MUST_CHECK enum status mapping_bind(struct mapping *mapping, const struct csv_row *header,
                                    struct error *error);

/* What a row holds, of a file of that hash: the same only for the same. */
uint64_t mapping_hash(uint64_t file, const struct csv_row *row);

/* One row as a transaction that passes its check; false with the reason. Borrows from the row and
 * the mapping. A row without an id gets one of mapping_hash, the account and the line: another
 * file may have the name too, and a row may come twice in one. now_us: wall time. */
bool mapping_apply(struct mapping *mapping, const struct csv_row *row, uint64_t file,
                   int64_t now_us, struct feeder_event *ret_event, struct event_fault *ret_fault);

#endif
