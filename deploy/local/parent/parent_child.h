/* One process of the fleet: started, its output taken, ended. The parent is the only thread. */
#ifndef TRIBUTARY_PARENT_CHILD_H
#define TRIBUTARY_PARENT_CHILD_H

#include "deploy/local/parent/parent_list.h"
#include "deploy/local/parent/parent_output.h"
#include "deploy/local/parent/parent_restarts.h"

#include <stdbool.h>
#include <sys/types.h>

enum parent_state {
    PARENT_WAITING, /* to be started at next_ms */
    PARENT_RUNNING,
    PARENT_ENDED, /* with 0, or because all end: not started again */
};

struct parent_child {
    const struct parent_entry *entry;
    enum parent_state state;
    pid_t pid; /* while it runs */
    int pipe;  /* its output; -1 = none */
    int64_t next_ms;
    struct parent_restarts restarts;
    struct parent_output output;
    char pid_path[PARENT_PATH_SIZE];
};

/* Is to be started at once. Files go to `folder`. FATAL: its log cannot be opened. */
MUST_CHECK enum status parent_child_init(struct parent_child *child,
                                         const struct parent_entry *entry, const char *folder,
                                         int64_t log_limit_bytes, struct error *error);

/* Closes and removes its files but the log. Does not end the process. */
void parent_child_done(struct parent_child *child);

/* Starts it and writes its pid file ("pid start-time"). A command that cannot be run is a process
 * that ends with 127. RETRY: no process can be had now. */
MUST_CHECK enum status parent_child_start(struct parent_child *child, struct error *error);

/* Takes what the process has written, up to 64 KiB. */
void parent_child_read(struct parent_child *child);

/* It has ended with this wait status; ends: all are to end. */
void parent_child_ended(struct parent_child *child, int wait_status, bool ends, int64_t now_ms);

/* To it and the processes that it started. */
void parent_child_signal(const struct parent_child *child, int signal_number);

#endif
