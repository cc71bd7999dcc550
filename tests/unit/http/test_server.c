/* common/http: requests and answers over real sockets, now and later. */
#include "tests/support/http/scene.h"
#include "tests/support/suite/suite.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: a\r\n"

static void describe(void *context, struct http_request *request)
{
    struct buffer text;
    struct slice value = {0};
    char status[16];

    (void)context;
    buffer_init(&text, 4096);
    snprintf(status, sizeof status, "%zu", http_header_count(request, "x-twice"));
    buffer_format(&text, "%.*s %.*s %.*s %.*s %s", SLICE_FORMAT(http_method(request)),
                  SLICE_FORMAT(http_path(request)), SLICE_FORMAT(http_query(request)),
                  SLICE_FORMAT(http_header(request, "X-Name")), status);
    if (http_header(request, "X-Back").data != NULL)
        value = http_header(request, "X-Back");
    http_respond(request, &(struct http_response){.status = 200,
                                                  .content_type = "text/plain",
                                                  .body = buffer_slice(&text),
                                                  .fields = &(struct http_field){"X-Back", value},
                                                  .field_count = 1});
    buffer_done(&text);
}

static void expired(void *context, struct http_request *request)
{
    struct scene *scene = context;

    scene->seen++;
    http_respond_problem(request, &(struct http_problem){.status = 503,
                                                         .detail = "Say \"again\".",
                                                         .retry_after_s = 3,
                                                         .members = "\"retry\":true"});
}

static void wait_a_little(void *context, struct http_request *request)
{
    http_set_deadline(request, 10000, expired, context);
    http_set_deadline(request, 30, expired, context);
}

static void wait_and_answer(void *context, struct http_request *request)
{
    http_set_deadline(request, 1, expired, context);
    http_respond_text(request, 204, NULL, (struct slice){0});
}

static const struct http_route routes[] = {
    {"GET", "/describe", describe, 0},   {"GET", "/ids/", describe, HTTP_ROUTE_PREFIX},
    {"POST", "/wait", wait_a_little, 0}, {"POST", "/both", wait_and_answer, 0},
    {"POST", "/echo", scene_echo, 0},    {"POST", "/park", scene_park, 0},
};

static void start(struct scene *scene)
{
    scene_start_with(scene, NULL, routes, sizeof routes / sizeof routes[0]);
}

START_TEST(the_request_is_all_there)
{
    struct scene scene;
    struct peer peer;
    struct answer answer;

    start(&scene);
    peer_init(&peer, scene.host.port, 2000);
    peer_send_text(&peer, "GET /describe?x=1&y HTTP/1.1\r\n" HOST "x-name: me \r\nX-Twice: 1\r\n"
                          "X-TWICE: 2\r\nX-Back: a\xff"
                          "b\r\n\r\n");
    answer = peer_answer(&peer, false);
    ck_assert_int_eq(answer.status, 200);
    ck_assert(slice_equal(answer.body, SLICE_LITERAL("GET /describe x=1&y me 2")));
    ck_assert(slice_equal(answer_field(&answer, "X-Back"), SLICE_LITERAL("a\xff"
                                                                         "b")));
    ck_assert_uint_eq(answer_field(&answer, "Date").size, 29);
    peer_send_text(&peer, "GET /ids/17 HTTP/1.1\r\n" HOST "\r\n");
    answer = peer_answer(&peer, false);
    ck_assert(slice_equal(answer.body, SLICE_LITERAL("GET /ids/17   0")));
    peer_send_text(&peer,
                   "HEAD /describe HTTP/1.1\r\n" HOST "\r\nGET /describe HTTP/1.1\r\n" HOST "\r\n");
    ck_assert_int_eq(peer_answer(&peer, true).status, 200);
    answer = peer_answer(&peer, false);
    ck_assert(slice_equal(answer.body, SLICE_LITERAL("GET /describe   0")));
    peer_send_text(&peer, "POST /describe HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
    answer = peer_answer(&peer, false);
    ck_assert_int_eq(answer.status, 405);
    ck_assert(slice_equal(answer_field(&answer, "Allow"), SLICE_LITERAL("GET, HEAD")));
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

static char *pattern(size_t size)
{
    char *bytes = malloc(size);

    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)('a' + i * 7 % 26);
    return bytes;
}

static void send_chunked(struct peer *peer, const char *bytes, size_t size, size_t piece)
{
    char head[64];

    peer_send_text(peer, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (size_t at = 0; at < size; at += piece) {
        size_t part = piece < size - at ? piece : size - at;

        snprintf(head, sizeof head, "%zx\r\n", part);
        peer_send_text(peer, head);
        peer_send(peer, bytes + at, part);
        peer_send_text(peer, "\r\n");
    }
    peer_send_text(peer, "0\r\n\r\n");
}

/* Sizes around those of the blocks, both ways of framing, on one connection and on new ones. */
START_TEST(bodies_come_back_whole)
{
    static const size_t sizes[] = {0,     1,     3900,  4040,   4096,   4097,    8192, 33000,
                                   65536, 70000, 33000, 262144, 500000, 1 << 20, 10,   33000};
    char *bytes = pattern(1 << 20);
    struct scene scene;
    struct peer peer;

    start(&scene);
    peer_init(&peer, scene.host.port, 2000);
    for (size_t i = 0; i < 4 * sizeof sizes / sizeof sizes[0]; i++) {
        size_t size = sizes[i / 4];
        struct answer answer;

        if (i % 2 == 0) {
            peer_done(&peer);
            peer_init(&peer, scene.host.port, 2000);
        }
        if (i % 4 < 2)
            scene_post(&peer, "/echo", (struct slice){bytes, size});
        else
            send_chunked(&peer, bytes, size, size < 5000 ? 1 : 3333);
        answer = peer_answer(&peer, false);
        ck_assert_msg(answer.status == 200, "%zu: %d", size, answer.status);
        ck_assert(slice_equal(answer.body, (struct slice){bytes, size}));
    }
    peer_done(&peer);
    scene_stop(&scene);
    free(bytes);
}
END_TEST

static void look_gone(void *context)
{
    struct scene *scene = context;

    scene->seen = scene->parked > 0 && http_gone(scene->waiting[0]);
}

START_TEST(a_request_outlives_its_client)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    struct scene scene;
    struct peer peer;

    start(&scene);
    peer_init(&peer, scene.host.port, 2000);
    scene_post(&peer, "/park", SLICE_LITERAL("still here"));
    scene_post(&peer, "/park", SLICE_LITERAL("me too"));
    ck_assert(scene_until_parked(&scene, 2));
    setsockopt(peer.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    peer_done(&peer);
    for (int i = 0; i < 2000 && !scene.seen; i++) {
        host_run(&scene.host, look_gone, &scene);
        usleep(1000);
    }
    ck_assert(scene.seen);
    ck_assert(slice_equal(http_body(scene.waiting[0]), SLICE_LITERAL("still here")));
    ck_assert_uint_eq(host_counters(&scene.host).connections, 0);
    ck_assert_uint_eq(host_counters(&scene.host).in_flight, 2);
    host_run(&scene.host, scene_answer_all, &scene);
    ck_assert_uint_eq(host_counters(&scene.host).dropped, 2);
    ck_assert_uint_eq(host_counters(&scene.host).in_flight, 0);
    scene_stop(&scene);
}
END_TEST

/* Answered after the server has gone: no leak, no crash. */
START_TEST(a_request_outlives_its_server)
{
    struct scene scene;
    struct peer peer;

    start(&scene);
    peer_init(&peer, scene.host.port, 2000);
    scene_post(&peer, "/park", SLICE_LITERAL("one"));
    scene_post(&peer, "/park", SLICE_LITERAL("two"));
    ck_assert(scene_until_parked(&scene, 2));
    scene_end(&scene);
    ck_assert(slice_equal(http_body(scene.waiting[1]), SLICE_LITERAL("two")));
    scene_stop(&scene);
    peer_done(&peer);
}
END_TEST

START_TEST(a_deadline_answers)
{
    struct scene scene;
    struct peer peer;
    struct answer answer;

    start(&scene);
    peer_init(&peer, scene.host.port, 2000);
    scene_post(&peer, "/wait", SLICE_LITERAL("x"));
    answer = peer_answer(&peer, false);
    ck_assert_int_eq(answer.status, 503);
    ck_assert(slice_equal(answer_field(&answer, "Retry-After"), SLICE_LITERAL("3")));
    ck_assert(slice_equal(
        answer.body, SLICE_LITERAL("{\"type\":\"about:blank\",\"title\":\"Service Unavailable\","
                                   "\"status\":503,\"detail\":\"Say \\\"again\\\".\","
                                   "\"retry\":true}\n")));
    scene_post(&peer, "/both", SLICE_LITERAL("x"));
    ck_assert_int_eq(peer_answer(&peer, true).status, 204);
    usleep(100000);
    ck_assert_int_eq(scene.seen, 1);
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

START_TEST(two_servers_share_a_port)
{
    struct http_limits limits = http_limits_default();
    struct scene scene;
    struct host second;
    uint64_t accepted[2];

    start(&scene);
    host_start(&second, scene.host.port, &limits, routes, sizeof routes / sizeof routes[0], NULL);
    for (int i = 0; i < 200; i++) {
        struct peer peer;

        peer_init(&peer, scene.host.port, 2000);
        scene_post(&peer, "/echo", SLICE_LITERAL("x"));
        ck_assert_int_eq(peer_answer(&peer, false).status, 200);
        peer_done(&peer);
    }
    accepted[0] = host_counters(&scene.host).accepted;
    accepted[1] = host_counters(&second).accepted;
    ck_assert_uint_eq(accepted[0] + accepted[1], 200);
    ck_assert_uint_gt(accepted[0], 20);
    ck_assert_uint_gt(accepted[1], 20);
    host_stop(&second);
    scene_stop(&scene);
}
END_TEST

/* Nagle's algorithm would hold back an answer until the one before it is acknowledged. */
START_TEST(answers_do_not_wait_for_acknowledgements)
{
    struct scene scene;
    struct peer peer;
    int found = 0;

    start(&scene);
    peer_init(&peer, scene.host.port, 2000);
    scene_post(&peer, "/echo", SLICE_LITERAL("x"));
    ck_assert_int_eq(peer_answer(&peer, false).status, 200);
    for (int fd = 3; fd < 64; fd++) {
        struct sockaddr_in own = {0}, other = {0};
        socklen_t size = sizeof own, other_size = sizeof other, on_size = sizeof(int);
        int on = 0;

        if (getsockname(fd, (struct sockaddr *)&own, &size) != 0 ||
            own.sin_port != htons(scene.host.port) ||
            getpeername(fd, (struct sockaddr *)&other, &other_size) != 0)
            continue;
        ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &on_size), 0);
        ck_assert_int_ne(on, 0);
        found++;
    }
    ck_assert_int_eq(found, 1);
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

START_TEST(counters_count)
{
    struct http_counters counters;
    struct scene scene;
    struct peer peer;

    start(&scene);
    peer_init(&peer, scene.host.port, 2000);
    scene_post(&peer, "/echo", SLICE_LITERAL("x"));
    peer_answer(&peer, false);
    scene_post(&peer, "/nope", SLICE_LITERAL("x"));
    peer_answer(&peer, false);
    peer_send_text(&peer, "\n");
    peer_answer(&peer, false);
    counters = host_counters(&scene.host);
    ck_assert_uint_eq(counters.accepted, 1);
    ck_assert_uint_eq(counters.connections, 1);
    ck_assert_uint_eq(counters.requests, 2);
    ck_assert_uint_eq(counters.responses[2], 1);
    ck_assert_uint_eq(counters.responses[4], 2);
    ck_assert_uint_eq(counters.refused, 1);
    ck_assert_uint_gt(counters.bytes_in, 80);
    ck_assert_uint_gt(counters.bytes_out, 300);
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

SUITE_MAIN("http server", the_request_is_all_there, bodies_come_back_whole,
           a_request_outlives_its_client, a_request_outlives_its_server, a_deadline_answers,
           two_servers_share_a_port, answers_do_not_wait_for_acknowledgements, counters_count);
