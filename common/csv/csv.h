/* Comma-separated values (RFC 4180), row by row: quoted fields with commas, line breaks and doubled
 * quotes, LF, CRLF or CR at the end of a row, with or without a byte order mark. Rows without a
 * byte are passed over; blanks are part of a field, as the RFC has it. A quote inside an unquoted
 * field stands for itself. Does not know what columns mean, nor that a first row names them.
 *
 * The only user of libcsv and, for gzip, of zlib. One thread at a time. */
#ifndef TRIBUTARY_CSV_CSV_H
#define TRIBUTARY_CSV_CSV_H

#include "common/base/owned.h"
#include "common/base/slice.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CSV_FIELD_BYTES_MAX = 64 * 1024,
    CSV_ROW_BYTES_MAX = 1 << 20,
    CSV_FIELDS_MAX = 1024,
};

struct csv_reader;

/* Where the bytes come from. */
struct csv_source {
    /* Up to size bytes into data; *ret_size 0 is the end. */
    enum status (*read)(void *context, char *data, size_t size, size_t *ret_size,
                        struct error *error);
    void (*close)(void *context); /* with the reader; may be NULL */
    void *context;
};

/* Never NULL. */
struct csv_reader *csv_reader_new(const struct csv_source *source);

/* A file, plain or gzip. REJECT when it cannot be opened. */
MUST_CHECK enum status csv_reader_open(struct csv_reader **ret_reader, const char *path,
                                       struct error *error);
void csv_reader_free(struct csv_reader *reader);
OWNED_DEFINE(csv_reader);

/* Borrowed from the reader until its next call. */
struct csv_row {
    uint64_t line; /* on which it begins; the first is 1 */
    const struct slice *fields;
    size_t count; /* at least 1 */
};

/* The next row; *ret_found is false at the end. REJECT, with the line, when the text is none: more
 * than the limits above, a quote that is never closed, UTF-16, a broken gzip file. It is the last
 * answer of this reader then. */
MUST_CHECK enum status csv_reader_next(struct csv_reader *reader, struct csv_row *ret_row,
                                       bool *ret_found, struct error *error);

#endif
