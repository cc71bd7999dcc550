/* tributary-parent as a program: restarts, logs, pid files, and every way to end. */
#include "tests/support/process/place.h"
#include "tests/support/process/process.h"
#include "tests/support/suite/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 15000, TEXT_BYTES = 64 << 10 };

/* A parent in a folder of its own; children run in it. */
struct stage {
    char folder[PLACE_PATH_SIZE];
    struct process *parent;
};

static char *path_of(const struct stage *stage, const char *name)
{
    char *path = NULL;

    ck_assert_int_gt(asprintf(&path, "%s/%s", stage->folder, name), 0);
    return path;
}

static void put(const struct stage *stage, const char *name, const char *text, mode_t mode)
{
    char *path = path_of(stage, name);

    place_write(path, text, mode);
    free(path);
}

static struct stage stage_open(const char *list, const char *option)
{
    const char *const argv[] = {TRIBUTARY_BIN "/tributary-parent", option, "list", "out", NULL};
    struct stage stage;
    char *log;

    place_make("parent", stage.folder);
    put(&stage, "list", list, 0644);
    put(&stage, "crash", "#!/bin/sh\necho crashed\nexit 3\n", 0755);
    put(&stage, "stay", "#!/bin/sh\necho up\nexec sleep 1000\n", 0755);
    put(&stage, "deaf", "#!/bin/sh\ntrap '' TERM\necho up\nwhile :; do sleep 0.05; done\n", 0755);
    put(&stage, "loud", "#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8; do seq -w 1 400; done\n", 0755);
    log = path_of(&stage, "parent.log");
    stage.parent = process_start(
        &(struct process_options){.argv = argv, .log_path = log, .folder = stage.folder});
    free(log);
    return stage;
}

static void stage_close(struct stage *stage)
{
    process_free(stage->parent);
    place_remove(stage->folder);
}

static char *text_of(const struct stage *stage, const char *name)
{
    char *path = path_of(stage, name);
    char *text = place_read_end(path, TEXT_BYTES);

    free(path);
    return text;
}

static bool says(const struct stage *stage, const char *name, const char *wanted)
{
    char *text = text_of(stage, name);
    bool found = strstr(text, wanted) != NULL;

    free(text);
    return found;
}

static size_t count_of(const struct stage *stage, const char *name, const char *wanted)
{
    char *text = text_of(stage, name);
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, wanted)) != NULL; at++)
        count++;
    free(text);
    return count;
}

static pid_t pid_of(const struct stage *stage, const char *name)
{
    char *text = text_of(stage, name);
    pid_t pid = (pid_t)strtol(text, NULL, 10);

    free(text);
    return pid;
}

START_TEST(restarts_what_fails_and_only_that)
{
    struct stage stage = stage_open("bad ./crash\ngood true\nstays ./stay\n", "--stop=5s");

    ck_assert(EVENTUALLY(WAIT_MS, count_of(&stage, "out/bad.log", "crashed") >= 3));
    ck_assert(says(&stage, "out/status", "good ended 0 0\n"));
    ck_assert(says(&stage, "out/status", "stays running "));
    ck_assert(says(&stage, "parent.log", "\"exit_code\":3"));
    ck_assert_uint_eq(count_of(&stage, "out/stays.log", "up"), 1);
    ck_assert_int_eq(process_terminate(stage.parent, WAIT_MS), 0);
    stage_close(&stage);
}
END_TEST

START_TEST(a_killed_one_comes_back)
{
    struct stage stage = stage_open("stays ./stay\n", "--stop=5s");
    pid_t first;

    ck_assert(EVENTUALLY(WAIT_MS, says(&stage, "out/stays.log", "up")));
    first = pid_of(&stage, "out/stays.pid");
    ck_assert(!process_gone(first));
    kill(first, SIGKILL);
    ck_assert(EVENTUALLY(WAIT_MS, count_of(&stage, "out/stays.log", "up") == 2));
    ck_assert(says(&stage, "parent.log", "\"signal\":9"));
    ck_assert(EVENTUALLY(WAIT_MS, says(&stage, "out/status", " 1\n")));
    ck_assert_int_ne(pid_of(&stage, "out/stays.pid"), first);
    stage_close(&stage);
}
END_TEST

START_TEST(ends_with_its_last_process)
{
    struct stage stage = stage_open("one true\ntwo true\n", "--stop=5s");

    ck_assert_int_eq(process_wait(stage.parent, WAIT_MS), 0);
    ck_assert(says(&stage, "out/status", "one ended 0 0\ntwo ended 0 0\n"));
    stage_close(&stage);
}
END_TEST

START_TEST(what_does_not_end_is_killed)
{
    struct stage stage = stage_open("hears-not ./deaf\n", "--stop=200ms");
    pid_t pid;

    ck_assert(EVENTUALLY(WAIT_MS, says(&stage, "out/hears-not.log", "up")));
    pid = pid_of(&stage, "out/hears-not.pid");
    ck_assert_int_eq(process_terminate(stage.parent, WAIT_MS), 1);
    ck_assert(process_gone(pid));
    stage_close(&stage);
}
END_TEST

START_TEST(processes_end_when_it_is_killed)
{
    struct stage stage = stage_open("stays ./stay\n", "--stop=5s");
    pid_t pid;

    ck_assert(EVENTUALLY(WAIT_MS, says(&stage, "out/stays.log", "up")));
    pid = pid_of(&stage, "out/stays.pid");
    process_kill(stage.parent);
    ck_assert(EVENTUALLY(WAIT_MS, process_gone(pid)));
    stage_close(&stage);
}
END_TEST

START_TEST(what_cannot_run_is_told_and_tried_again)
{
    struct stage stage = stage_open("none no-such-program\n", "--stop=5s");

    ck_assert(EVENTUALLY(WAIT_MS, count_of(&stage, "out/none.log",
                                           "cannot run no-such-program: No such file") >= 2));
    ck_assert_int_eq(process_terminate(stage.parent, WAIT_MS), 0);
    stage_close(&stage);
}
END_TEST

START_TEST(logs_are_whole_and_bounded)
{
    struct stage stage = stage_open("loud ./loud\n", "--log-limit=64KiB");
    struct stage small = stage_open("loud ./loud\n", "--log-limit=5KiB");

    ck_assert_int_eq(process_wait(stage.parent, WAIT_MS), 0);
    ck_assert_uint_eq(count_of(&stage, "out/loud.log", "\n"), 8 * 400);
    ck_assert_int_eq(process_wait(small.parent, WAIT_MS), 0);
    ck_assert(says(&small, "out/loud.log.1", "\n"));
    stage_close(&stage);
    stage_close(&small);
}
END_TEST

static int run(const char *list, const char *option)
{
    struct stage stage = stage_open(list, option);
    int code = process_wait(stage.parent, WAIT_MS);

    stage_close(&stage);
    return code;
}

START_TEST(wrong_use_is_refused)
{
    ck_assert_int_eq(run("nothing\n", "--stop=5s"), 2);
    ck_assert_int_eq(run("one true\n", "--stopp=5s"), 2);
    ck_assert_int_eq(run("one true\n", "--help"), 0);
}
END_TEST

SUITE_MAIN_TIMEOUT("parent", 40, restarts_what_fails_and_only_that, a_killed_one_comes_back,
                   ends_with_its_last_process, what_does_not_end_is_killed,
                   processes_end_when_it_is_killed, what_cannot_run_is_told_and_tried_again,
                   logs_are_whole_and_bounded, wrong_use_is_refused);
