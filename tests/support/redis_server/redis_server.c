#include "tests/support/redis_server/redis_server.h"

#include "common/base/must.h"
#include "tests/support/process/place.h"
#include "tests/support/process/process.h"
#include "tests/support/redis_server/redis_wire.h"

#include <string.h>

#define SETTINGS_OF_ALL TRIBUTARY_SOURCE "/deploy/local/redis/redis.conf"

enum { START_MS = 20000, STOP_MS = 10000, COMMAND_MS = 5000, PROBE_MS = 500 };
enum { FILE_LIMIT = 1 << 16, LINE_LIMIT = 512 };

struct redis_server {
    bool shared;
    int port;
    char address[32];

    /* Of one's own: */
    char folder[PLACE_PATH_SIZE];
    char socket[PLACE_PATH_SIZE + 16];
    char log_path[PLACE_PATH_SIZE + 16];
    struct process *process; /* NULL while it is down */
};

static void write_settings(const struct redis_server *server,
                           const struct redis_server_options *options)
{
    char path[PLACE_PATH_SIZE + 16];
    char *text = place_read_end(SETTINGS_OF_ALL, FILE_LIMIT);
    size_t size = strlen(text);

    if (size == 0)
        process_fail(NULL, "no " SETTINGS_OF_ALL);
    text = must_realloc(text, 2 * FILE_LIMIT);
    size += (size_t)snprintf(text + size, LINE_LIMIT, "port %d\nunixsocket %s\ndir %s\n",
                             server->port, server->socket, server->folder);
    for (size_t i = 0; options->settings != NULL && options->settings[i] != NULL; i++) {
        MUST(size + LINE_LIMIT < 2 * FILE_LIMIT && strlen(options->settings[i]) + 2 < LINE_LIMIT);
        size += (size_t)snprintf(text + size, LINE_LIMIT, "%s\n", options->settings[i]);
    }
    snprintf(path, sizeof path, "%s/redis.conf", server->folder);
    place_write(path, text, 0644);
    free(text);
}

static bool answers(const struct redis_server *server)
{
    const char *const ping[] = {"PING", NULL};
    char *reply = redis_wire_command(server->port, ping, PROBE_MS);
    bool good = reply != NULL;

    free(reply);
    return good;
}

static void launch(struct redis_server *server)
{
    const char *const argv[] = {"redis-server", "redis.conf", NULL};
    const struct process_options options = {
        .argv = argv,
        .log_path = server->log_path,
        .folder = server->folder,
        .unprivileged = true,
    };

    server->process = process_start(&options);
    if (!EVENTUALLY(START_MS, answers(server) || !process_running(server->process)) ||
        !process_running(server->process))
        process_fail(server->log_path, "Redis does not answer");
}

struct redis_server *redis_server_start(const struct redis_server_options *options)
{
    static const struct redis_server_options defaults;
    struct redis_server *server = must_alloc(sizeof *server);

    place_make("redis", server->folder);
    snprintf(server->socket, sizeof server->socket, "%s/socket", server->folder);
    snprintf(server->log_path, sizeof server->log_path, "%s/log", server->folder);
    server->port = place_port();
    snprintf(server->address, sizeof server->address, "127.0.0.1:%d", server->port);
    write_settings(server, options == NULL ? &defaults : options);
    launch(server);
    return server;
}

struct redis_server *redis_server_shared(void)
{
    const char *address = getenv("TRIBUTARY_TEST_REDIS");
    struct redis_server *server;

    if (address == NULL || address[0] == '\0')
        return redis_server_start(NULL);
    server = must_alloc(sizeof *server);
    server->shared = true;
    snprintf(server->address, sizeof server->address, "%s", address);
    if (sscanf(address, "127.0.0.1:%d", &server->port) != 1)
        process_fail(NULL, "TRIBUTARY_TEST_REDIS is %s", address);
    return server;
}

void redis_server_share(const struct redis_server *server)
{
    setenv("TRIBUTARY_TEST_REDIS", server->address, 1);
}

void redis_server_free(struct redis_server *server)
{
    if (server == NULL)
        return;
    process_free(server->process);
    if (!server->shared)
        place_remove(server->folder);
    free(server);
}

const char *redis_server_address(const struct redis_server *server)
{
    return server->address;
}

const char *redis_server_socket(const struct redis_server *server)
{
    return server->shared ? NULL : server->socket;
}

int redis_server_port(const struct redis_server *server)
{
    return server->port;
}

static struct process *own_process(struct redis_server *server)
{
    if (server->shared)
        process_fail(NULL, "this Redis is shared: start one of your own to stop it");
    if (server->process == NULL)
        process_fail(NULL, "this Redis is down already");
    return server->process;
}

static void forget_process(struct redis_server *server)
{
    process_free(server->process);
    server->process = NULL;
}

void redis_server_stop(struct redis_server *server)
{
    process_terminate(own_process(server), STOP_MS);
    forget_process(server);
}

void redis_server_kill(struct redis_server *server)
{
    process_kill(own_process(server));
    forget_process(server);
}

void redis_server_restart(struct redis_server *server)
{
    if (server->process != NULL)
        redis_server_stop(server);
    launch(server);
}

void redis_server_pause(struct redis_server *server)
{
    process_pause(own_process(server));
}

void redis_server_resume(struct redis_server *server)
{
    process_resume(own_process(server));
}

void redis_server_flush(struct redis_server *server)
{
    const char *const words[] = {"FLUSHALL", NULL};

    free(redis_server_command(server, words));
}

char *redis_server_command(struct redis_server *server, const char *const *words)
{
    char *reply = redis_wire_command(server->port, words, COMMAND_MS);

    if (reply == NULL)
        process_fail(server->shared ? NULL : server->log_path, "no reply of Redis to %s", words[0]);
    return reply;
}
