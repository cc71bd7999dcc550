#include "tests/support/http/scene.h"

#include "common/base/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void scene_echo(void *context, struct http_request *request)
{
    (void)context;
    http_respond_text(request, 200, "application/octet-stream", http_body(request));
}

static void ok(void *context, struct http_request *request)
{
    (void)context;
    http_respond_text(request, 200, "text/plain", SLICE_LITERAL("ok\n"));
}

static void large(void *context, struct http_request *request)
{
    struct scene *scene = context;

    http_respond_text(request, 200, "text/plain", (struct slice){scene->large, SCENE_LARGE_BYTES});
}

void scene_park(void *context, struct http_request *request)
{
    struct scene *scene = context;

    MUST(scene->parked < SCENE_PARKED_MAX);
    scene->waiting[scene->parked] = request;
    __atomic_store_n(&scene->parked, scene->parked + 1, __ATOMIC_RELAXED);
    if (scene->parked > scene->most)
        scene->most = scene->parked;
    if (scene->answer_at > 0)
        loop_timer_once(scene->timer, scene->parked >= scene->answer_at ? 0 : 3000);
}

static const struct http_route routes[] = {
    {"POST", "/echo", scene_echo, 0},
    {"GET", "/ok", ok, 0},
    {"GET", "/large", large, 0},
    {"POST", "/park", scene_park, 0},
};

void scene_start_with(struct scene *scene, const struct http_limits *limits,
                      const struct http_route *own, size_t count)
{
    struct http_limits defaults = http_limits_default();

    *scene = (struct scene){.large = must_alloc(SCENE_LARGE_BYTES)};
    host_start(&scene->host, 0, limits != NULL ? limits : &defaults, own, count, scene);
    scene->timer = loop_timer_new(scene->host.loop, scene_answer_all, scene);
}

void scene_start(struct scene *scene, const struct http_limits *limits)
{
    scene_start_with(scene, limits, routes, sizeof routes / sizeof routes[0]);
}

void scene_end(struct scene *scene)
{
    if (scene->timer == NULL)
        return;
    host_halt(&scene->host);
    loop_timer_free(scene->timer);
    scene->timer = NULL;
    host_stop(&scene->host);
}

void scene_stop(struct scene *scene)
{
    scene_end(scene);
    scene_answer_all(scene); /* to nobody: frees them */
    free(scene->large);
}

void scene_answer_all(void *context)
{
    struct scene *scene = context;
    int count = scene->parked;

    __atomic_store_n(&scene->parked, 0, __ATOMIC_RELAXED);
    while (count-- > 0)
        if (scene->answer_large)
            large(scene, scene->waiting[count]);
        else
            scene_echo(scene, scene->waiting[count]);
}

bool scene_until_parked(const struct scene *scene, int count)
{
    for (int i = 0; i < SCENE_WAIT_MS; i++) {
        if (__atomic_load_n(&scene->parked, __ATOMIC_RELAXED) == count)
            return true;
        usleep(1000);
    }
    return false;
}

void scene_post(struct peer *peer, const char *path, struct slice body)
{
    char head[256];

    snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", path,
             body.size);
    peer_send_text(peer, head);
    peer_send(peer, body.data, body.size);
}
