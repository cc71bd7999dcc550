#include "tests/support/process/process_launch.h"

#include "common/base/must.h"
#include "tests/support/process/place.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* All that the child needs, made before the fork: there may be other threads. */
struct launch {
    const struct process_options *options;
    char **environment;
    pid_t parent;
    int log;    /* -1 = the caller's output */
    int report; /* takes errno when exec fails; closed by a good exec */
    bool change_user;
    uid_t user;
    gid_t group;
};

static bool same_name(const char *a, const char *b)
{
    size_t size = strcspn(a, "=");

    return size == strcspn(b, "=") && memcmp(a, b, size) == 0;
}

static bool overridden(const char *const *over, const char *entry)
{
    for (size_t i = 0; over != NULL && over[i] != NULL; i++) {
        if (same_name(over[i], entry))
            return true;
    }
    return false;
}

static size_t entry_count(const char *const *entries)
{
    size_t count = 0;

    while (entries != NULL && entries[count] != NULL)
        count++;
    return count;
}

/* The caller's environment with `over` on top; the array is owned, the texts are not. */
static char **merged_environment(const char *const *over)
{
    size_t own = entry_count((const char *const *)environ);
    char **merged = must_alloc((own + entry_count(over) + 1) * sizeof *merged);
    size_t count = 0;

    for (size_t i = 0; i < own; i++) {
        if (!overridden(over, environ[i]))
            merged[count++] = environ[i];
    }
    for (size_t i = 0; over != NULL && over[i] != NULL; i++)
        memcpy(&merged[count++], &over[i], sizeof over[i]);
    return merged;
}

static int open_log(const char *path)
{
    int log;

    if (path == NULL)
        return -1;
    log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0)
        process_fail(NULL, "open %s: %s", path, strerror(errno));
    return log;
}

static void set_streams(int log)
{
    int null = open("/dev/null", O_RDONLY);

    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        close(null);
    }
    if (log >= 0) {
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
    }
}

static bool become_user(const struct launch *launch)
{
    if (!launch->change_user)
        return true;
    return setgroups(0, NULL) == 0 && setgid(launch->group) == 0 && setuid(launch->user) == 0;
}

static void set_death_signal(const struct launch *launch)
{
    int signal_number = launch->options->death_signal;

    /* After the change of user, which clears it; and the caller may be dead already. */
    prctl(PR_SET_PDEATHSIG, signal_number == 0 ? SIGKILL : signal_number);
    if (getppid() != launch->parent)
        _exit(127);
}

_Noreturn static void run_child(const struct launch *launch)
{
    const struct process_options *options = launch->options;
    char **argv;
    sigset_t none;
    int code;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    set_streams(launch->log);
    memcpy(&argv, &options->argv, sizeof argv);
    if (become_user(launch) && (options->folder == NULL || chdir(options->folder) == 0)) {
        set_death_signal(launch);
        execvpe(argv[0], argv, launch->environment);
    }
    code = errno;
    if (write(launch->report, &code, sizeof code) < 0)
        _exit(126);
    _exit(127);
}

static void check_started(const struct process_options *options, pid_t pid, int report)
{
    int code = 0;
    ssize_t size;

    do
        size = read(report, &code, sizeof code);
    while (size < 0 && errno == EINTR);
    close(report);
    if (size != sizeof code)
        return;
    waitpid(pid, NULL, 0);
    process_fail(options->log_path, "cannot run %s: %s", options->argv[0], strerror(code));
}

pid_t process_launch(const struct process_options *options)
{
    struct launch launch = {.options = options, .parent = getpid()};
    int ends[2];
    pid_t pid;

    launch.environment = merged_environment(options->environment);
    launch.log = open_log(options->log_path);
    launch.change_user = options->unprivileged && place_user(&launch.user, &launch.group);
    MUST(pipe2(ends, O_CLOEXEC) == 0);
    launch.report = ends[1];
    pid = fork();
    if (pid == 0)
        run_child(&launch);
    if (pid < 0)
        process_fail(NULL, "fork: %s", strerror(errno));
    close(ends[1]);
    if (launch.log >= 0)
        close(launch.log);
    free(launch.environment);
    check_started(options, pid, ends[0]);
    return pid;
}
