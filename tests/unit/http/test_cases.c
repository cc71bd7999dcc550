/* common/http over real sockets: each bad or odd request in one write and byte by byte. The answer
 * is one, and nothing behind it is taken for a request. */
#include "tests/support/http/cases.h"
#include "tests/support/http/host.h"
#include "tests/support/http/peer.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>

static int smuggled;

static void take(void *context, struct http_request *request)
{
    (void)context;
    http_respond_text(request, 202, "application/json", SLICE_LITERAL("{}"));
}

static void live(void *context, struct http_request *request)
{
    (void)context;
    http_respond_text(request, 200, "text/plain", SLICE_LITERAL("ok\n"));
}

static void smuggle(void *context, struct http_request *request)
{
    (void)context;
    __atomic_store_n(&smuggled, 1, __ATOMIC_RELAXED);
    http_respond_text(request, 200, "text/plain", SLICE_LITERAL("smuggled\n"));
}

static const struct http_route routes[] = {
    {"POST", "/v1/transactions", take, 0},
    {"GET", "/livez", live, 0},
    {"GET", "/smuggled", smuggle, 0},
};

static void check_problem(const struct http_case *row, const struct answer *answer)
{
    struct slice type = answer_field(answer, "Content-Type");
    char status[32];

    ck_assert_msg(slice_equal(type, SLICE_LITERAL("application/problem+json")), "%s", row->name);
    snprintf(status, sizeof status, "\"status\":%d", row->status);
    ck_assert_msg(memmem(answer->body.data, answer->body.size, status, strlen(status)) != NULL,
                  "%s", row->name);
    if (row->status == 405)
        ck_assert_msg(answer_field(answer, "Allow").data != NULL, "%s", row->name);
}

static void check_case(uint16_t port, const struct http_case *row, bool drip)
{
    struct buffer bytes;
    struct peer peer;
    struct answer answer;
    bool head;

    buffer_init(&bytes, 1 << 17);
    http_case_bytes(row, &bytes);
    peer_init(&peer, port, 2000);
    if (drip)
        peer_drip(&peer, bytes.data, bytes.size, 0);
    else
        peer_send(&peer, bytes.data, bytes.size);
    head = bytes.size > 4 && memcmp(bytes.data, "HEAD", 4) == 0;
    answer = peer_answer(&peer, head);
    ck_assert_msg(answer.status == row->status, "%s: %d", row->name, answer.status);
    ck_assert_msg(answer.close != row->stays, "%s", row->name);
    if (answer.status >= 400)
        check_problem(row, &answer);
    if (row->stays) {
        ck_assert(peer_send_text(&peer, "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"));
        ck_assert_msg(peer_answer(&peer, false).status == 200, "%s", row->name);
    } else {
        ck_assert_msg(peer_is_closed(&peer), "%s", row->name);
    }
    ck_assert_msg(__atomic_load_n(&smuggled, __ATOMIC_RELAXED) == 0, "%s", row->name);
    peer_done(&peer);
    buffer_done(&bytes);
}

static void check_all(bool drip)
{
    struct http_limits limits = http_limits_default();
    struct host host;

    limits.body_bytes = HTTP_CASE_BODY_LIMIT;
    host_start(&host, 0, &limits, routes, sizeof routes / sizeof routes[0], NULL);
    for (size_t i = 0; i < http_case_count; i++)
        check_case(host.port, &http_cases[i], drip);
    host_stop(&host);
}

START_TEST(cases_in_one_write)
{
    check_all(false);
}
END_TEST

START_TEST(cases_byte_by_byte)
{
    check_all(true);
}
END_TEST

SUITE_MAIN("http cases", cases_in_one_write, cases_byte_by_byte);
