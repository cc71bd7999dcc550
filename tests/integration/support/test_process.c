/* Children: their output, exit codes, signals, and that none outlives its test. */
#include "tests/support/process/process.h"

#include "tests/support/process/place.h"
#include "tests/support/suite/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 5000 };

static struct process *start(const char *const *argv)
{
    return process_start(&(struct process_options){.argv = argv});
}

static const char *const sleeper[] = {"sleep", "1000", NULL};

START_TEST(output_environment_and_exit_code)
{
    const char *const argv[] = {"sh", "-c", "echo $COLOUR; echo $HOME >&2; exit 7", NULL};
    const char *const environment[] = {"COLOUR=green", "HOME=/there", NULL};
    char folder[PLACE_PATH_SIZE];
    char log[PLACE_PATH_SIZE + 8];
    char *text;

    place_make("process", folder);
    snprintf(log, sizeof log, "%s/log", folder);
    ck_assert_int_eq(process_run(&(struct process_options){.argv = argv,
                                                           .environment = environment,
                                                           .log_path = log,
                                                           .folder = folder},
                                 WAIT_MS),
                     7);
    text = place_read_end(log, 100);
    ck_assert_str_eq(text, "green\n/there\n");
    free(text);
    text = place_read_end(log, 4);
    ck_assert_str_eq(text, "ere\n");
    free(text);
    place_remove(folder);
    ck_assert_int_ne(access(folder, F_OK), 0);
}
END_TEST

START_TEST(a_killed_one_is_reaped)
{
    OWNED(process) process = start(sleeper);
    pid_t pid = process_pid(process);

    ck_assert(process_running(process));
    ck_assert(!process_gone(pid));
    process_kill(process);
    ck_assert(!process_running(process));
    ck_assert(process_gone(pid));
    ck_assert_int_eq(process_wait(process, 0), 128 + SIGKILL);
    process_kill(process);
}
END_TEST

START_TEST(terminate_gives_the_exit_code)
{
    const char *const argv[] = {"sh", "-c", "trap 'exit 3' TERM; while :; do sleep 0.01; done",
                                NULL};
    OWNED(process) process = start(argv);

    place_sleep_ms(100);
    ck_assert_int_eq(process_terminate(process, WAIT_MS), 3);
}
END_TEST

START_TEST(a_paused_one_stands_still)
{
    const char *const argv[] = {"sh", "-c", "while :; do echo x; done", NULL};
    char folder[PLACE_PATH_SIZE];
    char log[PLACE_PATH_SIZE + 8];
    struct process *process;
    struct stat then;
    struct stat now;

    place_make("process", folder);
    snprintf(log, sizeof log, "%s/log", folder);
    process = process_start(&(struct process_options){.argv = argv, .log_path = log});
    ck_assert(EVENTUALLY(WAIT_MS, stat(log, &now) == 0 && now.st_size > 0));
    process_pause(process);
    ck_assert_int_eq(stat(log, &then), 0);
    place_sleep_ms(50);
    ck_assert_int_eq(stat(log, &now), 0);
    ck_assert_int_eq(then.st_size, now.st_size);
    process_resume(process);
    ck_assert(EVENTUALLY(WAIT_MS, stat(log, &now) == 0 && now.st_size > then.st_size));
    process_free(process);
    place_remove(folder);
}
END_TEST

START_TEST(root_gives_its_rights_up)
{
    const char *const argv[] = {"sh", "-c", "exit $(id -u)", NULL};
    uid_t user;
    gid_t group;

    if (!place_user(&user, &group))
        return;
    ck_assert_uint_ne(user, 0);
    ck_assert_int_eq(
        process_run(&(struct process_options){.argv = argv, .unprivileged = true}, WAIT_MS),
        (int)(user & 255));
}
END_TEST

/* The child of a forked test dies with it, also when it runs as another user. */
START_TEST(no_child_outlives_its_test)
{
    int ends[2];
    pid_t test;
    pid_t child;

    ck_assert_int_eq(pipe(ends), 0);
    test = fork();
    if (test == 0) {
        struct process *process =
            process_start(&(struct process_options){.argv = sleeper, .unprivileged = true});

        child = process_pid(process);
        if (write(ends[1], &child, sizeof child) > 0)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ends[0], &child, sizeof child), sizeof child);
    ck_assert(!process_gone(child));
    kill(test, SIGKILL);
    waitpid(test, NULL, 0);
    ck_assert(EVENTUALLY(WAIT_MS, process_gone(child)));
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(children_are_found)
{
    OWNED(process) first = start(sleeper);
    OWNED(process) second = start(sleeper);
    pid_t pids[8];

    ck_assert_uint_eq(process_children(getpid(), pids, 8), 2);
    ck_assert(pids[0] == process_pid(first) || pids[1] == process_pid(first));
    ck_assert(pids[0] == process_pid(second) || pids[1] == process_pid(second));
    ck_assert_uint_eq(process_children(getpid(), pids, 1), 1);
}
END_TEST

static void start_what_is_not_there(void)
{
    const char *const argv[] = {"no-such-program", NULL};

    process_free(start(argv));
}

static void wait_too_short(void)
{
    process_wait(start(sleeper), 50);
}

static void remove_a_foreign_folder(void)
{
    place_remove("/tmp");
}

static void (*const failures[])(void) = {start_what_is_not_there, wait_too_short,
                                         remove_a_foreign_folder};

/* Each of them must abort, which check then reports as the failure of a test. */
START_TEST(what_cannot_be_done_aborts)
{
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        pid_t test = fork();
        int status;

        if (test == 0) {
            if (freopen("/dev/null", "w", stderr) != NULL)
                failures[i]();
            _exit(0);
        }
        ck_assert_int_eq(waitpid(test, &status, 0), test);
        ck_assert(WIFSIGNALED(status));
        ck_assert_int_eq(WTERMSIG(status), SIGABRT);
    }
}
END_TEST

START_TEST(ports_are_free_and_low)
{
    int port = place_port();

    ck_assert_int_gt(port, 1024);
    ck_assert_int_lt(port, 32768);
    ck_assert(!place_wait_port(port, 0));
}
END_TEST

SUITE_MAIN("process", output_environment_and_exit_code, a_killed_one_is_reaped,
           terminate_gives_the_exit_code, a_paused_one_stands_still, root_gives_its_rights_up,
           no_child_outlives_its_test, children_are_found, what_cannot_be_done_aborts,
           ports_are_free_and_low);
