/* common/http: the port for operators. */
#include "common/base/must.h"
#include "common/http/admin.h"
#include "common/loop/loop.h"
#include "tests/support/http/peer.h"
#include "tests/support/suite/suite.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct scene {
    struct loop *loop;
    struct http_admin *admin;
    bool live, kafka;
    bool flood;
};

static bool live(void *context)
{
    return ((struct scene *)context)->live;
}

static void ready(void *context, struct http_checks *checks)
{
    struct scene *scene = context;

    http_check(checks, "kafka", scene->kafka, scene->kafka ? NULL : "no broker answers");
    http_check(checks, "spool", true, "empty");
}

static void metrics(void *context, struct buffer *text)
{
    struct scene *scene = context;

    buffer_append_text(text, "up 1\n");
    while (scene->flood && !text->overflow)
        buffer_append_text(text, "flood 1\n");
}

static void *run(void *context)
{
    struct error error = {0};

    MUST(loop_run(context, &error) == STATUS_OK);
    return NULL;
}

static void scene_start(struct scene *scene, const struct http_admin_callbacks *callbacks)
{
    struct error error = {0};

    ck_assert_int_eq(loop_new(&scene->loop, &error), STATUS_OK);
    ck_assert_int_eq(http_admin_new(&scene->admin, scene->loop, "127.0.0.1", 0, callbacks, &error),
                     STATUS_OK);
}

static void check_get(struct peer *peer, const char *target, int status, const char *body)
{
    char request[128];
    struct answer answer;

    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", target);
    ck_assert(peer_send_text(peer, request));
    answer = peer_answer(peer, false);
    ck_assert_int_eq(answer.status, status);
    ck_assert_msg(body == NULL || slice_equal(answer.body, slice_of(body)), "%s: %.*s", target,
                  SLICE_FORMAT(answer.body));
}

/* The thread starts after each change, so that nothing is shared. */
static void with_peer(struct scene *scene, void (*check)(struct peer *peer))
{
    pthread_t thread;
    struct peer peer;

    ck_assert_int_eq(pthread_create(&thread, NULL, run, scene->loop), 0);
    peer_init(&peer, http_admin_port(scene->admin), 2000);
    check(&peer);
    peer_done(&peer);
    loop_stop(scene->loop);
    pthread_join(thread, NULL);
}

static void check_good(struct peer *peer)
{
    struct answer answer;

    check_get(peer, "/livez", 200, "ok\n");
    check_get(peer, "/readyz", 200, "ok\n");
    check_get(peer, "/readyz?verbose", 200, "[+]kafka ok\n[+]spool ok: empty\nok\n");
    peer_send_text(peer, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    answer = peer_answer(peer, false);
    ck_assert(slice_equal(answer.body, SLICE_LITERAL("up 1\n")));
    ck_assert(slice_equal(answer_field(&answer, "Content-Type"),
                          SLICE_LITERAL("text/plain; version=0.0.4; charset=utf-8")));
    check_get(peer, "/", 404, NULL);
}

static void check_bad(struct peer *peer)
{
    check_get(peer, "/livez", 503, "failed\n");
    check_get(peer, "/readyz", 503,
              "[-]kafka failed: no broker answers\n[+]spool ok: empty\nfailed\n");
    check_get(peer, "/metrics", 500, NULL);
}

static void check_default(struct peer *peer)
{
    check_get(peer, "/livez", 200, "ok\n");
    check_get(peer, "/readyz?verbose", 200, "ok\n");
    check_get(peer, "/metrics", 200, "");
}

START_TEST(admin_says_how_it_is)
{
    struct scene scene = {.live = true, .kafka = true};
    struct http_admin_callbacks callbacks = {live, ready, metrics, &scene};

    scene_start(&scene, &callbacks);
    with_peer(&scene, check_good);
    scene.live = scene.kafka = false;
    scene.flood = true;
    with_peer(&scene, check_bad);
    http_admin_free(scene.admin);
    loop_free(scene.loop);
}
END_TEST

START_TEST(admin_without_callbacks_is_well)
{
    struct scene scene = {0};
    struct http_admin_callbacks callbacks = {0};

    scene_start(&scene, &callbacks);
    with_peer(&scene, check_default);
    http_admin_free(scene.admin);
    loop_free(scene.loop);
}
END_TEST

START_TEST(admin_says_why_it_cannot)
{
    struct scene scene = {0};
    struct http_admin_callbacks callbacks = {0};
    struct error error = {0};

    scene_start(&scene, &callbacks);
    ck_assert_int_eq(http_admin_new(&scene.admin, scene.loop, "nowhere", 0, &callbacks, &error),
                     STATUS_FATAL);
    ck_assert_ptr_nonnull(strstr(error.text, "nowhere"));
    http_admin_free(scene.admin);
    loop_free(scene.loop);
}
END_TEST

/* Two processes set to one port must not take turns at it. */
START_TEST(admin_shares_its_port_with_nobody)
{
    struct scene scene = {0};
    struct http_admin_callbacks callbacks = {0};
    struct http_admin *second = NULL;
    struct error error = {0};

    scene_start(&scene, &callbacks);
    ck_assert_int_eq(http_admin_new(&second, scene.loop, "127.0.0.1", http_admin_port(scene.admin),
                                    &callbacks, &error),
                     STATUS_FATAL);
    ck_assert_ptr_nonnull(strstr(error.text, "in use"));
    with_peer(&scene, check_default);
    http_admin_free(scene.admin);
    loop_free(scene.loop);
}
END_TEST

SUITE_MAIN("http admin", admin_says_how_it_is, admin_without_callbacks_is_well,
           admin_says_why_it_cannot, admin_shares_its_port_with_nobody);
