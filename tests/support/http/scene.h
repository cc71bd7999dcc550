/* A host with handlers that tests of the server need, and what they have seen.
 *
 *     POST /echo    the body                        GET /ok      "ok"
 *     POST /park    answered with its body when the test says so
 *     GET  /large   16 MiB */
#ifndef TRIBUTARY_TESTS_SUPPORT_HTTP_SCENE_H
#define TRIBUTARY_TESTS_SUPPORT_HTTP_SCENE_H

#include "tests/support/http/host.h"
#include "tests/support/http/peer.h"

enum {
    SCENE_PARKED_MAX = 64,
    SCENE_LARGE_BYTES = 16 << 20,
    SCENE_WAIT_MS = 2000, /* no test waits longer for anything */
};

struct scene {
    struct host host;
    struct http_request *waiting[SCENE_PARKED_MAX]; /* the host's thread only */
    int parked;                                     /* how many wait; scene_until_parked */
    int most;                                       /* that ever waited */
    int answer_at; /* so many are answered together, or after 3 ms; 0: by scene_answer_all alone */
    bool answer_large;
    struct loop_timer *timer;
    char *large;
    int seen; /* for the test's own callbacks */
};

/* limits may be NULL: the defaults. */
void scene_start(struct scene *scene, const struct http_limits *limits);
void scene_start_with(struct scene *scene, const struct http_limits *limits,
                      const struct http_route *routes, size_t route_count);
void scene_stop(struct scene *scene);

/* Ends the server alone; scene_stop is still to come. */
void scene_end(struct scene *scene);

/* Handlers for routes of a test's own. */
void scene_echo(void *context, struct http_request *request);
void scene_park(void *context, struct http_request *request);

/* Answers all that wait, the last first. Runs on the host's thread: for host_run. */
void scene_answer_all(void *context);

/* Waits until so many wait; false when they do not come. */
bool scene_until_parked(const struct scene *scene, int count);

/* POST of a body with Content-Length. */
void scene_post(struct peer *peer, const char *path, struct slice body);

#define SCENE_GET "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"

#endif
