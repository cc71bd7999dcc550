/* common/http: what a server does to clients that are slow, many, or large; and how it stops. */
#include "common/base/clock.h"
#include "tests/support/http/host.h"
#include "tests/support/http/peer.h"
#include "tests/support/suite/suite.h"

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOST "Host: a\r\n"
#define GET  "GET /ok HTTP/1.1\r\n" HOST "\r\n"

enum {
    LARGE_BYTES = 16 << 20,
    SLOW_MS = 2000, /* no test waits longer for anything */
};

struct scene {
    struct host host;
    struct http_request *parked[64];
    int count;
    char *large;
    int drained;
};

static void ok(void *context, struct http_request *request)
{
    (void)context;
    http_respond_text(request, 200, "text/plain", SLICE_LITERAL("ok\n"));
}

static void large(void *context, struct http_request *request)
{
    struct scene *scene = context;

    http_respond_text(request, 200, "text/plain", (struct slice){scene->large, LARGE_BYTES});
}

static void park(void *context, struct http_request *request)
{
    struct scene *scene = context;

    scene->parked[scene->count] = request;
    __atomic_store_n(&scene->count, scene->count + 1, __ATOMIC_RELAXED);
}

static void answer_all(void *context)
{
    struct scene *scene = context;
    int count = scene->count;

    __atomic_store_n(&scene->count, 0, __ATOMIC_RELAXED);
    for (int i = 0; i < count; i++)
        http_respond_text(scene->parked[i], 200, "text/plain", SLICE_LITERAL("late\n"));
}

static void answer_all_large(void *context)
{
    struct scene *scene = context;
    int count = scene->count;

    __atomic_store_n(&scene->count, 0, __ATOMIC_RELAXED);
    for (int i = 0; i < count; i++)
        large(scene, scene->parked[i]);
}

static const struct http_route routes[] = {
    {"GET", "/ok", ok, 0},
    {"POST", "/ok", ok, 0},
    {"GET", "/large", large, 0},
    {"POST", "/park", park, 0},
};

static void scene_start(struct scene *scene, const struct http_limits *limits)
{
    *scene = (struct scene){.large = calloc(1, LARGE_BYTES)};
    host_start(&scene->host, 0, limits, routes, sizeof routes / sizeof routes[0], scene);
}

static void scene_stop(struct scene *scene)
{
    host_halt(&scene->host);
    answer_all(scene);
    host_stop(&scene->host);
    free(scene->large);
}

static void until_parked(const struct scene *scene, int count)
{
    for (int i = 0; i < SLOW_MS && __atomic_load_n(&scene->count, __ATOMIC_RELAXED) < count; i++)
        usleep(1000);
    ck_assert_int_eq(__atomic_load_n(&scene->count, __ATOMIC_RELAXED), count);
}

/* Each is short, the others are not in the way. */
static struct http_limits limits_with(int64_t *which, struct http_limits *limits)
{
    size_t place = (size_t)((char *)which - (char *)limits);
    struct http_limits defaults = http_limits_default();
    int64_t short_ms = 60;

    memcpy((char *)&defaults + place, &short_ms, sizeof short_ms);
    defaults.linger_ms = 60;
    return defaults;
}

static int64_t elapsed_ms(int64_t begin_us)
{
    return (clock_steady_us() - begin_us) / 1000;
}

START_TEST(a_dripping_head_is_cut)
{
    static const char head[] =
        "GET /ok HTTP/1.1\r\nHost: a\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    struct http_limits limits = limits_with(&limits.head_ms, &limits);
    struct scene scene;
    struct peer peer;
    int64_t begin_us;

    scene_start(&scene, &limits);
    peer_init(&peer, scene.host.port, SLOW_MS);
    begin_us = clock_steady_us();
    peer_drip(&peer, head, sizeof head - 1, 3000);
    ck_assert_int_eq(peer_answer(&peer, false).status, 408);
    ck_assert(peer_is_closed(&peer));
    ck_assert_int_ge(elapsed_ms(begin_us), 60);
    ck_assert_int_lt(elapsed_ms(begin_us), 1000);
    ck_assert_uint_eq(host_counters(&scene.host).timeouts_head, 1);
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

START_TEST(a_silent_client_is_cut_without_a_word)
{
    struct http_limits limits = limits_with(&limits.head_ms, &limits);
    struct scene scene;
    struct peer peer;

    scene_start(&scene, &limits);
    peer_init(&peer, scene.host.port, SLOW_MS);
    ck_assert(peer_is_closed(&peer));
    ck_assert_uint_eq(host_counters(&scene.host).timeouts_head, 1);
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

START_TEST(a_dripping_body_is_cut)
{
    struct http_limits limits = limits_with(&limits.body_ms, &limits);
    struct scene scene;
    struct peer peer;
    int64_t begin_us = clock_steady_us();

    scene_start(&scene, &limits);
    peer_init(&peer, scene.host.port, SLOW_MS);
    peer_send_text(&peer, "POST /ok HTTP/1.1\r\n" HOST "Content-Length: 90\r\n\r\n");
    peer_drip(&peer, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 48, 3000);
    ck_assert_int_eq(peer_answer(&peer, false).status, 408);
    ck_assert(peer_is_closed(&peer));
    ck_assert_int_lt(elapsed_ms(begin_us), 1000);
    ck_assert_uint_eq(host_counters(&scene.host).timeouts_body, 1);
    ck_assert_uint_eq(host_counters(&scene.host).requests, 0);
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
    peer_init(&peer, scene.host.port, SLOW_MS);
    peer_send_text(&peer, "POST /ok HTTP/1.1\r\n" HOST "Content-Length: 90\r\n\r\nshort");
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

    scene_start(&scene, &limits);
    peer_init(&peer, scene.host.port, SLOW_MS);
    for (int i = 0; i < 4; i++) {
        peer_send_text(&peer, GET);
        ck_assert_int_eq(peer_answer(&peer, false).status, 200);
        usleep(25000);
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
    peer_init(&peer, scene.host.port, SLOW_MS);
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

START_TEST(a_large_answer_arrives)
{
    struct http_limits limits = http_limits_default();
    struct scene scene;
    struct peer peer;
    int64_t begin_us = clock_steady_us();

    scene_start(&scene, &limits);
    peer_init(&peer, scene.host.port, SLOW_MS);
    for (int i = 0; i < 2; i++) {
        peer_send_text(&peer, "GET /large HTTP/1.1\r\n" HOST "\r\n" GET);
        ck_assert_uint_eq(peer_answer(&peer, false).body.size, LARGE_BYTES);
        ck_assert_int_eq(peer_answer(&peer, false).status, 200);
    }
    /* No pause of Nagle's algorithm in it. */
    ck_assert_int_lt(elapsed_ms(begin_us), SLOW_MS);
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

/* Answers that a client does not read are bounded: what it pipelines is not even read. */
START_TEST(unread_answers_stop_the_reading)
{
    struct http_limits limits = http_limits_default();
    struct scene scene;
    struct peer peer;
    uint64_t requests;

    limits.write_ms = 100;
    scene_start(&scene, &limits);
    peer_init(&peer, scene.host.port, SLOW_MS);
    for (int i = 0; i < 100; i++)
        peer_send_text(&peer, "GET /large HTTP/1.1\r\n" HOST "\r\n");
    usleep(50000);
    requests = host_counters(&scene.host).requests;
    ck_assert_uint_ge(requests, 1);
    ck_assert_uint_le(requests, 2);
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

START_TEST(a_pile_of_unread_answers_ends_the_connection)
{
    struct http_limits limits = http_limits_default();
    struct scene scene;
    struct peer peer;

    scene_start(&scene, &limits);
    peer_init(&peer, scene.host.port, SLOW_MS);
    for (int i = 0; i < 3; i++)
        peer_send_text(&peer, "POST /park HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
    until_parked(&scene, 3);
    host_run(&scene.host, answer_all_large, &scene);
    ck_assert_uint_eq(host_counters(&scene.host).connections, 0);
    ck_assert_uint_eq(host_counters(&scene.host).in_flight, 0);
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

START_TEST(requests_of_a_connection_are_counted)
{
    struct http_limits limits = http_limits_default();
    struct scene scene;
    struct peer peer;

    limits.requests_per_connection = 3;
    scene_start(&scene, &limits);
    peer_init(&peer, scene.host.port, SLOW_MS);
    peer_send_text(&peer, GET GET GET GET);
    ck_assert(!peer_answer(&peer, false).close);
    ck_assert(!peer_answer(&peer, false).close);
    ck_assert(peer_answer(&peer, false).close);
    ck_assert(peer_is_closed(&peer));
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

/* Idle ones give way after a while; busy ones do not, and the new one waits. */
START_TEST(connections_are_capped)
{
    struct http_limits limits = http_limits_default();
    struct scene scene;
    struct peer peers[5];

    limits.connections = 3;
    limits.idle_ms = 200;
    scene_start(&scene, &limits);
    for (int i = 0; i < 3; i++) {
        peer_init(&peers[i], scene.host.port, SLOW_MS);
        peer_send_text(&peers[i], "POST /park HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
        until_parked(&scene, i + 1);
    }
    peer_init(&peers[3], scene.host.port, 60);
    peer_send_text(&peers[3], GET);
    ck_assert_int_eq(peer_answer(&peers[3], false).status, 0);
    ck_assert_uint_ge(host_counters(&scene.host).accept_pauses, 1);
    peer_done(&peers[0]);
    peer_done(&peers[3]);
    peer_init(&peers[3], scene.host.port, SLOW_MS);
    peer_send_text(&peers[3], GET);
    host_run(&scene.host, answer_all, &scene);
    ck_assert_int_eq(peer_answer(&peers[3], false).status, 200);

    usleep(120000);
    peer_init(&peers[4], scene.host.port, SLOW_MS);
    peer_send_text(&peers[4], GET);
    ck_assert_int_eq(peer_answer(&peers[4], false).status, 200);
    ck_assert_uint_le(host_counters(&scene.host).connections, 3);
    for (int i = 1; i < 5; i++)
        peer_done(&peers[i]);
    scene_stop(&scene);
}
END_TEST

START_TEST(memory_is_capped)
{
    struct http_limits limits = http_limits_default();
    char body[20000] = {0};
    struct scene scene;
    struct peer peers[4];

    limits.memory_bytes = 60000;
    scene_start(&scene, &limits);
    for (int i = 0; i < 4; i++) {
        struct answer answer;

        peer_init(&peers[i], scene.host.port, SLOW_MS);
        peer_send_text(&peers[i], "POST /park HTTP/1.1\r\n" HOST "Content-Length: 20000\r\n\r\n");
        peer_send(&peers[i], body, sizeof body);
        if (i < 2) {
            until_parked(&scene, i + 1);
            continue;
        }
        answer = peer_answer(&peers[i], false);
        ck_assert_int_eq(answer.status, 503);
        ck_assert(answer_field(&answer, "Retry-After").data != NULL);
        ck_assert(answer.close);
    }
    ck_assert_uint_eq(host_counters(&scene.host).refused_memory, 2);
    host_run(&scene.host, answer_all, &scene);
    peer_done(&peers[2]);
    peer_init(&peers[2], scene.host.port, SLOW_MS);
    peer_send_text(&peers[2], GET);
    ck_assert_int_eq(peer_answer(&peers[2], false).status, 200);
    for (int i = 0; i < 4; i++)
        peer_done(&peers[i]);
    scene_stop(&scene);
}
END_TEST

static void drained(void *context)
{
    struct scene *scene = context;

    scene->drained++;
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
        peer_init(&peers[i], scene.host.port, SLOW_MS);
        peer_send_text(&peers[i], GET);
        ck_assert_int_eq(peer_answer(&peers[i], false).status, 200);
    }
    peer_send_text(&peers[2], "POST /park HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
    until_parked(&scene, 1);
    peer_send_text(&peers[3], "GET /ok HTTP/1.1\r\n");
    host_counters(&scene.host);
    host_run(&scene.host, drain, &scene);
    ck_assert(peer_is_closed(&peers[0]));
    ck_assert(peer_is_closed(&peers[1]));
    peer_init(&late, scene.host.port, SLOW_MS);
    ck_assert_int_eq(late.fd, -1);
    ck_assert_int_eq(scene.drained, 0);
    host_run(&scene.host, answer_all, &scene);
    ck_assert(peer_answer(&peers[2], false).close);
    peer_done(&peers[2]);
    peer_send_text(&peers[3], HOST "\r\n");
    ck_assert(peer_answer(&peers[3], false).close);
    for (int i = 0; i < 4; i++)
        peer_done(&peers[i]);
    pthread_join(scene.host.thread, NULL);
    scene.host.halted = true;
    ck_assert_int_eq(scene.drained, 1);
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
    ck_assert_int_eq(scene.drained, 1);
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
    server = http_server_new(loop, &limits, routes, 1, NULL);
    ck_assert_int_eq(http_server_listen(server, "localhost", 0, &error), STATUS_FATAL);
    error_clear(&error);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    getsockname(fd, (struct sockaddr *)&address, &size);
    ck_assert_int_eq(http_server_listen(server, "127.0.0.1", ntohs(address.sin_port), &error),
                     STATUS_FATAL);
    ck_assert_ptr_nonnull(strstr(error.text, "in use"));
    http_server_free(server);
    loop_free(loop);
    close(fd);
}
END_TEST

/* The server of a process that has few descriptors; its port goes into the pipe. */
static void serve_with_few(int pipe_fd)
{
    struct http_limits limits = http_limits_default();
    struct scene scene;
    struct rlimit few;

    scene_start(&scene, &limits);
    getrlimit(RLIMIT_NOFILE, &few);
    few.rlim_cur = (rlim_t)dup(0) + 8;
    setrlimit(RLIMIT_NOFILE, &few);
    if (write(pipe_fd, &scene.host.port, sizeof scene.host.port) < 0)
        _exit(1);
    for (;;)
        pause();
}

static double cpu_seconds(pid_t pid)
{
    char path[64], line[1024] = {0};
    unsigned long user = 0, kernel = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    if (file == NULL || fgets(line, sizeof line, file) == NULL)
        return 1e9;
    fclose(file);
    sscanf(strrchr(line, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
           &kernel);
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

/* 40 clients want 8 descriptors: some are served, some get 503, the rest wait; nothing spins, and
 * all is well once clients go. */
START_TEST(it_survives_without_descriptors)
{
    struct peer peers[40];
    int pipes[2], served = 0;
    uint16_t port = 0;
    pid_t pid;
    double used;

    ck_assert_int_eq(pipe(pipes), 0);
    pid = fork();
    if (pid == 0)
        serve_with_few(pipes[1]);
    ck_assert_int_eq(read(pipes[0], &port, sizeof port), sizeof port);
    for (int i = 0; i < 40; i++)
        peer_init(&peers[i], port, i < 20 ? SLOW_MS : 1);
    usleep(50000);
    used = cpu_seconds(pid);
    usleep(500000);
    ck_assert(cpu_seconds(pid) - used < 0.1);
    for (int i = 0; i < 40; i++) {
        peer_send_text(&peers[i], GET);
        if (i < 5)
            served += peer_answer(&peers[i], false).status == 200;
    }
    ck_assert_int_eq(served, 5);
    for (int i = 0; i < 40; i++)
        peer_done(&peers[i]);
    /* It takes a moment to see that all of them have gone. */
    for (int i = 0; i < 20 && served == 5; i++) {
        peer_init(&peers[0], port, SLOW_MS);
        peer_send_text(&peers[0], GET);
        served += peer_answer(&peers[0], false).status == 200;
        peer_done(&peers[0]);
        usleep(20000);
    }
    ck_assert_int_eq(served, 6);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
END_TEST

SUITE_MAIN("http limits", a_dripping_head_is_cut, a_silent_client_is_cut_without_a_word,
           a_dripping_body_is_cut, a_short_body_makes_no_request, an_idle_connection_is_closed,
           a_client_that_does_not_read_is_cut, a_large_answer_arrives,
           unread_answers_stop_the_reading, a_pile_of_unread_answers_ends_the_connection,
           requests_of_a_connection_are_counted, connections_are_capped, memory_is_capped,
           draining_answers_and_closes, an_idle_server_drains_at_once,
           a_taken_or_odd_address_is_refused, it_survives_without_descriptors);
