/* What verify found, check by check: counted exactly, with the first few as examples. Printed for
 * people or as JSON. Nothing of it is personal data: rows are named by surrogate keys, records by
 * partition and offset. */
#ifndef TRIBUTARY_OPERATOR_REPORT_H
#define TRIBUTARY_OPERATOR_REPORT_H

#include "common/base/buffer.h"
#include "common/json/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPORT_EXAMPLES = 20, REPORT_LINE_BYTES = 256 };

/* The lines of one sort that a check has to say. */
struct report_lines {
    int64_t count; /* of all; the first REPORT_EXAMPLES are kept */
    char *texts[REPORT_EXAMPLES];
};

/* Zeroed to begin with. */
struct report_result {
    const char *name;
    const char *help; /* what holds when there is no difference */
    bool skipped;     /* not made, and why is in notes */
    struct report_lines differences;
    struct report_lines notes; /* what could not be checked */
};

void report_difference(struct report_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void report_note(struct report_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* More of a sort of which the first ones were told. */
void report_count(struct report_result *result, int64_t more);

void report_done(struct report_result *results, size_t count);

bool report_ok(const struct report_result *results, size_t count);

void report_print(const struct report_result *results, size_t count, struct buffer *out);

/* An array. */
void report_write(const struct report_result *results, size_t count, struct json_writer *out);

#endif
