/* Child processes of a test: start, signal, wait, end. For test support only; the product's own
 * little parent is deploy/local/parent.
 *
 * Everything under tests/support either does what its header says or prints one line and aborts,
 * which check reports as the failure of that test; so nothing here returns a status.
 * A child dies with the thread that started it (PR_SET_PDEATHSIG): start children from the test's
 * main thread. Not thread safe. */
#ifndef TRIBUTARY_TESTS_SUPPORT_PROCESS_H
#define TRIBUTARY_TESTS_SUPPORT_PROCESS_H

#include "common/base/owned.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct process;

struct process_options {
    const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
    const char *const
        *environment;     /* "NAME=value" over the caller's; NULL-terminated, may be NULL */
    const char *log_path; /* stdout and stderr are appended; NULL = the caller's */
    const char *folder;   /* to run in; NULL = the caller's */
    bool unprivileged;    /* as process_user() when the caller is root */
    int death_signal;     /* what it gets when the caller dies; 0 = SIGKILL */
};

/* Never NULL: a program that cannot be run fails the test. */
struct process *process_start(const struct process_options *options);

/* Kills (SIGKILL) and reaps it if it still runs. */
void process_free(struct process *process);
OWNED_DEFINE(process);

pid_t process_pid(const struct process *process);
bool process_running(struct process *process);
void process_signal(struct process *process, int signal);

/* SIGSTOP, and back only when it is stopped; SIGCONT. */
void process_pause(struct process *process);
void process_resume(struct process *process);

/* SIGKILL, and back only when it is gone. Fine if it has ended already. */
void process_kill(struct process *process);

/* SIGTERM, then as process_wait. */
int process_terminate(struct process *process, int timeout_ms);

/* Its exit code, or 128 + the signal that ended it. Not ended in time: the test fails. */
int process_wait(struct process *process, int timeout_ms);

/* Runs to the end and gives the exit code, as process_wait. */
int process_run(const struct process_options *options, int timeout_ms);

/* The processes whose parent is `parent`, up to `limit`; how many were written. */
size_t process_children(pid_t parent, pid_t *ret_pids, size_t limit);

/* No such process any more, or only its unreaped entry. */
bool process_gone(pid_t pid);

/* Prints the line (and the end of the log if it is not NULL) and aborts. */
_Noreturn void process_fail(const char *log_path, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
