#include "deploy/local/parent/parent_child.h"

#include "common/base/clock.h"
#include "common/log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_BYTES = 64 << 10, READS_AT_END = 64, EXIT_CANNOT_RUN = 127, START_TIME_FIELD = 20 };

enum status parent_child_init(struct parent_child *child, const struct parent_entry *entry,
                              const char *folder, int64_t log_limit_bytes, struct error *error)
{
    char log_path[PARENT_PATH_SIZE];
    uint64_t seed = 1;

    *child = (struct parent_child){.entry = entry, .pipe = -1};
    if (getrandom(&seed, sizeof seed, 0) < 0)
        seed = (uint64_t)clock_wall_us();
    parent_restarts_init(&child->restarts, seed | 1);
    if (snprintf(log_path, sizeof log_path, "%s/%s.log", folder, entry->name) >= PARENT_PATH_SIZE)
        return error_set(error, STATUS_FATAL, "%s: too long a path", folder);
    snprintf(child->pid_path, sizeof child->pid_path, "%s/%s.pid", folder, entry->name);
    return parent_output_open(&child->output, log_path, log_limit_bytes, error);
}

static void close_pipe(struct parent_child *child)
{
    if (child->pipe >= 0)
        close(child->pipe);
    child->pipe = -1;
}

void parent_child_done(struct parent_child *child)
{
    close_pipe(child);
    parent_output_done(&child->output);
    if (child->pid_path[0] != '\0')
        unlink(child->pid_path);
}

_Noreturn static void run(const struct parent_child *child, int out, pid_t parent)
{
    int null = open("/dev/null", O_RDONLY);
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0); /* a ^C in the terminal is the parent's to pass on */
    if (null >= 0)
        dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(EXIT_CANNOT_RUN);
    execvp(child->entry->words[0], child->entry->words);
    dprintf(STDERR_FILENO, "cannot run %s: %s\n", child->entry->words[0], strerror(errno));
    _exit(EXIT_CANNOT_RUN);
}

/* The 22nd field of /proc/PID/stat, the 20th behind the name in parentheses; 0 when it is gone. */
static unsigned long long start_time(pid_t pid)
{
    char path[64];
    char text[512];
    char *rest = NULL;
    char *word;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (file == NULL)
        return 0;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    word = strrchr(text, ')');
    word = word == NULL ? NULL : strtok_r(word + 1, " ", &rest);
    for (int i = 1; i < START_TIME_FIELD && word != NULL; i++)
        word = strtok_r(NULL, " ", &rest);
    return word == NULL ? 0 : strtoull(word, NULL, 10);
}

static void write_pid(const struct parent_child *child)
{
    FILE *file = fopen(child->pid_path, "we");

    if (file == NULL)
        return;
    fprintf(file, "%d %llu\n", (int)child->pid, start_time(child->pid));
    fclose(file);
}

enum status parent_child_start(struct parent_child *child, struct error *error)
{
    pid_t parent = getpid();
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(error, STATUS_RETRY, "pipe: %s", strerror(errno));
    pid = fork();
    if (pid == 0)
        run(child, ends[1], parent);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return error_set(error, STATUS_RETRY, "fork: %s", strerror(errno));
    }
    setpgid(pid, pid); /* in both: whoever comes first */
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    close_pipe(child);
    child->pipe = ends[0];
    child->pid = pid;
    child->state = PARENT_RUNNING;
    write_pid(child);
    log_write(LOG_INFO, "process_started", LOG_TEXT("name", child->entry->name),
              LOG_INT("child_pid", pid));
    return STATUS_OK;
}

/* False when there is nothing more now. */
static bool read_once(struct parent_child *child)
{
    char bytes[READ_BYTES];
    ssize_t size = child->pipe < 0 ? 0 : read(child->pipe, bytes, sizeof bytes);

    if (size > 0)
        parent_output_write(&child->output, (struct slice){bytes, (size_t)size});
    if (size == 0)
        close_pipe(child);
    return size > 0;
}

void parent_child_read(struct parent_child *child)
{
    read_once(child);
}

static void log_end(const struct parent_child *child, int wait_status)
{
    bool by_signal = WIFSIGNALED(wait_status);
    int64_t wait_ms = child->next_ms - clock_steady_ms();

    log_write(wait_status == 0 ? LOG_INFO : LOG_WARN, "process_ended",
              LOG_TEXT("name", child->entry->name), LOG_INT("child_pid", child->pid),
              LOG_INT(by_signal ? "signal" : "exit_code",
                      by_signal ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status)),
              LOG_INT("restart_in_ms", child->state == PARENT_WAITING ? wait_ms : -1),
              LOG_INT("restarts", child->restarts.count));
}

void parent_child_ended(struct parent_child *child, int wait_status, bool ends, int64_t now_ms)
{
    for (int i = 0; i < READS_AT_END && read_once(child); i++)
        continue;
    child->state = PARENT_ENDED;
    if (wait_status != 0 && !ends) {
        child->state = PARENT_WAITING;
        child->next_ms = parent_restarts_next_ms(&child->restarts, now_ms);
    }
    log_end(child, wait_status);
    unlink(child->pid_path);
    child->pid = 0;
}

void parent_child_signal(const struct parent_child *child, int signal_number)
{
    if (child->state == PARENT_RUNNING)
        kill(-child->pid, signal_number);
}
