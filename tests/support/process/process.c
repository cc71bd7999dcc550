#include "tests/support/process/process.h"

#include "common/base/must.h"
#include "tests/support/process/place.h"
#include "tests/support/process/process_launch.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILL_WAIT_MS = 10000, LOG_END_BYTES = 4000 };

struct process {
    pid_t pid;
    char *name;     /* argv[0], owned */
    char *log_path; /* owned; NULL = none */
    bool ended;
    int wait_status; /* once ended */
};

void process_fail(const char *log_path, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("test support: ", stderr);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    if (log_path != NULL) {
        char *end = place_read_end(log_path, LOG_END_BYTES);

        fprintf(stderr, "--- the end of %s:\n%s---\n", log_path, end);
        free(end);
    }
    fflush(stderr);
    abort();
}

struct process *process_start(const struct process_options *options)
{
    struct process *process = must_alloc(sizeof *process);

    MUST(options->argv != NULL && options->argv[0] != NULL);
    process->name = strdup(options->argv[0]);
    process->log_path = options->log_path == NULL ? NULL : strdup(options->log_path);
    process->pid = process_launch(options);
    return process;
}

void process_free(struct process *process)
{
    if (process == NULL)
        return;
    process_kill(process);
    free(process->name);
    free(process->log_path);
    free(process);
}

pid_t process_pid(const struct process *process)
{
    return process->pid;
}

/* Reaps what there is to reap; false while it runs. */
static bool has_ended(struct process *process)
{
    int status;
    pid_t pid;

    if (process->ended)
        return true;
    do
        pid = waitpid(process->pid, &status, WNOHANG);
    while (pid < 0 && errno == EINTR);
    if (pid == 0)
        return false;
    if (pid < 0)
        process_fail(NULL, "wait for %s: %s", process->name, strerror(errno));
    process->ended = true;
    process->wait_status = status;
    return true;
}

bool process_running(struct process *process)
{
    return !has_ended(process);
}

void process_signal(struct process *process, int signal_number)
{
    if (has_ended(process))
        process_fail(process->log_path, "%s (pid %d) has ended before signal %d", process->name,
                     (int)process->pid, signal_number);
    MUST(kill(process->pid, signal_number) == 0);
}

void process_pause(struct process *process)
{
    int status = 0;

    process_signal(process, SIGSTOP);
    while (waitpid(process->pid, &status, WUNTRACED) < 0)
        MUST(errno == EINTR);
    if (WIFSTOPPED(status))
        return;
    process->ended = true;
    process->wait_status = status;
    process_fail(process->log_path, "%s ended instead of stopping", process->name);
}

void process_resume(struct process *process)
{
    process_signal(process, SIGCONT);
}

void process_kill(struct process *process)
{
    if (has_ended(process))
        return;
    kill(process->pid, SIGKILL);
    process_wait(process, KILL_WAIT_MS);
}

int process_wait(struct process *process, int timeout_ms)
{
    int status;

    if (!EVENTUALLY(timeout_ms, has_ended(process)))
        process_fail(process->log_path, "%s (pid %d) still runs after %d ms", process->name,
                     (int)process->pid, timeout_ms);
    status = process->wait_status;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int process_terminate(struct process *process, int timeout_ms)
{
    if (!has_ended(process))
        process_signal(process, SIGTERM);
    return process_wait(process, timeout_ms);
}

int process_run(const struct process_options *options, int timeout_ms)
{
    OWNED(process) process = process_start(options);

    return process_wait(process, timeout_ms);
}

struct process_entry {
    pid_t parent;
    char state;
};

/* From /proc/PID/stat: "pid (name, with anything in it) state ppid …". */
static bool read_entry(pid_t pid, struct process_entry *ret_entry)
{
    char path[64];
    char text[512];
    const char *end;
    FILE *file;
    size_t size;
    int parent;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    end = strrchr(text, ')');
    if (end == NULL || sscanf(end + 1, " %c %d", &ret_entry->state, &parent) != 2)
        return false;
    ret_entry->parent = parent;
    return true;
}

size_t process_children(pid_t parent, pid_t *ret_pids, size_t limit)
{
    DIR *folder = opendir("/proc");
    struct process_entry entry;
    const struct dirent *item;
    size_t count = 0;

    MUST(folder != NULL);
    while (count < limit && (item = readdir(folder)) != NULL) {
        pid_t pid = (pid_t)strtol(item->d_name, NULL, 10);

        if (pid > 0 && read_entry(pid, &entry) && entry.parent == parent)
            ret_pids[count++] = pid;
    }
    closedir(folder);
    return count;
}

bool process_gone(pid_t pid)
{
    struct process_entry entry;

    return !read_entry(pid, &entry) || entry.state == 'Z';
}
