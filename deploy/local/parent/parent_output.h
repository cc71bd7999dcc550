/* The log file of one process, bounded: past the limit it becomes FILE.1, in place of the one
 * before, and a new one begins, between two lines where there are any. What cannot be written (a
 * full disk) is lost: a process is never made to wait for its log. */
#ifndef TRIBUTARY_PARENT_OUTPUT_H
#define TRIBUTARY_PARENT_OUTPUT_H

#include "common/base/slice.h"
#include "common/base/status.h"

#include <stdint.h>

enum { PARENT_PATH_SIZE = 512 };

struct parent_output {
    char path[PARENT_PATH_SIZE];
    char old_path[PARENT_PATH_SIZE + 2];
    int file; /* -1 = none */
    int64_t size;
    int64_t limit_bytes;
    int64_t lost_bytes;
};

/* Appends to what is there. FATAL: the file cannot be opened. */
MUST_CHECK enum status parent_output_open(struct parent_output *output, const char *path,
                                          int64_t limit_bytes, struct error *error);
void parent_output_done(struct parent_output *output);

void parent_output_write(struct parent_output *output, struct slice bytes);

#endif
