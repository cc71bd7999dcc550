/* COPY … FROM STDIN in binary form: the fastest way in, without ON CONFLICT. For benchmarks and
 * bulk loads; sinks use unnest.
 *
 *     struct postgres_copy copy;
 *     postgres_copy_begin(&copy, db, "COPY t (a, b) FROM STDIN (FORMAT binary)", error)
 *     postgres_copy_row(&copy, values, 2, error)      as often as needed
 *     postgres_copy_end(&copy, &rows, error)
 *     postgres_copy_done(&copy)                       on every way out
 *
 * A transaction of its own; not while another is open on db, and nothing else on db until end. */
#ifndef TRIBUTARY_POSTGRES_COPY_H
#define TRIBUTARY_POSTGRES_COPY_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/postgres/value.h"

#include <stddef.h>
#include <stdint.h>

struct postgres;

struct postgres_copy {
    struct postgres *db; /* NULL once ended */
    struct buffer bytes; /* rows not yet handed to libpq */
};

/* sql is text of our own build. The copy needs postgres_copy_done even when this fails. */
enum status postgres_copy_begin(struct postgres_copy *copy, struct postgres *db, const char *sql,
                                struct error *error) MUST_CHECK;

/* One row, a value for each column in order, of exactly the column's type. */
enum status postgres_copy_row(struct postgres_copy *copy, const struct postgres_value *values,
                              size_t count, struct error *error) MUST_CHECK;

/* Waits until the server has taken all. */
enum status postgres_copy_end(struct postgres_copy *copy, int64_t *ret_rows,
                              struct error *error) MUST_CHECK;

/* Without a successful end before it, nothing is copied and the connection is closed. */
void postgres_copy_done(struct postgres_copy *copy);

#endif
