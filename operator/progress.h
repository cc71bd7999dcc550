/* How far long work is, on stderr: a bar that moves on a terminal, else a line every ten seconds.
 */
#ifndef TRIBUTARY_OPERATOR_PROGRESS_H
#define TRIBUTARY_OPERATOR_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* "reading transactions" */
    int64_t total;    /* of whatever is counted; 0: nothing is shown */
    int64_t done;
    int64_t next_ms; /* when to print again */
    bool terminal;
    bool shown;
};

void progress_begin(struct progress *progress, const char *what, int64_t total);
void progress_add(struct progress *progress, int64_t done);
void progress_end(struct progress *progress);

#endif
