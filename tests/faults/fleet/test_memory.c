/* Workers that run out of memory: each dies, says so, is started again by its parent, and what it
 * had in hand is done once. The limit is set on the running process, so the next one is free of it.
 */
#include "tests/faults/fleet/scene.h"
#include "tests/support/process/place.h"
#include "tests/support/process/process.h"
#include "tests/support/suite/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { BACKLOG = 6000, WAIT_MS = 60000, LOG_BYTES = 1 << 20 };

/* A worker under tributary-parent, which has its name in the fleet. */
struct ward {
    const char *name;
    const char *program;
};

static char *text_of(const struct scene *scene, const char *name, const char *ending)
{
    char path[PLACE_PATH_SIZE + 64];

    snprintf(path, sizeof path, "%s/under-%s/%s%s", fleet_folder(scene->fleet), name, name, ending);
    return place_read_end(path, LOG_BYTES);
}

/* 0: it does not run. */
static pid_t pid_of(const struct scene *scene, const char *name)
{
    char *text = text_of(scene, name, ".pid");
    pid_t pid = (pid_t)strtol(text, NULL, 10);

    free(text);
    return pid;
}

static void start_ward(struct scene *scene, const struct ward *ward)
{
    char path[PLACE_PATH_SIZE + 64], folder[64], list[64], line[256];

    snprintf(folder, sizeof folder, "under-%s", ward->name);
    snprintf(list, sizeof list, "list-%s", ward->name);
    snprintf(path, sizeof path, "%s/%s", fleet_folder(scene->fleet), list);
    snprintf(line, sizeof line, "%s " TRIBUTARY_BIN "/tributary-%s\n", ward->name, ward->program);
    place_write(path, line, 0644);
    place_make_inside(fleet_folder(scene->fleet), folder);
    fleet_start(scene->fleet, ward->name, "tributary-parent",
                (const char *const[]){list, folder, NULL});
    fleet_wait_ready(scene->fleet, ward->name, SCENE_READY_MS);
}

/* A line such as "VmSize:   1234 kB" of /proc/PID/status, in bytes. */
static rlim_t memory_of(pid_t pid, const char *what)
{
    char path[64], line[256];
    rlim_t size = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, what, strlen(what)) == 0)
            size = strtoull(line + strlen(what), NULL, 10) * 1024;
    fclose(file);
    ck_assert_uint_gt(size, 0);
    return size;
}

/* Nothing beyond what it has. Not RLIMIT_AS: the C library reserves address space ahead, and makes
 * it writable as it needs more. */
static void limit_memory(pid_t pid)
{
    const rlim_t size = memory_of(pid, "VmData:");
    const struct rlimit limit = {size, size};

    ck_assert_int_eq(prlimit(pid, RLIMIT_DATA, &limit, NULL), 0);
}

static bool says(const struct scene *scene, const char *name, const char *text)
{
    char *log = text_of(scene, name, ".log");
    bool found = strstr(log, text) != NULL;

    free(log);
    return found;
}

/* Ours, or the address sanitizer's, which comes before it. */
static bool says_why(const struct scene *scene, const char *name)
{
    return says(scene, name, "\"error\":\"out of memory\"") ||
           says(scene, name, "ERROR: Failed to mmap") ||
           says(scene, name, "AddressSanitizer failed to allocate") ||
           says(scene, name, "AddressSanitizer: out of memory");
}

/* It is stopped with the limit; goes on, dies of it, and another one runs. */
static void expect_death(const struct scene *scene, const char *name, pid_t pid)
{
    pid_t now = 0;

    ck_assert_int_eq(kill(pid, SIGCONT), 0);
    ck_assert_msg(EVENTUALLY(WAIT_MS, (now = pid_of(scene, name)) != pid && now != 0),
                  "%s lives on", name);
    ck_assert_msg(says_why(scene, name), "%s does not say why it ended", name);
}

static void stop_with_limit(pid_t pid)
{
    ck_assert_int_eq(kill(pid, SIGSTOP), 0);
    limit_memory(pid);
}

START_TEST(workers_out_of_memory_are_started_again)
{
    static const struct ward classifier = {"c", "classifier"}, analytics = {"a", "analytics"};
    static const struct scene_member others[] = {
        {"g", "gateway"}, {"l", "learner"}, {"n", "notifier"}, {"s", "sender"}};
    struct scene scene;
    pid_t c, a;

    scene_open(&scene, NULL);
    start_ward(&scene, &classifier);
    start_ward(&scene, &analytics);
    scene_start(&scene, others, sizeof others / sizeof others[0]);
    stop_with_limit(c = pid_of(&scene, "c"));
    stop_with_limit(a = pid_of(&scene, "a"));
    scene_wait_load(&scene, scene_begin_load(&scene, (struct scene_load){.seed = suite_seed(),
                                                                         .events = BACKLOG}));
    expect_death(&scene, "c", c);
    ck_assert(EVENTUALLY(WAIT_MS,
                         database_number(scene.rig.uri, "SELECT count(*) FROM tributary.shown") >=
                             BACKLOG / 2)); /* there is much to read at once */
    expect_death(&scene, "a", a);
    scene_verify(&scene);
    scene_close(&scene, NULL);
}
END_TEST

SUITE_MAIN_TIMEOUT("memory", 150, workers_out_of_memory_are_started_again);
