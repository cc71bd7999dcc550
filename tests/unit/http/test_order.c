/* common/http: many requests on one connection, and what comes between them. */
#include "tests/support/http/scene.h"
#include "tests/support/suite/suite.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: a\r\n"

enum { PIPELINED = 5000 };

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
        scene_post(pipelining->peer, pipelining->path, slice_of(body));
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
        scene_post(&peer, "/park", SLICE_LITERAL("x"));
    ck_assert(scene_until_parked(&scene, 16));
    usleep(20000);
    ck_assert(scene_until_parked(&scene, 16));
    for (int i = 0; i < 40; i++) {
        if (i % 16 == 0) {
            ck_assert(scene_until_parked(&scene, i == 32 ? 8 : 16));
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
        scene_post(&peer, "/park", SLICE_LITERAL("x"));
    shutdown(peer.fd, SHUT_WR);
    ck_assert(scene_until_parked(&scene, 16));
    host_run(&scene.host, scene_answer_all, &scene);
    ck_assert(scene_until_parked(&scene, 4));
    host_run(&scene.host, scene_answer_all, &scene);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(peer_answer(&peer, false).status, 200);
    ck_assert(peer_is_closed(&peer));
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
    ck_assert(scene_until_parked(&scene, 1));
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
    scene_post(&peer, "/park", SLICE_LITERAL("x"));
    peer_send_text(&peer, "BAD\r\n\r\n");
    ck_assert(scene_until_parked(&scene, 1));
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
    char *bytes = calloc(1, 1 << 20);
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

SUITE_MAIN("http order", pipelined_requests_are_answered_in_order, pipelining_is_bounded,
           no_more_than_the_pipeline_is_taken, a_half_closed_client_gets_its_answer,
           expect_is_answered_before_the_body, a_refusal_keeps_the_order,
           a_refusal_survives_a_talking_client);
