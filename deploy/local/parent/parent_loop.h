/* Runs a fleet of processes: restarts those that end with anything but 0, keeps their logs, and on
 * SIGTERM or SIGINT ends them all. Knows nothing of what they do. */
#ifndef TRIBUTARY_PARENT_LOOP_H
#define TRIBUTARY_PARENT_LOOP_H

#include "deploy/local/parent/parent_list.h"

#include <stdbool.h>
#include <stdint.h>

struct parent_options {
    const char *folder; /* for NAME.log, NAME.pid and `status`; made when it is missing */
    int64_t log_limit_bytes;
    int64_t stop_ms; /* from SIGTERM to SIGKILL */
};

/* Until all have ended. *ret_killed: some did not end in time. FATAL: no folder, no files. */
MUST_CHECK enum status parent_loop_run(const struct parent_list *list,
                                       const struct parent_options *options, bool *ret_killed,
                                       struct error *error);

#endif
