/* Walks the product's sources, file by file and line by line, for the lint tests. */
#ifndef TRIBUTARY_TESTS_LINT_SOURCES_H
#define TRIBUTARY_TESTS_LINT_SOURCES_H

#include <stddef.h>

struct source_line {
    const char *path; /* from the root: "common/http/server.c" */
    const char *text; /* without the line break */
    size_t number;    /* from 1 */
};

/* Calls back for each line of each .c and .h below the folders (from the root; NULL ends the list).
 * The number of files. */
size_t sources_walk(const char *const *folders, void (*line)(void *, const struct source_line *),
                    void *context);

#endif
