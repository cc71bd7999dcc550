#include "tests/support/database/database.h"

#include "common/base/buffer.h"
#include "common/base/must.h"
#include "tests/support/process/place.h"
#include "tests/support/process/process.h"

#include <glob.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SETTINGS_OF_ALL TRIBUTARY_SOURCE "/deploy/local/postgres/postgresql.conf"

enum { INIT_MS = 60000, START_MS = 60000, STOP_MS = 30000, TERM_MS = 10000 };
enum { FILE_LIMIT = 1 << 16, DATABASES = 64, URIS = 256, URI_SIZE = 384, BACKENDS = 512 };

struct database {
    bool shared;
    int port;
    char socket[PLACE_PATH_SIZE + 16]; /* the folder of it */
    char admin_uri[URI_SIZE];          /* of the database that is always there */
    char names[DATABASES][32];         /* databases made here */
    size_t name_count;
    char *uris[URIS]; /* given out, owned */
    size_t uri_count;

    /* Of one's own: */
    char folder[PLACE_PATH_SIZE];
    char data[PLACE_PATH_SIZE + 16];
    char log_path[PLACE_PATH_SIZE + 16];
    char programs[PLACE_PATH_SIZE];
    struct process *process; /* NULL while it is down */
    pid_t paused[BACKENDS];  /* its backends while it is paused */
    size_t paused_count;
};

/* Of the newest release that Debian has installed. */
static void find_programs(struct database *database)
{
    glob_t found;

    if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) != 0)
        process_fail(NULL, "no PostgreSQL here: run deploy/local/setup");
    snprintf(database->programs, sizeof database->programs, "%.*s",
             (int)(strlen(found.gl_pathv[found.gl_pathc - 1]) - strlen("/initdb")),
             found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
}

static void make_cluster(struct database *database)
{
    char program[PLACE_PATH_SIZE + 16];
    const char *const argv[] = {program,     "-D",    database->data, "-U",
                                "tributary", "-E",    "UTF8",         "--locale=C.UTF-8",
                                "-A",        "trust", "--no-sync",    "--no-instructions",
                                NULL};
    const struct process_options options = {
        .argv = argv,
        .log_path = database->log_path,
        .folder = database->folder,
        .unprivileged = true,
    };

    snprintf(program, sizeof program, "%s/initdb", database->programs);
    if (process_run(&options, INIT_MS) != 0)
        process_fail(database->log_path, "initdb failed");
}

static void write_settings(struct database *database, const struct database_options *options)
{
    char path[PLACE_PATH_SIZE + 48];
    char *base = place_read_end(SETTINGS_OF_ALL, FILE_LIMIT);
    struct buffer text;

    if (base[0] == '\0')
        process_fail(NULL, "no " SETTINGS_OF_ALL);
    buffer_init(&text, 2 * FILE_LIMIT);
    buffer_append_text(&text, base);
    buffer_format(&text, "port = %d\nunix_socket_directories = '%s'\nshared_buffers = 64MB\n",
                  database->port, database->socket);
    if (!options->durable)
        buffer_append_text(&text, "fsync = off\nfull_page_writes = off\n");
    for (size_t i = 0; options->settings != NULL && options->settings[i] != NULL; i++)
        buffer_format(&text, "%s\n", options->settings[i]);
    buffer_append_byte(&text, 0);
    MUST(!text.overflow);
    snprintf(path, sizeof path, "%s/postgresql.auto.conf", database->data);
    place_write(path, text.data, 0600);
    buffer_done(&text);
    free(base);
}

static bool answers(const struct database *database)
{
    char program[PLACE_PATH_SIZE + 16];
    const char *const argv[] = {program, "-q", "-d", database->admin_uri, NULL};

    snprintf(program, sizeof program, "%s/pg_isready", database->programs);
    return process_run(&(struct process_options){.argv = argv}, TERM_MS) == 0;
}

static void launch(struct database *database)
{
    char program[PLACE_PATH_SIZE + 16];
    const char *const argv[] = {program, "-D", database->data, NULL};
    const struct process_options options = {
        .argv = argv,
        .log_path = database->log_path,
        .folder = database->folder,
        .unprivileged = true,
        .death_signal = SIGQUIT, /* its backends end too, its shared memory goes */
    };

    snprintf(program, sizeof program, "%s/postgres", database->programs);
    database->process = process_start(&options);
    if (!EVENTUALLY(START_MS, answers(database) || !process_running(database->process)) ||
        !process_running(database->process))
        process_fail(database->log_path, "Postgres does not answer");
}

static void set_admin_uri(struct database *database)
{
    snprintf(database->admin_uri, sizeof database->admin_uri,
             "postgresql://tributary@:%d/postgres?host=%s", database->port, database->socket);
}

struct database *database_start(const struct database_options *options)
{
    static const struct database_options defaults;
    struct database *database = must_alloc(sizeof *database);

    place_make("pg", database->folder);
    snprintf(database->data, sizeof database->data, "%s/data", database->folder);
    snprintf(database->log_path, sizeof database->log_path, "%s/log", database->folder);
    snprintf(database->socket, sizeof database->socket, "%s/socket", database->folder);
    place_make_inside(database->folder, "socket");
    database->port = place_port();
    set_admin_uri(database);
    find_programs(database);
    make_cluster(database);
    write_settings(database, options == NULL ? &defaults : options);
    launch(database);
    return database;
}

struct database *database_shared(void)
{
    const char *place = getenv("TRIBUTARY_TEST_POSTGRES");
    struct database *database;

    if (place == NULL || place[0] == '\0')
        return database_start(NULL);
    database = must_alloc(sizeof *database);
    database->shared = true;
    if (sscanf(place, "%d:%255s", &database->port, database->socket) != 2)
        process_fail(NULL, "TRIBUTARY_TEST_POSTGRES is %s", place);
    set_admin_uri(database);
    return database;
}

void database_share(const struct database *database)
{
    char place[URI_SIZE];

    snprintf(place, sizeof place, "%d:%s", database->port, database->socket);
    setenv("TRIBUTARY_TEST_POSTGRES", place, 1);
}

static void drop_databases(struct database *database)
{
    for (size_t i = 0; i < database->name_count; i++) {
        char sql[96];

        snprintf(sql, sizeof sql, "DROP DATABASE IF EXISTS %s WITH (FORCE)", database->names[i]);
        database_execute(database->admin_uri, sql);
    }
}

void database_free(struct database *database)
{
    if (database == NULL)
        return;
    if (database->shared) {
        drop_databases(database);
    } else {
        if (database->process != NULL)
            database_stop(database);
        place_remove(database->folder);
    }
    for (size_t i = 0; i < database->uri_count; i++)
        free(database->uris[i]);
    free(database);
}

/* URI_SIZE bytes that live as long as the database. */
static char *new_uri(struct database *database)
{
    char *uri = must_alloc(URI_SIZE);

    MUST(database->uri_count < URIS);
    database->uris[database->uri_count++] = uri;
    return uri;
}

const char *database_create(struct database *database)
{
    char *name = database->names[database->name_count];
    char *uri = new_uri(database);
    char sql[128];

    MUST(database->name_count < DATABASES);
    snprintf(name, sizeof database->names[0], "t%dx%llx%zu", (int)getpid(),
             (unsigned long long)place_steady_ms() & 0xffffff, database->name_count++);
    snprintf(sql, sizeof sql, "CREATE DATABASE %s STRATEGY wal_log", name);
    database_execute(database->admin_uri, sql);
    snprintf(uri, URI_SIZE, "postgresql://tributary@:%d/%s?host=%s", database->port, name,
             database->socket);
    return uri;
}

const char *database_uri_at(struct database *database, const char *uri, int port)
{
    char *other = new_uri(database);
    const char *name = strrchr(uri, ':');
    const char *end;

    name = name == NULL ? NULL : strchr(name, '/');
    end = name == NULL ? NULL : strchr(name, '?');
    MUST(end != NULL);
    snprintf(other, URI_SIZE, "postgresql://tributary@127.0.0.1:%d%.*s", port, (int)(end - name),
             name);
    return other;
}

int database_port(const struct database *database)
{
    return database->port;
}

static struct process *own_process(struct database *database)
{
    if (database->shared)
        process_fail(NULL, "this Postgres is shared: start one of your own to stop it");
    if (database->process == NULL)
        process_fail(NULL, "this Postgres is down already");
    return database->process;
}

static void forget_process(struct database *database)
{
    process_free(database->process);
    database->process = NULL;
    database->paused_count = 0;
}

void database_stop(struct database *database)
{
    struct process *process = own_process(database);

    if (database->paused_count > 0)
        database_resume(database);
    if (process_running(process))
        process_signal(process, SIGQUIT);
    process_wait(process, STOP_MS);
    forget_process(database);
}

/* The postmaster first: stopped, it can make no more backends than those that we then find. */
void database_pause(struct database *database)
{
    struct process *process = own_process(database);

    process_pause(process);
    database->paused_count = process_children(process_pid(process), database->paused, BACKENDS);
    for (size_t i = 0; i < database->paused_count; i++)
        kill(database->paused[i], SIGSTOP);
}

void database_resume(struct database *database)
{
    for (size_t i = 0; i < database->paused_count; i++)
        kill(database->paused[i], SIGCONT);
    process_resume(own_process(database));
    database->paused_count = 0;
}

void database_kill(struct database *database)
{
    struct process *process = own_process(database);

    if (database->paused_count == 0)
        database_pause(database);
    process_kill(process);
    for (size_t i = 0; i < database->paused_count; i++)
        kill(database->paused[i], SIGKILL);
    /* It does not start again while one of them still holds the shared memory. */
    for (size_t i = 0; i < database->paused_count; i++) {
        if (!EVENTUALLY(TERM_MS, process_gone(database->paused[i])))
            process_fail(NULL, "backend %d is not gone", (int)database->paused[i]);
    }
    forget_process(database);
}

void database_restart(struct database *database)
{
    if (database->process != NULL)
        database_stop(database);
    launch(database);
}
