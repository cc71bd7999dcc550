#include "common/http/server.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/http/internal.h"

enum {
    HEAD_BYTES_MAX = 1 << 16, /* of an answer's head with a joined body */
    SWEEP_MAX_US = 50000,
    SWEEP_MIN_US = 5000,
};

static int64_t limit_of_phase(const struct http_limits *limits, enum http_phase phase)
{
    switch (phase) {
    case HTTP_PHASE_IDLE:
        return limits->idle_ms * 1000;
    case HTTP_PHASE_HEAD:
        return limits->head_ms * 1000;
    case HTTP_PHASE_BODY:
        return limits->body_ms * 1000;
    case HTTP_PHASE_WRITE:
        return limits->write_ms * 1000;
    case HTTP_PHASE_LINGER:
        return limits->linger_ms * 1000;
    default:
        return INT64_MAX;
    }
}

static void sweep_connections(struct http_server *server, int64_t now_us)
{
    for (enum http_phase phase = 0; phase < HTTP_PHASES; phase++) {
        int64_t limit_us = limit_of_phase(&server->limits, phase);
        struct http_connection *first;

        while ((first = TAILQ_FIRST(&server->phases[phase])) != NULL &&
               now_us - first->since_us >= limit_us)
            http_connection_expire(first);
    }
}

static void sweep_requests(struct http_server *server, int64_t now_us)
{
    struct http_request *first;

    while ((first = TAILQ_FIRST(&server->deadlines)) != NULL && first->due_us <= now_us) {
        TAILQ_REMOVE(&server->deadlines, first, due);
        first->due_us = 0;
        first->expired(first->expired_context, first);
    }
}

/* All deadlines hang on this one timer: a request sets and clears none of the system's. */
static void server_sweep(void *context)
{
    struct http_server *server = context;
    int64_t now_us = loop_now_us(server->loop);

    http_date(clock_wall_us(), server->date);
    sweep_connections(server, now_us);
    sweep_requests(server, now_us);
}

static int64_t sweep_period_us(const struct http_limits *limits)
{
    int64_t period_us = SWEEP_MAX_US;

    for (enum http_phase phase = 0; phase < HTTP_PHASES; phase++)
        if (limit_of_phase(limits, phase) / 4 < period_us)
            period_us = limit_of_phase(limits, phase) / 4;
    return period_us > SWEEP_MIN_US ? period_us : SWEEP_MIN_US;
}

static void server_resume(void *context)
{
    struct http_server *server = context;
    struct http_connection *connection;
    size_t count = 0;

    TAILQ_FOREACH (connection, &server->resuming, resume)
        count++;
    while (count-- > 0 && (connection = TAILQ_FIRST(&server->resuming)) != NULL) {
        TAILQ_REMOVE(&server->resuming, connection, resume);
        connection->resuming = false;
        http_connection_enter(connection);
        http_input_frame(connection);
        http_connection_leave(connection);
    }
    if (!TAILQ_EMPTY(&server->resuming))
        loop_timer_once(server->resume, 0);
}

static void server_drained(void *context)
{
    struct http_server *server = context;
    void (*drained)(void *) = server->drained;

    server->drained = NULL;
    if (drained != NULL)
        drained(server->drained_context);
}

struct http_server *http_server_new(struct loop *loop, const struct http_limits *limits,
                                    const struct http_route *routes, size_t route_count,
                                    void *context)
{
    struct http_server *server = must_alloc(sizeof *server);

    MUST(limits->header_count <= HTTP_HEADERS_MAX && limits->header_bytes <= HTTP_HEAD_BYTES_MAX &&
         limits->request_line_bytes <= HTTP_HEAD_BYTES_MAX && limits->pipeline > 0);
    server->loop = loop;
    server->limits = *limits;
    server->router = (struct http_router){routes, route_count};
    server->context = context;
    http_listener_init(&server->listener);
    for (enum http_phase phase = 0; phase < HTTP_PHASES; phase++)
        TAILQ_INIT(&server->phases[phase]);
    TAILQ_INIT(&server->resuming);
    TAILQ_INIT(&server->in_flight);
    TAILQ_INIT(&server->deadlines);
    TAILQ_INIT(&server->pool);
    http_block_pool_init(&server->blocks, limits->memory_bytes);
    buffer_init(&server->head, HEAD_BYTES_MAX);
    http_date(clock_wall_us(), server->date);
    server->resume = loop_timer_new(loop, server_resume, server);
    server->drain = loop_timer_new(loop, server_drained, server);
    server->sweep = loop_timer_new(loop, server_sweep, server);
    loop_timer_every(server->sweep, sweep_period_us(limits));
    return server;
}

static void server_close_connections(struct http_server *server)
{
    struct http_connection *connection;
    struct http_request *request;

    for (enum http_phase phase = 0; phase < HTTP_PHASES; phase++)
        while ((connection = TAILQ_FIRST(&server->phases[phase])) != NULL)
            http_connection_free(connection);
    while ((request = TAILQ_FIRST(&server->in_flight)) != NULL) {
        TAILQ_REMOVE(&server->in_flight, request, all);
        if (request->due_us != 0)
            TAILQ_REMOVE(&server->deadlines, request, due);
        request->server = NULL;
    }
}

void http_server_free(struct http_server *server)
{
    struct http_request *request;

    if (server == NULL)
        return;
    http_listener_done(&server->listener);
    server_close_connections(server);
    while ((request = TAILQ_FIRST(&server->pool)) != NULL) {
        TAILQ_REMOVE(&server->pool, request, queue);
        free(request);
    }
    http_block_pool_done(&server->blocks);
    buffer_done(&server->head);
    loop_timer_free(server->resume);
    loop_timer_free(server->drain);
    loop_timer_free(server->sweep);
    free(server);
}

void http_server_check_drained(struct http_server *server)
{
    if (server->draining && server->drained != NULL && server->counters.connections == 0 &&
        TAILQ_EMPTY(&server->in_flight))
        loop_timer_once(server->drain, 0);
}

static struct http_connection *between_requests(struct http_server *server, enum http_phase phase)
{
    struct http_connection *connection;

    TAILQ_FOREACH (connection, &server->phases[phase], peers)
        if (connection->current == NULL)
            return connection;
    return NULL;
}

/* Each is freed, or waits for something else afterwards: a request that has arrived is still taken.
 */
static void drain_phase(struct http_server *server, enum http_phase phase)
{
    struct http_connection *connection;

    for (uint64_t left = server->counters.connections; left > 0; left--) {
        connection = between_requests(server, phase);
        if (connection == NULL)
            return;
        http_connection_enter(connection);
        http_input_read(connection);
        http_connection_leave(connection);
    }
}

void http_server_drain(struct http_server *server, void (*drained)(void *context), void *context)
{
    server->drained = drained;
    server->drained_context = context;
    if (server->listener.fd >= 0)
        http_listener_accept(server);
    http_listener_done(&server->listener);
    server->draining = true;
    drain_phase(server, HTTP_PHASE_IDLE);
    drain_phase(server, HTTP_PHASE_HEAD);
    http_server_check_drained(server);
}

void http_server_counters(const struct http_server *server, struct http_counters *ret_counters)
{
    const uint64_t *from = (const uint64_t *)&server->counters;
    uint64_t *to = (uint64_t *)ret_counters;

    _Static_assert(sizeof *ret_counters % sizeof *to == 0, "counters are all of one type");
    for (size_t i = 0; i < sizeof *ret_counters / sizeof *to; i++)
        to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}
