#include "deploy/local/parent/parent_loop.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/log/log.h"
#include "deploy/local/parent/parent_child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST_WAIT_MS = 60000 };

struct fleet {
    const struct parent_options *options;
    struct parent_child children[PARENT_LIST_ENTRIES];
    size_t count;
    int signals; /* a signalfd */
    bool ends;
    bool killed;
    int64_t kill_ms;
    bool changed; /* the status file is old */
};

static void fleet_free(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++)
        parent_child_done(&fleet->children[i]);
    if (fleet->signals >= 0)
        close(fleet->signals);
    free(fleet);
}
OWNED_DEFINE(fleet);

static const char *state_name(enum parent_state state)
{
    switch (state) {
    case PARENT_WAITING:
        return "waiting";
    case PARENT_RUNNING:
        return "running";
    case PARENT_ENDED:
        break;
    }
    return "ended";
}

/* "name state pid restarts", a line each; for people and scripts. */
static void write_status(struct fleet *fleet)
{
    char path[PARENT_PATH_SIZE];
    char new_path[PARENT_PATH_SIZE + 4];
    FILE *file;

    fleet->changed = false;
    snprintf(path, sizeof path, "%s/status", fleet->options->folder);
    snprintf(new_path, sizeof new_path, "%s.new", path);
    file = fopen(new_path, "we");
    if (file == NULL)
        return;
    for (size_t i = 0; i < fleet->count; i++) {
        const struct parent_child *child = &fleet->children[i];

        fprintf(file, "%s %s %d %llu\n", child->entry->name, state_name(child->state),
                (int)child->pid, (unsigned long long)child->restarts.count);
    }
    if (fclose(file) == 0)
        rename(new_path, path);
}

static enum status open_children(struct fleet *fleet, const struct parent_list *list,
                                 struct error *error)
{
    const struct parent_options *options = fleet->options;

    if (mkdir(options->folder, 0755) != 0 && errno != EEXIST)
        return error_set(error, STATUS_FATAL, "%s: %s", options->folder, strerror(errno));
    for (size_t i = 0; i < list->count; i++) {
        enum status status = parent_child_init(&fleet->children[fleet->count++], &list->entries[i],
                                               options->folder, options->log_limit_bytes, error);

        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static void open_signals(struct fleet *fleet)
{
    sigset_t taken;

    sigemptyset(&taken);
    sigaddset(&taken, SIGCHLD);
    sigaddset(&taken, SIGTERM);
    sigaddset(&taken, SIGINT);
    sigprocmask(SIG_BLOCK, &taken, NULL);
    signal(SIGHUP, SIG_IGN); /* the terminal that it was started from may go */
    fleet->signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    MUST(fleet->signals >= 0);
}

static void start(struct fleet *fleet, struct parent_child *child, int64_t now_ms)
{
    bool first = child->restarts.started_ms == 0;
    struct error error = {0};

    if (first)
        parent_restarts_started(&child->restarts, now_ms);
    else
        parent_restarts_again(&child->restarts, now_ms);
    if (parent_child_start(child, &error) != STATUS_OK) {
        log_error_line(LOG_ERROR, "process_not_started", &error,
                       LOG_TEXT("name", child->entry->name));
        child->next_ms = parent_restarts_next_ms(&child->restarts, now_ms);
    }
    fleet->changed = true;
}

static void start_due(struct fleet *fleet, int64_t now_ms)
{
    for (size_t i = 0; i < fleet->count; i++) {
        struct parent_child *child = &fleet->children[i];

        if (child->state == PARENT_WAITING && child->next_ms <= now_ms)
            start(fleet, child, now_ms);
    }
}

static void signal_all(const struct fleet *fleet, int signal_number)
{
    for (size_t i = 0; i < fleet->count; i++)
        parent_child_signal(&fleet->children[i], signal_number);
}

static void begin_end(struct fleet *fleet, int64_t now_ms)
{
    if (fleet->ends)
        return;
    log_write(LOG_INFO, "fleet_ends", LOG_INT("stop_ms", fleet->options->stop_ms));
    fleet->ends = true;
    fleet->changed = true;
    fleet->kill_ms = now_ms + fleet->options->stop_ms;
    for (size_t i = 0; i < fleet->count; i++) {
        if (fleet->children[i].state == PARENT_WAITING)
            fleet->children[i].state = PARENT_ENDED;
    }
    signal_all(fleet, SIGTERM);
}

static void kill_late(struct fleet *fleet, int64_t now_ms)
{
    if (!fleet->ends || fleet->killed || now_ms < fleet->kill_ms)
        return;
    log_write(LOG_ERROR, "fleet_killed");
    fleet->killed = true;
    signal_all(fleet, SIGKILL);
}

static void reap(struct fleet *fleet, int64_t now_ms)
{
    int wait_status;
    pid_t pid;

    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
        for (size_t i = 0; i < fleet->count; i++) {
            if (fleet->children[i].pid == pid)
                parent_child_ended(&fleet->children[i], wait_status, fleet->ends, now_ms);
        }
        fleet->changed = true;
    }
}

static void take_signals(struct fleet *fleet, int64_t now_ms)
{
    struct signalfd_siginfo info;

    while (read(fleet->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGCHLD)
            begin_end(fleet, now_ms);
    }
    reap(fleet, now_ms);
}

/* True when none runs and none will. */
static bool all_ended(const struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++) {
        if (fleet->children[i].state != PARENT_ENDED)
            return false;
    }
    return true;
}

static int next_wait_ms(const struct fleet *fleet)
{
    int64_t wait_ms = LONGEST_WAIT_MS;
    int64_t now_ms = clock_steady_ms();

    for (size_t i = 0; i < fleet->count; i++) {
        const struct parent_child *child = &fleet->children[i];

        if (child->state == PARENT_WAITING && child->next_ms - now_ms < wait_ms)
            wait_ms = child->next_ms - now_ms;
    }
    if (fleet->ends && !fleet->killed && fleet->kill_ms - now_ms < wait_ms)
        wait_ms = fleet->kill_ms - now_ms;
    return wait_ms < 0 ? 0 : (int)wait_ms;
}

static void wait_and_read(struct fleet *fleet)
{
    struct pollfd polls[PARENT_LIST_ENTRIES + 1];

    polls[fleet->count] = (struct pollfd){.fd = fleet->signals, .events = POLLIN};
    for (size_t i = 0; i < fleet->count; i++)
        polls[i] = (struct pollfd){.fd = fleet->children[i].pipe, .events = POLLIN};
    if (poll(polls, fleet->count + 1, next_wait_ms(fleet)) <= 0)
        return;
    for (size_t i = 0; i < fleet->count; i++) {
        if (polls[i].revents != 0)
            parent_child_read(&fleet->children[i]);
    }
}

enum status parent_loop_run(const struct parent_list *list, const struct parent_options *options,
                            bool *ret_killed, struct error *error)
{
    OWNED(fleet) fleet = must_alloc(sizeof *fleet);
    enum status status;

    fleet->options = options;
    fleet->signals = -1;
    status = open_children(fleet, list, error);
    if (status != STATUS_OK)
        return status;
    open_signals(fleet);
    while (!all_ended(fleet)) {
        int64_t now_ms = clock_steady_ms();

        start_due(fleet, now_ms);
        kill_late(fleet, now_ms);
        if (fleet->changed)
            write_status(fleet);
        wait_and_read(fleet);
        take_signals(fleet, clock_steady_ms());
    }
    write_status(fleet);
    *ret_killed = fleet->killed;
    return STATUS_OK;
}
