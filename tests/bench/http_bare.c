/* What common/http costs when the handler does nothing: answers each POST with 202 and 14 bytes.
 * Prints its port; ends on SIGTERM. */
#include "common/http/server.h"
#include "common/loop/loop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void accept_it(void *context, struct http_request *request)
{
    (void)context;
    http_respond_text(request, 202, "application/json", SLICE_LITERAL("{\"accepted\":1}"));
}

static const struct http_route routes[] = {{"POST", "/v1/transactions", accept_it, 0}};

static void stop(void *context)
{
    loop_stop(context);
}

static enum status serve(struct loop *loop, struct error *error)
{
    struct http_limits limits = http_limits_default();
    OWNED(http_server) server = http_server_new(loop, &limits, routes, 1, NULL);
    struct loop_signal *terminate = NULL;
    enum status status = http_server_listen(server, "127.0.0.1", 0, HTTP_PORT_OWN, error);

    if (status == STATUS_OK)
        status = loop_signal_new(&terminate, loop, SIGTERM, stop, loop, error);
    if (status == STATUS_OK) {
        printf("%u\n", http_server_port(server));
        fflush(stdout);
        status = loop_run(loop, error);
    }
    loop_signal_free(terminate);
    return status;
}

int main(void)
{
    struct error error = {0};
    OWNED(loop) loop = NULL;

    if (loop_new(&loop, &error) == STATUS_OK && serve(loop, &error) == STATUS_OK)
        return EXIT_SUCCESS;
    fprintf(stderr, "%s\n", error.text);
    return EXIT_FAILURE;
}
