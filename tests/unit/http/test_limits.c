/* common/http: clients that are many or large meet a bound, and the others do not notice. */
#include "common/base/clock.h"
#include "tests/support/http/scene.h"
#include "tests/support/suite/suite.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOST "Host: a\r\n"

START_TEST(a_large_answer_arrives)
{
    struct http_limits limits = http_limits_default();
    struct scene scene;
    struct peer peer;
    int64_t begin_us = clock_steady_us();

    scene_start(&scene, &limits);
    peer_init(&peer, scene.host.port, SCENE_WAIT_MS);
    for (int i = 0; i < 2; i++) {
        peer_send_text(&peer, "GET /large HTTP/1.1\r\n" HOST "\r\n" SCENE_GET);
        ck_assert_uint_eq(peer_answer(&peer, false).body.size, SCENE_LARGE_BYTES);
        ck_assert_int_eq(peer_answer(&peer, false).status, 200);
    }
    /* No pause of Nagle's algorithm in it. */
    ck_assert_int_lt(clock_steady_us() - begin_us, SCENE_WAIT_MS * 1000);
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
    peer_init(&peer, scene.host.port, SCENE_WAIT_MS);
    for (int i = 0; i < 100; i++)
        peer_send_text(&peer, "GET /large HTTP/1.1\r\n" HOST "\r\n");
    for (int i = 0; i < SCENE_WAIT_MS && host_counters(&scene.host).requests == 0; i++)
        usleep(1000);
    usleep(20000);
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
    peer_init(&peer, scene.host.port, SCENE_WAIT_MS);
    for (int i = 0; i < 3; i++)
        peer_send_text(&peer, "POST /park HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
    ck_assert(scene_until_parked(&scene, 3));
    scene.answer_large = true;
    host_run(&scene.host, scene_answer_all, &scene);
    ck_assert_uint_eq(host_counters(&scene.host).connections, 0);
    ck_assert_uint_eq(host_counters(&scene.host).in_flight, 0);
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

/* What clients do not take counts as memory too. */
START_TEST(an_unread_answer_beyond_the_memory_ends_the_connection)
{
    struct http_limits limits = http_limits_default();
    struct scene scene;
    struct peer peer;

    limits.memory_bytes = 1 << 20;
    scene_start(&scene, &limits);
    peer_init(&peer, scene.host.port, SCENE_WAIT_MS);
    peer_send_text(&peer, "GET /large HTTP/1.1\r\n" HOST "\r\n");
    ck_assert_int_eq(peer_answer(&peer, false).status, 0);
    ck_assert_uint_eq(host_counters(&scene.host).refused_memory, 1);
    ck_assert_uint_eq(host_counters(&scene.host).connections, 0);
    peer_done(&peer);
    peer_init(&peer, scene.host.port, SCENE_WAIT_MS);
    peer_send_text(&peer, SCENE_GET);
    ck_assert_int_eq(peer_answer(&peer, false).status, 200);
    peer_done(&peer);
    scene_stop(&scene);
}
END_TEST

/* The memory of an answer that nobody took is free again. */
START_TEST(unread_answers_are_forgotten_with_their_client)
{
    struct http_limits limits = http_limits_default();
    struct scene scene;
    struct peer peer;

    limits.memory_bytes = SCENE_LARGE_BYTES + SCENE_LARGE_BYTES / 2;
    scene_start(&scene, &limits);
    for (int i = 0; i < 4; i++) {
        peer_init(&peer, scene.host.port, SCENE_WAIT_MS);
        peer_send_text(&peer, "GET /large HTTP/1.1\r\n" HOST "\r\n");
        for (int tries = 0; tries < 1000 && host_counters(&scene.host).requests == (uint64_t)i;
             tries++)
            usleep(1000);
        peer_done(&peer);
        for (int tries = 0; tries < 1000 && host_counters(&scene.host).connections > 0; tries++)
            usleep(1000);
    }
    ck_assert_uint_eq(host_counters(&scene.host).requests, 4);
    ck_assert_uint_eq(host_counters(&scene.host).connections, 0);
    ck_assert_uint_eq(host_counters(&scene.host).refused_memory, 0);
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
    peer_init(&peer, scene.host.port, SCENE_WAIT_MS);
    peer_send_text(&peer, SCENE_GET SCENE_GET SCENE_GET SCENE_GET);
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
        peer_init(&peers[i], scene.host.port, SCENE_WAIT_MS);
        peer_send_text(&peers[i], "POST /park HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
        ck_assert(scene_until_parked(&scene, i + 1));
    }
    peer_init(&peers[3], scene.host.port, 60);
    peer_send_text(&peers[3], SCENE_GET);
    ck_assert_int_eq(peer_answer(&peers[3], false).status, 0);
    ck_assert_uint_ge(host_counters(&scene.host).accept_pauses, 1);
    peer_done(&peers[0]);
    peer_done(&peers[3]);
    peer_init(&peers[3], scene.host.port, SCENE_WAIT_MS);
    peer_send_text(&peers[3], SCENE_GET);
    host_run(&scene.host, scene_answer_all, &scene);
    ck_assert_int_eq(peer_answer(&peers[3], false).status, 200);

    usleep(120000);
    peer_init(&peers[4], scene.host.port, SCENE_WAIT_MS);
    peer_send_text(&peers[4], SCENE_GET);
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

        peer_init(&peers[i], scene.host.port, SCENE_WAIT_MS);
        peer_send_text(&peers[i], "POST /park HTTP/1.1\r\n" HOST "Content-Length: 20000\r\n\r\n");
        peer_send(&peers[i], body, sizeof body);
        if (i < 2) {
            ck_assert(scene_until_parked(&scene, i + 1));
            continue;
        }
        answer = peer_answer(&peers[i], false);
        ck_assert_int_eq(answer.status, 503);
        ck_assert(answer_field(&answer, "Retry-After").data != NULL);
        ck_assert(answer.close);
    }
    ck_assert_uint_eq(host_counters(&scene.host).refused_memory, 2);
    host_run(&scene.host, scene_answer_all, &scene);
    peer_done(&peers[2]);
    peer_init(&peers[2], scene.host.port, SCENE_WAIT_MS);
    peer_send_text(&peers[2], SCENE_GET);
    ck_assert_int_eq(peer_answer(&peers[2], false).status, 200);
    for (int i = 0; i < 4; i++)
        peer_done(&peers[i]);
    scene_stop(&scene);
}
END_TEST

/* Who announces a large body and sends little of it gets little memory. */
START_TEST(announced_bodies_take_no_memory)
{
    struct http_limits limits = http_limits_default();
    char start[4096] = {0};
    struct scene scene;
    struct peer peers[8], other;

    limits.memory_bytes = 400000;
    scene_start(&scene, &limits);
    for (int i = 0; i < 8; i++) {
        peer_init(&peers[i], scene.host.port, SCENE_WAIT_MS);
        peer_send_text(&peers[i], "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n");
        peer_send(&peers[i], start, sizeof start);
    }
    for (int i = 0; i < 1000 && host_counters(&scene.host).bytes_in < 8 * sizeof start; i++)
        usleep(1000);
    peer_init(&other, scene.host.port, SCENE_WAIT_MS);
    peer_send_text(&other, SCENE_GET);
    ck_assert_int_eq(peer_answer(&other, false).status, 200);
    ck_assert_uint_eq(host_counters(&scene.host).refused_memory, 0);
    for (int i = 0; i < 8; i++)
        peer_done(&peers[i]);
    peer_done(&other);
    scene_stop(&scene);
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
    struct pollfd last;
    pid_t pid;
    double used;

    ck_assert_int_eq(pipe(pipes), 0);
    pid = fork();
    if (pid == 0)
        serve_with_few(pipes[1]);
    ck_assert_int_eq(read(pipes[0], &port, sizeof port), sizeof port);
    for (int i = 0; i < 40; i++)
        peer_init(&peers[i], port, i < 20 ? SCENE_WAIT_MS : 1);
    last = (struct pollfd){.fd = peers[39].fd, .events = POLLIN};
    usleep(50000);
    ck_assert_int_eq(poll(&last, 1, 0), 0); /* waits, is not turned away at once */
    used = cpu_seconds(pid);
    usleep(500000);
    ck_assert(cpu_seconds(pid) - used < 0.1);
    for (int i = 0; i < 40; i++) {
        peer_send_text(&peers[i], SCENE_GET);
        if (i < 5)
            served += peer_answer(&peers[i], false).status == 200;
    }
    ck_assert_int_eq(served, 5);
    for (int i = 0; i < 40; i++)
        peer_done(&peers[i]);
    /* It takes a moment to see that all of them have gone. */
    for (int i = 0; i < 20 && served == 5; i++) {
        peer_init(&peers[0], port, SCENE_WAIT_MS);
        peer_send_text(&peers[0], SCENE_GET);
        served += peer_answer(&peers[0], false).status == 200;
        peer_done(&peers[0]);
        usleep(20000);
    }
    ck_assert_int_eq(served, 6);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
END_TEST

SUITE_MAIN("http limits", a_large_answer_arrives, unread_answers_stop_the_reading,
           a_pile_of_unread_answers_ends_the_connection,
           an_unread_answer_beyond_the_memory_ends_the_connection,
           unread_answers_are_forgotten_with_their_client, requests_of_a_connection_are_counted,
           connections_are_capped, memory_is_capped, announced_bodies_take_no_memory,
           it_survives_without_descriptors);
