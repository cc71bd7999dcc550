/* common/http: clients that are slow are cut off at an absolute deadline, however they spend the
 * time. */
#include "common/base/clock.h"
#include "tests/support/http/scene.h"
#include "tests/support/suite/suite.h"

#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: a\r\n"

enum { SHORT_MS = 60 };

/* Each is short, the others are not in the way. */
static struct http_limits limits_with(int64_t *which, struct http_limits *limits)
{
    size_t place = (size_t)((char *)which - (char *)limits);
    struct http_limits defaults = http_limits_default();
    int64_t short_ms = SHORT_MS;

    memcpy((char *)&defaults + place, &short_ms, sizeof short_ms);
    defaults.linger_ms = SHORT_MS;
    return defaults;
}

static int64_t elapsed_ms(int64_t begin_us)
{
    return (clock_steady_us() - begin_us) / 1000;
}

/* Byte after byte until the server has closed: the drip would go on for a second and a half. */
static void check_drip(struct scene *scene, const char *start)
{
    char drip[500];
    struct peer peer;
    int64_t begin_us;

    memset(drip, 'a', sizeof drip);
    peer_init(&peer, scene->host.port, SCENE_WAIT_MS);
    begin_us = clock_steady_us();
    ck_assert(peer_send_text(&peer, start));
    ck_assert(!peer_drip(&peer, drip, sizeof drip, 3000));
    ck_assert_int_ge(elapsed_ms(begin_us), SHORT_MS);
    ck_assert_int_eq(peer_answer(&peer, false).status, 408);
    ck_assert(peer_is_closed(&peer));
    ck_assert_uint_eq(host_counters(&scene->host).requests, 0);
    peer_done(&peer);
}

START_TEST(a_dripping_head_is_cut)
{
    struct http_limits limits = limits_with(&limits.head_ms, &limits);
    struct scene scene;

    scene_start(&scene, &limits);
    check_drip(&scene, "GET /ok HTTP/1.1\r\n" HOST "X: ");
    ck_assert_uint_eq(host_counters(&scene.host).timeouts_head, 1);
    scene_stop(&scene);
}
END_TEST

START_TEST(a_dripping_body_is_cut)
{
    struct http_limits limits = limits_with(&limits.body_ms, &limits);
    struct scene scene;

    scene_start(&scene, &limits);
    check_drip(&scene, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 900\r\n\r\n");
    check_drip(&scene, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1f4\r\n");
    ck_assert_uint_eq(host_counters(&scene.host).timeouts_body, 2);
    scene_stop(&scene);
}
END_TEST

START_TEST(a_silent_client_is_cut_without_a_word)
{
    struct http_limits limits = limits_with(&limits.head_ms, &limits);
    struct scene scene;
    struct peer peer;

    scene_start(&scene, &limits);
    peer_init(&peer, scene.host.port, SCENE_WAIT_MS);
    ck_assert(peer_is_closed(&peer));
    ck_assert_uint_eq(host_counters(&scene.host).timeouts_head, 1);
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

START_TEST(a_short_body_makes_no_request)
{
    struct http_limits limits = http_limits_default();
    struct scene scene;
    struct peer peer;

    scene_start(&scene, &limits);
    peer_init(&peer, scene.host.port, SCENE_WAIT_MS);
    peer_send_text(&peer, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 90\r\n\r\nshort");
    shutdown(peer.fd, SHUT_WR);
    ck_assert(peer_is_closed(&peer));
    ck_assert_uint_eq(host_counters(&scene.host).requests, 0);
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

START_TEST(an_idle_connection_is_closed)
{
    struct http_limits limits = limits_with(&limits.idle_ms, &limits);
    struct scene scene;
    struct peer peer;

    limits.idle_ms = 300;
    scene_start(&scene, &limits);
    peer_init(&peer, scene.host.port, SCENE_WAIT_MS);
    for (int i = 0; i < 4; i++) {
        peer_send_text(&peer, SCENE_GET);
        ck_assert_int_eq(peer_answer(&peer, false).status, 200);
        usleep(80000); /* four of them are longer than the limit */
    }
    ck_assert(peer_is_closed(&peer));
    ck_assert_uint_eq(host_counters(&scene.host).timeouts_idle, 1);
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

START_TEST(a_client_that_does_not_read_is_cut)
{
    struct http_limits limits = limits_with(&limits.write_ms, &limits);
    struct scene scene;
    struct peer peer;
    struct http_counters counters = {0};

    scene_start(&scene, &limits);
    peer_init(&peer, scene.host.port, SCENE_WAIT_MS);
    peer_send_text(&peer, "GET /large HTTP/1.1\r\n" HOST "\r\n");
    for (int i = 0; i < 200 && counters.timeouts_write == 0; i++) {
        usleep(5000);
        counters = host_counters(&scene.host);
    }
    ck_assert_uint_eq(counters.timeouts_write, 1);
    ck_assert_uint_eq(counters.connections, 0);
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

SUITE_MAIN("http deadlines", a_dripping_head_is_cut, a_silent_client_is_cut_without_a_word,
           a_dripping_body_is_cut, a_short_body_makes_no_request, an_idle_connection_is_closed,
           a_client_that_does_not_read_is_cut);
