#include "common/http/admin.h"

#include "common/base/must.h"
#include "common/http/server.h"
#include "common/http/target.h"

enum {
    METRICS_BYTES_MAX = 4 << 20,
    CHECKS_BYTES_MAX = 1 << 16,
};

struct http_checks {
    struct buffer lines;
    bool failed;
};

struct http_admin {
    struct http_server *server;
    struct http_admin_callbacks callbacks;
    struct buffer metrics; /* keeps its memory between scrapes */
};

void http_check(struct http_checks *checks, const char *name, bool ok, const char *reason)
{
    buffer_format(&checks->lines, "[%c]%s %s%s%s\n", ok ? '+' : '-', name, ok ? "ok" : "failed",
                  reason != NULL ? ": " : "", reason != NULL ? reason : "");
    checks->failed |= !ok;
}

static void admin_live(void *context, struct http_request *request)
{
    struct http_admin *admin = context;
    bool ok = admin->callbacks.live == NULL || admin->callbacks.live(admin->callbacks.context);

    http_respond_text(request, ok ? 200 : 503, "text/plain; charset=utf-8",
                      ok ? SLICE_LITERAL("ok\n") : SLICE_LITERAL("failed\n"));
}

static void admin_ready(void *context, struct http_request *request)
{
    struct http_admin *admin = context;
    struct http_checks checks = {.failed = false};
    struct slice verbose, text;

    buffer_init(&checks.lines, CHECKS_BYTES_MAX);
    if (admin->callbacks.ready != NULL)
        admin->callbacks.ready(admin->callbacks.context, &checks);
    buffer_append_text(&checks.lines, checks.failed ? "failed\n" : "ok\n");
    text = buffer_slice(&checks.lines);
    if (!checks.failed && !http_query_find(http_query(request), "verbose", &verbose))
        text = SLICE_LITERAL("ok\n");
    http_respond_text(request, checks.failed ? 503 : 200, "text/plain; charset=utf-8", text);
    buffer_done(&checks.lines);
}

static void admin_metrics(void *context, struct http_request *request)
{
    struct http_admin *admin = context;

    buffer_reset(&admin->metrics);
    if (admin->callbacks.metrics != NULL)
        admin->callbacks.metrics(admin->callbacks.context, &admin->metrics);
    if (admin->metrics.overflow)
        http_respond_problem(
            request, &(struct http_problem){.status = 500, .detail = "The text is too large."});
    else
        http_respond_text(request, 200, "text/plain; version=0.0.4; charset=utf-8",
                          buffer_slice(&admin->metrics));
}

static const struct http_route admin_routes[] = {
    {"GET", "/livez", admin_live, 0},
    {"GET", "/readyz", admin_ready, 0},
    {"GET", "/metrics", admin_metrics, 0},
};

/* Few clients, and none of them sends a body. */
static struct http_limits admin_limits(void)
{
    struct http_limits limits = http_limits_default();

    limits.body_bytes = 0;
    limits.connections = 64;
    limits.memory_bytes = 4 * METRICS_BYTES_MAX;
    limits.backlog_bytes = 2 * METRICS_BYTES_MAX;
    return limits;
}

enum status http_admin_new(struct http_admin **ret_admin, struct loop *loop, const char *address,
                           uint16_t port, const struct http_admin_callbacks *callbacks,
                           struct error *error)
{
    OWNED(http_admin) admin = must_alloc(sizeof *admin);
    struct http_limits limits = admin_limits();
    enum status status;

    admin->callbacks = *callbacks;
    buffer_init(&admin->metrics, METRICS_BYTES_MAX);
    admin->server = http_server_new(loop, &limits, admin_routes,
                                    sizeof admin_routes / sizeof admin_routes[0], admin);
    status = http_server_listen(admin->server, address, port, HTTP_PORT_OWN, error);
    if (status != STATUS_OK)
        return status;
    *ret_admin = TAKE(admin);
    return STATUS_OK;
}

void http_admin_free(struct http_admin *admin)
{
    if (admin == NULL)
        return;
    http_server_free(admin->server);
    buffer_done(&admin->metrics);
    free(admin);
}

uint16_t http_admin_port(const struct http_admin *admin)
{
    return http_server_port(admin->server);
}
