#include "tests/support/fleet/fleet.h"

#include "common/base/must.h"
#include "tests/support/fleet/fleet_settings.h"
#include "tests/support/process/place.h"
#include "tests/support/process/process.h"

#include <string.h>

enum { ARGUMENTS = 30, PROBE_MS = 1000, OUTPUT_BYTES = 1 << 20 };

struct member {
    char *name;
    char *program;
    char *arguments[ARGUMENTS + 1]; /* owned; NULL behind the last */
    struct fleet_settings settings; /* over the fleet's */
    int admin_port;
    char *log_path;
    struct process *process; /* NULL before the first start and after a kill */
};

struct fleet {
    char folder[PLACE_PATH_SIZE];
    struct fleet_settings settings;
    struct member members[FLEET_MEMBERS];
    size_t count;
};

struct fleet *fleet_new(void)
{
    struct fleet *fleet = must_alloc(sizeof *fleet);

    place_make("fleet", fleet->folder);
    return fleet;
}

static void forget_arguments(struct member *member)
{
    for (size_t i = 0; i < ARGUMENTS; i++)
        free(member->arguments[i]);
    memset(member->arguments, 0, sizeof member->arguments);
    free(member->program);
}

void fleet_free(struct fleet *fleet)
{
    if (fleet == NULL)
        return;
    fleet_kill_all(fleet);
    for (size_t i = 0; i < fleet->count; i++) {
        forget_arguments(&fleet->members[i]);
        fleet_settings_done(&fleet->members[i].settings);
        free(fleet->members[i].name);
        free(fleet->members[i].log_path);
    }
    fleet_settings_done(&fleet->settings);
    if (getenv("TRIBUTARY_TEST_KEEP") == NULL)
        place_remove(fleet->folder);
    free(fleet);
}

const char *fleet_folder(const struct fleet *fleet)
{
    return fleet->folder;
}

static struct member *find_or_add(struct fleet *fleet, const char *name)
{
    struct member *member;

    for (size_t i = 0; i < fleet->count; i++) {
        if (strcmp(fleet->members[i].name, name) == 0)
            return &fleet->members[i];
    }
    MUST(fleet->count < FLEET_MEMBERS);
    member = &fleet->members[fleet->count++];
    member->name = strdup(name);
    member->admin_port = place_port();
    MUST(asprintf(&member->log_path, "%s/%s.log", fleet->folder, name) >= 0);
    return member;
}

/* One that was started. */
static struct member *find(struct fleet *fleet, const char *name)
{
    struct member *member = find_or_add(fleet, name);

    if (member->process == NULL)
        process_fail(NULL, "%s was not started, or was killed", name);
    return member;
}

void fleet_set(struct fleet *fleet, const char *name, const char *value)
{
    fleet_settings_set(&fleet->settings, name, value);
}

void fleet_set_for(struct fleet *fleet, const char *member, const char *name, const char *value)
{
    fleet_settings_set(&find_or_add(fleet, member)->settings, name, value);
}

static void launch(struct fleet *fleet, struct member *member)
{
    struct fleet_settings all = {0};
    const char *argv[ARGUMENTS + 2] = {member->program};
    char port[16];

    snprintf(port, sizeof port, "%d", member->admin_port);
    fleet_settings_set(&all, "TRIBUTARY_WORKER_ADMIN_PORT", port);
    fleet_settings_set(&all, "TRIBUTARY_GATEWAY_ADMIN_PORT", port);
    fleet_settings_set(&all, "TRIBUTARY_SENDER_ADMIN_PORT", port);
    fleet_settings_add(&all, &fleet->settings);
    fleet_settings_add(&all, &member->settings);
    for (size_t i = 0; i < ARGUMENTS; i++)
        argv[i + 1] = member->arguments[i];
    process_free(member->process);
    member->process = process_start(&(struct process_options){
        .argv = argv,
        .environment = (const char *const *)all.entries,
        .log_path = member->log_path,
        .folder = fleet->folder,
    });
    fleet_settings_done(&all);
}

static char *program_path(const char *program)
{
    char *path = NULL;

    MUST(asprintf(&path, "%s/%s", TRIBUTARY_BIN, program) >= 0);
    return path;
}

void fleet_start(struct fleet *fleet, const char *member, const char *program,
                 const char *const *arguments)
{
    struct member *started = find_or_add(fleet, member);

    if (started->process != NULL && process_running(started->process))
        process_fail(NULL, "%s runs already", member);
    forget_arguments(started);
    started->program = program_path(program);
    for (size_t i = 0; arguments != NULL && arguments[i] != NULL; i++) {
        MUST(i < ARGUMENTS);
        started->arguments[i] = strdup(arguments[i]);
    }
    launch(fleet, started);
}

static bool is_ready(const struct member *member)
{
    const struct fleet_request request = {
        .port = member->admin_port, .path = "/readyz", .timeout_ms = PROBE_MS};

    return fleet_http(&request, NULL) == 200;
}

void fleet_wait_ready(struct fleet *fleet, const char *member, int timeout_ms)
{
    struct member *waited = find(fleet, member);

    if (!EVENTUALLY(timeout_ms, is_ready(waited) || !process_running(waited->process)))
        process_fail(waited->log_path, "%s is not ready after %d ms", member, timeout_ms);
    if (!process_running(waited->process))
        process_fail(waited->log_path, "%s ended with %d instead of getting ready", member,
                     process_wait(waited->process, 0));
}

void fleet_restart(struct fleet *fleet, const char *member)
{
    struct member *restarted = find_or_add(fleet, member);

    if (restarted->program == NULL)
        process_fail(NULL, "%s was not started", member);
    launch(fleet, restarted);
}

static void end_member(struct member *member)
{
    process_free(member->process);
    member->process = NULL;
}

void fleet_kill(struct fleet *fleet, const char *member)
{
    end_member(find(fleet, member));
}

void fleet_kill_all(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++)
        end_member(&fleet->members[i]);
}

void fleet_pause(struct fleet *fleet, const char *member)
{
    process_pause(find(fleet, member)->process);
}

void fleet_resume(struct fleet *fleet, const char *member)
{
    process_resume(find(fleet, member)->process);
}

int fleet_terminate(struct fleet *fleet, const char *member, int timeout_ms)
{
    return process_terminate(find(fleet, member)->process, timeout_ms);
}

int fleet_wait_exit(struct fleet *fleet, const char *member, int timeout_ms)
{
    return process_wait(find(fleet, member)->process, timeout_ms);
}

bool fleet_running(struct fleet *fleet, const char *member)
{
    struct member *asked = find_or_add(fleet, member);

    return asked->process != NULL && process_running(asked->process);
}

pid_t fleet_pid(struct fleet *fleet, const char *member)
{
    return process_pid(find(fleet, member)->process);
}

int fleet_admin_port(struct fleet *fleet, const char *member)
{
    return find_or_add(fleet, member)->admin_port;
}

int fleet_run(struct fleet *fleet, const char *program, const char *const *arguments,
              int timeout_ms, char **ret_output)
{
    char *path = program_path(program);
    char log_path[PLACE_PATH_SIZE + 16];
    const char *argv[ARGUMENTS + 2] = {path};
    int code;

    for (size_t i = 0; arguments != NULL && arguments[i] != NULL; i++) {
        MUST(i < ARGUMENTS);
        argv[i + 1] = arguments[i];
    }
    snprintf(log_path, sizeof log_path, "%s/run.log", fleet->folder);
    remove(log_path);
    code = process_run(
        &(struct process_options){
            .argv = argv,
            .environment = (const char *const *)fleet->settings.entries,
            .log_path = log_path,
            .folder = fleet->folder,
        },
        timeout_ms);
    if (ret_output != NULL)
        *ret_output = place_read_end(log_path, OUTPUT_BYTES);
    free(path);
    return code;
}
