/* common/http's server over real sockets: order, answers now and later, what a client may do. */
#include "tests/support/http/host.h"
#include "tests/support/http/peer.h"
#include "tests/support/suite/suite.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: a\r\n"

enum {
    PARKED_MAX = 64,
    PIPELINED = 5000,
};

/* What the handlers of a test do and have seen; the host's thread only, but for `parked`. */
struct scene {
    struct host host;
    struct http_request *waiting[PARKED_MAX];
    int parked; /* how many wait */
    int most;
    int answer_at; /* so many, or after 3 ms, the last first */
    int expired;
    bool gone;
    struct loop_timer *timer;
};

static void echo(void *context, struct http_request *request)
{
    (void)context;
    http_respond_text(request, 200, "application/octet-stream", http_body(request));
}

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

static void scene_answer_all(void *context)
{
    struct scene *scene = context;
    int count = scene->parked;

    __atomic_store_n(&scene->parked, 0, __ATOMIC_RELAXED);
    while (count-- > 0)
        http_respond_text(scene->waiting[count], 200, "text/plain",
                          http_body(scene->waiting[count]));
}

/* Keeps the request until `answer_at` are there, or the timer comes. */
static void park(void *context, struct http_request *request)
{
    struct scene *scene = context;

    ck_assert_int_lt(scene->parked, PARKED_MAX);
    scene->waiting[scene->parked] = request;
    __atomic_store_n(&scene->parked, scene->parked + 1, __ATOMIC_RELAXED);
    if (scene->parked > scene->most)
        scene->most = scene->parked;
    if (scene->answer_at > 0)
        loop_timer_once(scene->timer, scene->parked >= scene->answer_at ? 0 : 3000);
}

static void expired(void *context, struct http_request *request)
{
    struct scene *scene = context;

    scene->expired++;
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
    {"POST", "/echo", echo, 0},
    {"GET", "/describe", describe, 0},
    {"GET", "/ids/", describe, HTTP_ROUTE_PREFIX},
    {"POST", "/park", park, 0},
    {"POST", "/wait", wait_a_little, 0},
    {"POST", "/both", wait_and_answer, 0},
};

static void scene_start(struct scene *scene, const struct http_limits *limits)
{
    struct http_limits defaults = http_limits_default();

    *scene = (struct scene){0};
    host_start(&scene->host, 0, limits != NULL ? limits : &defaults, routes,
               sizeof routes / sizeof routes[0], scene);
    scene->timer = loop_timer_new(scene->host.loop, scene_answer_all, scene);
}

static void scene_stop(struct scene *scene)
{
    host_halt(&scene->host);
    loop_timer_free(scene->timer);
    host_stop(&scene->host);
}

static void until_parked(const struct scene *scene, int count)
{
    for (int i = 0; i < 2000 && __atomic_load_n(&scene->parked, __ATOMIC_RELAXED) < count; i++)
        usleep(1000);
    ck_assert_int_eq(__atomic_load_n(&scene->parked, __ATOMIC_RELAXED), count);
}

static void post(struct peer *peer, const char *path, struct slice body)
{
    char head[256];

    snprintf(head, sizeof head, "POST %s HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", path,
             body.size);
    ck_assert(peer_send_text(peer, head));
    ck_assert(peer_send(peer, body.data, body.size));
}

START_TEST(the_request_is_all_there)
{
    struct scene scene;
    struct peer peer;
    struct answer answer;

    scene_start(&scene, NULL);
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

    scene_start(&scene, NULL);
    peer_init(&peer, scene.host.port, 2000);
    for (size_t i = 0; i < 4 * sizeof sizes / sizeof sizes[0]; i++) {
        size_t size = sizes[i / 4];
        struct answer answer;

        if (i % 2 == 0) {
            peer_done(&peer);
            peer_init(&peer, scene.host.port, 2000);
        }
        if (i % 4 < 2)
            post(&peer, "/echo", (struct slice){bytes, size});
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

struct pipelining {
    struct peer *peer;
    const char *path;
};

static void *send_pipelined(void *context)
{
    struct pipelining *pipelining = context;
    char body[16];

    for (int i = 0; i < PIPELINED; i++) {
        snprintf(body, sizeof body, "%d", i);
        post(pipelining->peer, pipelining->path, slice_of(body));
    }
    return NULL;
}

static int check_pipelining(const char *path, int answer_at)
{
    struct scene scene;
    struct peer peer;
    struct pipelining pipelining = {&peer, path};
    pthread_t sender;
    char body[16];

    scene_start(&scene, NULL);
    scene.answer_at = answer_at;
    peer_init(&peer, scene.host.port, 2000);
    ck_assert_int_eq(pthread_create(&sender, NULL, send_pipelined, &pipelining), 0);
    for (int i = 0; i < PIPELINED; i++) {
        struct answer answer = peer_answer(&peer, false);

        snprintf(body, sizeof body, "%d", i);
        ck_assert_msg(slice_equal(answer.body, slice_of(body)), "%d: %.*s", i,
                      SLICE_FORMAT(answer.body));
    }
    pthread_join(sender, NULL);
    peer_done(&peer);
    scene_stop(&scene);
    return scene.most;
}

START_TEST(pipelined_requests_are_answered_in_order)
{
    check_pipelining("/echo", 0);
}
END_TEST

/* Answered last first, by a timer: they leave in order, and never more than 16 are taken. */
START_TEST(pipelining_is_bounded)
{
    ck_assert_int_ge(check_pipelining("/park", 8), 8);
    ck_assert_int_eq(check_pipelining("/park", 16), 16);
}
END_TEST

START_TEST(no_more_than_the_pipeline_is_taken)
{
    struct scene scene;
    struct peer peer;

    scene_start(&scene, NULL);
    peer_init(&peer, scene.host.port, 2000);
    for (int i = 0; i < 40; i++)
        post(&peer, "/park", SLICE_LITERAL("x"));
    until_parked(&scene, 16);
    usleep(20000);
    until_parked(&scene, 16);
    for (int i = 0; i < 40; i++) {
        if (i % 16 == 0) {
            until_parked(&scene, i == 32 ? 8 : 16);
            host_run(&scene.host, scene_answer_all, &scene);
        }
        ck_assert_int_eq(peer_answer(&peer, false).status, 200);
    }
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

START_TEST(a_half_closed_client_gets_its_answer)
{
    struct scene scene;
    struct peer peer;

    scene_start(&scene, NULL);
    peer_init(&peer, scene.host.port, 2000);
    for (int i = 0; i < 20; i++)
        post(&peer, "/park", SLICE_LITERAL("x"));
    shutdown(peer.fd, SHUT_WR);
    until_parked(&scene, 16);
    host_run(&scene.host, scene_answer_all, &scene);
    until_parked(&scene, 4);
    host_run(&scene.host, scene_answer_all, &scene);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(peer_answer(&peer, false).status, 200);
    ck_assert(peer_is_closed(&peer));
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

static void look_gone(void *context)
{
    struct scene *scene = context;

    scene->gone = scene->parked > 0 && http_gone(scene->waiting[0]);
}

START_TEST(a_request_outlives_its_client)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    struct scene scene;
    struct peer peer;

    scene_start(&scene, NULL);
    peer_init(&peer, scene.host.port, 2000);
    post(&peer, "/park", SLICE_LITERAL("still here"));
    post(&peer, "/park", SLICE_LITERAL("me too"));
    until_parked(&scene, 2);
    setsockopt(peer.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    peer_done(&peer);
    for (int i = 0; i < 2000 && !scene.gone; i++) {
        host_run(&scene.host, look_gone, &scene);
        usleep(1000);
    }
    ck_assert(scene.gone);
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

    scene_start(&scene, NULL);
    peer_init(&peer, scene.host.port, 2000);
    post(&peer, "/park", SLICE_LITERAL("one"));
    post(&peer, "/park", SLICE_LITERAL("two"));
    until_parked(&scene, 2);
    scene_stop(&scene);
    ck_assert(slice_equal(http_body(scene.waiting[1]), SLICE_LITERAL("two")));
    scene_answer_all(&scene);
    peer_done(&peer);
}
END_TEST

START_TEST(a_deadline_answers)
{
    struct scene scene;
    struct peer peer;
    struct answer answer;

    scene_start(&scene, NULL);
    peer_init(&peer, scene.host.port, 2000);
    post(&peer, "/wait", SLICE_LITERAL("x"));
    answer = peer_answer(&peer, false);
    ck_assert_int_eq(answer.status, 503);
    ck_assert(slice_equal(answer_field(&answer, "Retry-After"), SLICE_LITERAL("3")));
    ck_assert(slice_equal(
        answer.body, SLICE_LITERAL("{\"type\":\"about:blank\",\"title\":\"Service Unavailable\","
                                   "\"status\":503,\"detail\":\"Say \\\"again\\\".\","
                                   "\"retry\":true}\n")));
    post(&peer, "/both", SLICE_LITERAL("x"));
    ck_assert_int_eq(peer_answer(&peer, true).status, 204);
    usleep(100000);
    ck_assert_int_eq(scene.expired, 1);
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

START_TEST(expect_is_answered_before_the_body)
{
    struct scene scene;
    struct peer peer;
    struct answer answer;

    scene_start(&scene, NULL);
    peer_init(&peer, scene.host.port, 2000);
    peer_send_text(&peer, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n"
                          "Expect: 100-continue\r\n\r\n");
    ck_assert_int_eq(peer_answer(&peer, true).status, 100);
    peer_send_text(&peer, "hi");
    answer = peer_answer(&peer, false);
    ck_assert(slice_equal(answer.body, SLICE_LITERAL("hi")));
    /* With the body at hand there is nothing to wait for. */
    peer_send_text(&peer, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n"
                          "Expect: 100-continue\r\n\r\nho");
    ck_assert_int_eq(peer_answer(&peer, false).status, 200);
    /* Behind another request it comes after that one's answer. */
    peer_send_text(&peer, "POST /park HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"
                          "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
                          "Expect: 100-continue\r\n\r\n");
    until_parked(&scene, 1);
    host_run(&scene.host, scene_answer_all, &scene);
    ck_assert_int_eq(peer_answer(&peer, false).status, 200);
    ck_assert_int_eq(peer_answer(&peer, true).status, 100);
    peer_send_text(&peer, "1\r\nx\r\n0\r\n\r\n");
    ck_assert_int_eq(peer_answer(&peer, false).status, 200);
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

/* The refusal waits for its turn behind answers that are still to come. */
START_TEST(a_refusal_keeps_the_order)
{
    struct scene scene;
    struct peer peer;

    scene_start(&scene, NULL);
    peer_init(&peer, scene.host.port, 2000);
    post(&peer, "/park", SLICE_LITERAL("x"));
    peer_send_text(&peer, "BAD\r\n\r\n");
    until_parked(&scene, 1);
    usleep(20000);
    host_run(&scene.host, scene_answer_all, &scene);
    ck_assert_int_eq(peer_answer(&peer, false).status, 200);
    ck_assert_int_eq(peer_answer(&peer, false).status, 400);
    ck_assert(peer_is_closed(&peer));
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

/* The answer to a refused request arrives although the client goes on sending. */
START_TEST(a_refusal_survives_a_talking_client)
{
    char *bytes = pattern(1 << 20);
    struct scene scene;
    struct peer peer;

    scene_start(&scene, NULL);
    peer_init(&peer, scene.host.port, 2000);
    peer_send_text(&peer, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 99999999\r\n\r\n");
    peer_send(&peer, bytes, 1 << 20);
    ck_assert_int_eq(peer_answer(&peer, false).status, 413);
    peer_done(&peer);
    scene_stop(&scene);
    free(bytes);
}
END_TEST

START_TEST(two_servers_share_a_port)
{
    struct http_limits limits = http_limits_default();
    struct scene scene;
    struct host second;
    uint64_t accepted[2];

    scene_start(&scene, NULL);
    host_start(&second, scene.host.port, &limits, routes, 1, NULL);
    for (int i = 0; i < 200; i++) {
        struct peer peer;

        peer_init(&peer, scene.host.port, 2000);
        post(&peer, "/echo", SLICE_LITERAL("x"));
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

START_TEST(counters_count)
{
    struct http_counters counters;
    struct scene scene;
    struct peer peer;

    scene_start(&scene, NULL);
    peer_init(&peer, scene.host.port, 2000);
    post(&peer, "/echo", SLICE_LITERAL("x"));
    peer_answer(&peer, false);
    post(&peer, "/nope", SLICE_LITERAL("x"));
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
           pipelined_requests_are_answered_in_order, pipelining_is_bounded,
           no_more_than_the_pipeline_is_taken, a_half_closed_client_gets_its_answer,
           a_request_outlives_its_client, a_request_outlives_its_server, a_deadline_answers,
           expect_is_answered_before_the_body, a_refusal_keeps_the_order,
           a_refusal_survives_a_talking_client, two_servers_share_a_port, counters_count);
