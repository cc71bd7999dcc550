#include "tests/support/http/host.h"

#include "common/base/must.h"

static void run_task(void *context)
{
    struct host *host = context;

    if (host->task != NULL)
        host->task(host->context);
    host->task = NULL;
    sem_post(&host->done);
}

static void *run_loop(void *context)
{
    struct host *host = context;
    struct error error = {0};

    MUST(loop_run(host->loop, &error) == STATUS_OK);
    return NULL;
}

void host_start(struct host *host, uint16_t port, const struct http_limits *limits,
                const struct http_route *routes, size_t route_count, void *context)
{
    struct error error = {0};

    *host = (struct host){0};
    MUST(sem_init(&host->done, 0, 0) == 0);
    MUST(loop_new(&host->loop, &error) == STATUS_OK);
    MUST(loop_waker_new(&host->waker, host->loop, run_task, host, &error) == STATUS_OK);
    host->server = http_server_new(host->loop, limits, routes, route_count, context);
    MUST(http_server_listen(host->server, "127.0.0.1", port, HTTP_PORT_SHARED, &error) ==
         STATUS_OK);
    host->port = http_server_port(host->server);
    MUST(pthread_create(&host->thread, NULL, run_loop, host) == 0);
}

void host_halt(struct host *host)
{
    if (host->halted)
        return;
    loop_stop(host->loop);
    pthread_join(host->thread, NULL);
    host->halted = true;
}

void host_stop(struct host *host)
{
    host_halt(host);
    http_server_free(host->server);
    loop_waker_free(host->waker);
    loop_free(host->loop);
    sem_destroy(&host->done);
}

void host_run(struct host *host, void (*task)(void *context), void *context)
{
    host->task = task;
    host->context = context;
    loop_wake(host->waker);
    sem_wait(&host->done);
}

static void read_counters(void *context)
{
    struct host *host = context;

    http_server_counters(host->server, &host->counters);
}

struct http_counters host_counters(struct host *host)
{
    host_run(host, read_counters, host);
    return host->counters;
}
