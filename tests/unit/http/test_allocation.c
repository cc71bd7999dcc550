/* common/http: a request on a warm connection takes no memory from the heap. The linker sends every
 * malloc of our libraries through here. */
#include "common/base/must.h"
#include "tests/support/http/host.h"
#include "tests/support/http/peer.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

/* Of the server's thread, while it is set. */
static _Thread_local bool counting;
static int allocations;

static void note(void)
{
    if (counting)
        allocations++;
}

void *__wrap_malloc(size_t size)
{
    note();
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    note();
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    note();
    return __real_realloc(old, size);
}

static void set_counting(void *context)
{
    counting = *(bool *)context;
}

static void take(void *context, struct http_request *request)
{
    (void)context;
    http_respond_text(request, 202, "application/json", SLICE_LITERAL("{\"accepted\":1}"));
}

static const struct http_route routes[] = {{"POST", "/a", take, 0}};

static void post(struct peer *peer, size_t size, int times)
{
    char *body = calloc(1, size);
    char head[128];

    snprintf(head, sizeof head, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", size);
    for (int i = 0; i < times; i++) {
        peer_send_text(peer, head);
        peer_send(peer, body, size);
        ck_assert_int_eq(peer_answer(peer, false).status, 202);
    }
    free(body);
}

START_TEST(a_warm_connection_allocates_nothing)
{
    struct http_limits limits = http_limits_default();
    struct host host;
    struct peer peer;
    bool on = true;

    host_start(&host, 0, &limits, routes, 1, NULL);
    peer_init(&peer, host.port, 2000);
    post(&peer, 33000, 3);
    host_run(&host, set_counting, &on);
    post(&peer, 336, 100);
    post(&peer, 33000, 100);
    on = false;
    host_run(&host, set_counting, &on);
    ck_assert_int_eq(allocations, 0);
    host_run(&host, set_counting, &(bool){true});
    post(&peer, 200000, 1);
    ck_assert_int_gt(allocations, 0); /* the counting works */
    peer_done(&peer);
    host_stop(&host);
}
END_TEST

SUITE_MAIN("http allocation", a_warm_connection_allocates_nothing);
