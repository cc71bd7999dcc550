/* common/http under clients that do anything at any time, by seed: whatever they do, the server
 * lives, and at the end nothing is left of them. TRIBUTARY_SEED repeats a run. */
#include "common/base/random.h"
#include "common/http/internal.h"
#include "tests/support/http/cases.h"
#include "tests/support/http/scene.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CLIENTS = 12,
    STEPS = 6000,
};

static const char *const snippets[] = {
    SCENE_GET,
    (SCENE_GET SCENE_GET SCENE_GET),
    "POST /park HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
    "POST /park HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\nGET /ok HTTP/1.1\r\nHost: "
    "a\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9000\r\n\r\n",
    "POST /nope HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    "GET /large HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /ok HTTP/1.0\r\n\r\n",
    "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "x",
    "\r\n\r\n",
};

struct client {
    int fd; /* -1: none */
};

static void client_connect(struct client *client, uint16_t port)
{
    struct peer peer;

    peer_init(&peer, port, 1);
    client->fd = peer.fd;
    peer.fd = -1;
    peer_done(&peer);
}

/* Sends some of a snippet or of a bad request: often all of it, sometimes a part. */
static void client_send(struct client *client, struct random *random)
{
    struct buffer bytes;
    size_t size;

    buffer_init(&bytes, 1 << 17);
    if (random_below(random, 8) == 0)
        http_case_bytes(&http_cases[random_below(random, http_case_count)], &bytes);
    else
        buffer_append_text(&bytes,
                           snippets[random_below(random, sizeof snippets / sizeof snippets[0])]);
    size = random_below(random, 4) == 0 ? random_below(random, bytes.size + 1) : bytes.size;
    if (size > 0)
        send(client->fd, bytes.data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    buffer_done(&bytes);
}

static void client_step(struct client *client, struct random *random, uint16_t port)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    static char sink[1 << 20];

    if (client->fd < 0) {
        client_connect(client, port);
        return;
    }
    switch (random_below(random, 16)) {
    case 0:
        shutdown(client->fd, SHUT_WR);
        break;
    case 1:
        setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(client->fd);
        client->fd = -1;
        break;
    case 2:
        close(client->fd);
        client->fd = -1;
        break;
    case 3:
    case 4:
    case 5:
    case 6:
        while (recv(client->fd, sink, sizeof sink, MSG_DONTWAIT) > 0)
            continue;
        break;
    default:
        client_send(client, random);
    }
}

static struct http_limits tight_limits(void)
{
    struct http_limits limits = http_limits_default();

    limits.body_bytes = 10000;
    limits.connections = CLIENTS - 2;
    limits.memory_bytes = 3 * SCENE_LARGE_BYTES;
    limits.pipeline = 4;
    limits.head_ms = limits.body_ms = limits.write_ms = 40;
    limits.idle_ms = 60;
    limits.linger_ms = 20;
    return limits;
}

static void drained(void *context)
{
    struct scene *scene = context;

    scene->seen = 1;
}

static void drain(void *context)
{
    struct scene *scene = context;

    http_server_drain(scene->host.server, drained, scene);
}

/* Those that are accepted late are served too, then all must be gone. */
static void check_nothing_is_left(struct scene *scene)
{
    struct http_counters counters;

    host_run(&scene->host, drain, scene);
    for (int i = 0; i < SCENE_WAIT_MS && scene->seen == 0; i++) {
        host_run(&scene->host, scene_answer_all, scene);
        usleep(1000);
    }
    ck_assert_int_eq(scene->seen, 1);
    counters = host_counters(&scene->host);
    ck_assert_uint_eq(counters.connections, 0);
    ck_assert_uint_eq(counters.in_flight, 0);
    host_halt(&scene->host);
    ck_assert_uint_eq(scene->host.server->blocks.used_bytes, 0);
    ck_assert(TAILQ_EMPTY(&scene->host.server->deadlines));
    ck_assert(TAILQ_EMPTY(&scene->host.server->resuming));
}

START_TEST(nothing_is_left_of_wild_clients)
{
    const char *given = getenv("TRIBUTARY_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    struct http_limits limits = tight_limits();
    struct client clients[CLIENTS];
    struct random random;
    struct scene scene;

    printf("seed %llu\n", (unsigned long long)seed);
    random_init(&random, seed);
    scene_start(&scene, &limits);
    scene.answer_at = 5;
    for (int i = 0; i < CLIENTS; i++)
        clients[i].fd = -1;
    for (int step = 0; step < STEPS; step++) {
        client_step(&clients[random_below(&random, CLIENTS)], &random, scene.host.port);
        if (random_below(&random, 32) == 0)
            usleep(2000);
    }
    for (int i = 0; i < CLIENTS; i++)
        if (clients[i].fd >= 0)
            close(clients[i].fd);
    check_nothing_is_left(&scene);
    scene_stop(&scene);
}
END_TEST

SUITE_MAIN("http chaos", nothing_is_left_of_wild_clients);
