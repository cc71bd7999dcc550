/* common/http: how a server starts to listen and how it stops. */
#include "tests/support/http/scene.h"
#include "tests/support/suite/suite.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: a\r\n"

static void drained(void *context)
{
    struct scene *scene = context;

    scene->seen++;
    loop_stop(scene->host.loop);
}

static void drain(void *context)
{
    struct scene *scene = context;

    http_server_drain(scene->host.server, drained, scene);
}

/* One idle, one with a request on its way, one at a handler, one with half a head. */
START_TEST(draining_answers_and_closes)
{
    struct http_limits limits = http_limits_default();
    struct scene scene;
    struct peer peers[4], late;

    scene_start(&scene, &limits);
    for (int i = 0; i < 4; i++) {
        peer_init(&peers[i], scene.host.port, SCENE_WAIT_MS);
        peer_send_text(&peers[i], SCENE_GET);
        ck_assert_int_eq(peer_answer(&peers[i], false).status, 200);
    }
    peer_send_text(&peers[2], "POST /park HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
    ck_assert(scene_until_parked(&scene, 1));
    peer_send_text(&peers[3], "GET /ok HTTP/1.1\r\n");
    host_counters(&scene.host);
    host_run(&scene.host, drain, &scene);
    ck_assert(peer_is_closed(&peers[0]));
    ck_assert(peer_is_closed(&peers[1]));
    peer_init(&late, scene.host.port, SCENE_WAIT_MS);
    ck_assert_int_eq(late.fd, -1);
    ck_assert_int_eq(scene.seen, 0);
    host_run(&scene.host, scene_answer_all, &scene);
    ck_assert(peer_answer(&peers[2], false).close);
    peer_done(&peers[2]);
    peer_send_text(&peers[3], HOST "\r\n");
    ck_assert(peer_answer(&peers[3], false).close);
    for (int i = 0; i < 4; i++)
        peer_done(&peers[i]);
    pthread_join(scene.host.thread, NULL);
    scene.host.halted = true;
    ck_assert_int_eq(scene.seen, 1);
    peer_done(&late);
    scene_stop(&scene);
}
END_TEST

START_TEST(an_idle_server_drains_at_once)
{
    struct http_limits limits = http_limits_default();
    struct scene scene;

    scene_start(&scene, &limits);
    host_run(&scene.host, drain, &scene);
    pthread_join(scene.host.thread, NULL);
    scene.host.halted = true;
    ck_assert_int_eq(scene.seen, 1);
    scene_stop(&scene);
}
END_TEST

START_TEST(a_taken_or_odd_address_is_refused)
{
    struct http_limits limits = http_limits_default();
    struct error error = {0};
    struct loop *loop = NULL;
    struct http_server *server;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(loop_new(&loop, &error), STATUS_OK);
    server = http_server_new(loop, &limits, NULL, 0, NULL);
    ck_assert_int_eq(http_server_listen(server, "localhost", 0, HTTP_PORT_OWN, &error),
                     STATUS_FATAL);
    error_clear(&error);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    getsockname(fd, (struct sockaddr *)&address, &size);
    ck_assert_int_eq(
        http_server_listen(server, "127.0.0.1", ntohs(address.sin_port), HTTP_PORT_OWN, &error),
        STATUS_FATAL);
    ck_assert_ptr_nonnull(strstr(error.text, "in use"));
    http_server_free(server);
    loop_free(loop);
    close(fd);
}
END_TEST

SUITE_MAIN("http drain", draining_answers_and_closes, an_idle_server_drains_at_once,
           a_taken_or_odd_address_is_refused);
