/* common/client against a server on loopback: what comes back, and that nothing waits for ever. */
#include "common/base/buffer.h"
#include "common/base/clock.h"
#include "common/client/client.h"
#include "common/loop/loop.h"
#include "tests/support/http/host.h"
#include "tests/support/suite/suite.h"

#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LARGE_BYTES = 300000, SILENCE_S = 8 };

/* What came of one request. */
struct outcome {
    int calls;
    enum status status;
    int code;
    char body[256];
    size_t body_size;
    bool truncated;
    int64_t retry_after_s;
    int64_t elapsed_us;
    char text[232];
};

struct scene {
    struct host host;
    struct loop *loop;
    struct client *client;
    struct outcome outcomes[16];
    int waiting; /* callbacks that are to come */
    struct http_request *parked[16];
    int count;
    char *large;
    char url[128];
};

static void describe(void *context, struct http_request *request)
{
    struct buffer text;

    (void)context;
    buffer_init(&text, 4096);
    buffer_format(&text, "%.*s %.*s [%.*s] [%.*s] %.*s", SLICE_FORMAT(http_method(request)),
                  SLICE_FORMAT(http_path(request)), SLICE_FORMAT(http_header(request, "X-Id")),
                  SLICE_FORMAT(http_header(request, "User-Agent")),
                  SLICE_FORMAT(http_body(request)));
    http_respond_text(request, 200, "text/plain", buffer_slice(&text));
    buffer_done(&text);
}

static void later(void *context, struct http_request *request)
{
    (void)context;
    http_respond_problem(request, &(struct http_problem){.status = 429, .retry_after_s = 7});
}

static void elsewhere(void *context, struct http_request *request)
{
    (void)context;
    http_respond(request,
                 &(struct http_response){
                     .status = 302,
                     .fields = &(struct http_field){"Location", SLICE_LITERAL("/describe")},
                     .field_count = 1});
}

static void large(void *context, struct http_request *request)
{
    struct scene *scene = context;

    http_respond_text(request, 200, "text/plain", (struct slice){scene->large, LARGE_BYTES});
}

static void park(void *context, struct http_request *request)
{
    struct scene *scene = context;

    scene->parked[scene->count++] = request;
}

static const struct http_route routes[] = {
    {"GET", "/describe", describe, 0}, {"POST", "/describe", describe, 0},
    {"POST", "/later", later, 0},      {"POST", "/elsewhere", elsewhere, 0},
    {"POST", "/large", large, 0},      {"POST", "/park", park, 0},
};

static void scene_start(struct scene *scene, struct client_limits limits)
{
    struct http_limits http = http_limits_default();
    struct error error = {0};

    *scene = (struct scene){.large = calloc(1, LARGE_BYTES)};
    host_start(&scene->host, 0, &http, routes, sizeof routes / sizeof routes[0], scene);
    ck_assert_int_eq(loop_new(&scene->loop, &error), STATUS_OK);
    ck_assert_int_eq(client_new(&scene->client, scene->loop, &limits, &error), STATUS_OK);
}

static void scene_stop(struct scene *scene)
{
    client_free(scene->client);
    loop_free(scene->loop);
    host_halt(&scene->host);
    for (int i = 0; i < scene->count; i++)
        http_respond_text(scene->parked[i], 200, NULL, (struct slice){0});
    host_stop(&scene->host);
    free(scene->large);
}

static struct client_limits open_limits(void)
{
    struct client_limits limits = client_limits_default();

    limits.allow_private = limits.allow_plain = true;
    limits.connect_ms = limits.total_ms = 2000;
    return limits;
}

static const char *url_of(struct scene *scene, const char *path)
{
    snprintf(scene->url, sizeof scene->url, "http://127.0.0.1:%u%s", scene->host.port, path);
    return scene->url;
}

struct call {
    struct scene *scene;
    int index;
};

static void answered(void *context, const struct client_response *response)
{
    struct call *call = context;
    struct outcome *outcome = &call->scene->outcomes[call->index];

    outcome->calls++;
    outcome->status = response->status;
    outcome->code = response->code;
    outcome->body_size = response->body.size;
    snprintf(outcome->body, sizeof outcome->body, "%.*s", SLICE_FORMAT(response->body));
    outcome->truncated = response->truncated;
    outcome->retry_after_s = response->retry_after_s;
    outcome->elapsed_us = response->elapsed_us;
    snprintf(outcome->text, sizeof outcome->text, "%s", response->error->text);
    if (--call->scene->waiting == 0)
        loop_stop(call->scene->loop);
}

static const struct outcome *post(struct scene *scene, const char *url)
{
    struct error error = {0};
    struct call call = {scene, 0};
    struct client_field field = {"X-Id", "a b"};
    struct client_request request = {"POST", url, &field, 1, SLICE_LITERAL("hello")};

    scene->outcomes[0] = (struct outcome){0};
    scene->waiting = 1;
    ck_assert_int_eq(client_send(scene->client, &request, answered, &call, &error), STATUS_OK);
    ck_assert_int_eq(scene->outcomes[0].calls, 0);
    ck_assert_int_eq(loop_run(scene->loop, &error), STATUS_OK);
    ck_assert_int_eq(scene->outcomes[0].calls, 1);
    return &scene->outcomes[0];
}

START_TEST(an_answer_comes_back)
{
    const struct outcome *outcome;
    struct error error = {0};
    struct scene scene;
    struct call call = {&scene, 0};
    struct client_request get = {"GET", NULL, NULL, 0, {0}};

    scene_start(&scene, open_limits());
    outcome = post(&scene, url_of(&scene, "/describe"));
    ck_assert_int_eq(outcome->status, STATUS_OK);
    ck_assert_int_eq(outcome->code, 200);
    ck_assert_str_eq(outcome->body, "POST /describe [a b] [tributary/" TRIBUTARY_VERSION "] hello");
    ck_assert_int_gt(outcome->elapsed_us, 0);

    get.url = url_of(&scene, "/describe");
    scene.waiting = 1;
    ck_assert_int_eq(client_send(scene.client, &get, answered, &call, &error), STATUS_OK);
    ck_assert_int_eq(loop_run(scene.loop, &error), STATUS_OK);
    ck_assert_str_eq(outcome->body, "GET /describe [] [tributary/" TRIBUTARY_VERSION "] ");
    /* One connection for both. */
    ck_assert_uint_eq(host_counters(&scene.host).accepted, 1);
    scene_stop(&scene);
}
END_TEST

START_TEST(other_answers_are_told)
{
    const struct outcome *outcome;
    struct scene scene;

    scene_start(&scene, open_limits());
    outcome = post(&scene, url_of(&scene, "/later"));
    ck_assert_int_eq(outcome->status, STATUS_OK);
    ck_assert_int_eq(outcome->code, 429);
    ck_assert_int_eq(outcome->retry_after_s, 7);
    outcome = post(&scene, url_of(&scene, "/elsewhere"));
    ck_assert_int_eq(outcome->code, 302);
    outcome = post(&scene, url_of(&scene, "/nope"));
    ck_assert_int_eq(outcome->code, 404);
    scene_stop(&scene);
}
END_TEST

START_TEST(a_large_answer_is_cut_off)
{
    const struct outcome *outcome;
    struct scene scene;

    scene_start(&scene, open_limits());
    outcome = post(&scene, url_of(&scene, "/large"));
    ck_assert_int_eq(outcome->status, STATUS_OK);
    ck_assert_int_eq(outcome->code, 200);
    ck_assert(outcome->truncated);
    ck_assert_uint_eq(outcome->body_size, 65536);
    scene_stop(&scene);
}
END_TEST

START_TEST(a_server_that_does_not_answer_is_left)
{
    struct client_limits limits = open_limits();
    const struct outcome *outcome;
    struct scene scene;

    limits.total_ms = 80;
    scene_start(&scene, limits);
    outcome = post(&scene, url_of(&scene, "/park"));
    ck_assert_int_eq(outcome->status, STATUS_RETRY);
    ck_assert_int_eq(outcome->code, 0);
    ck_assert_int_ge(outcome->elapsed_us, 75000);
    ck_assert_int_lt(outcome->elapsed_us, 1000000);
    scene_stop(&scene);
}
END_TEST

/* A listener whose queue is full answers no SYN. */
START_TEST(a_server_that_does_not_accept_is_left)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM, 0), fillers[4];
    struct client_limits limits = open_limits();
    const struct outcome *outcome;
    socklen_t size = sizeof address;
    struct scene scene;
    char url[64];

    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(listener, 0), 0);
    getsockname(listener, (struct sockaddr *)&address, &size);
    for (int i = 0; i < 4; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(fillers[i], (struct sockaddr *)&address, size);
    }
    limits.connect_ms = 80;
    scene_start(&scene, limits);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(address.sin_port));
    outcome = post(&scene, url);
    ck_assert_int_eq(outcome->status, STATUS_RETRY);
    ck_assert_int_lt(outcome->elapsed_us, 1000000);
    close(listener);
    outcome = post(&scene, url);
    ck_assert_int_eq(outcome->status, STATUS_RETRY);
    ck_assert(outcome->text[0] != '\0');
    for (int i = 0; i < 4; i++)
        close(fillers[i]);
    scene_stop(&scene);
}
END_TEST

START_TEST(names_that_do_not_exist_are_tried_again)
{
    const struct outcome *outcome;
    struct scene scene;

    scene_start(&scene, open_limits());
    outcome = post(&scene, "http://nowhere.invalid/");
    ck_assert_int_eq(outcome->status, STATUS_RETRY);
    scene_stop(&scene);
}
END_TEST

/* libcurl's look-ups come here: those of names under .silent get no answer for long. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret_list)
{
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    const char *end = strrchr(name, '.');

    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    if (end == NULL || strcmp(end, ".silent") != 0)
        return next(name, service, hints, ret_list);
    sleep(SILENCE_S);
    return EAI_AGAIN;
}

/* How long the loop stood still at most. */
struct pulse {
    int64_t last_us;
    int64_t longest_us;
};

static void beat(void *context)
{
    struct pulse *pulse = context;
    int64_t now_us = clock_steady_us();

    if (now_us - pulse->last_us > pulse->longest_us)
        pulse->longest_us = now_us - pulse->last_us;
    pulse->last_us = now_us;
}

START_TEST(name_servers_that_are_silent_stop_nobody)
{
    struct client_limits limits = open_limits();
    struct pulse pulse = {clock_steady_us(), 0};
    struct client_request request = {"POST", "http://hook.silent/", NULL, 0, {0}};
    struct error error = {0};
    struct loop_timer *timer;
    struct call calls[2];
    struct scene scene;

    limits.connect_ms = 200;
    scene_start(&scene, limits);
    timer = loop_timer_new(scene.loop, beat, &pulse);
    loop_timer_every(timer, 10000);
    scene.waiting = 2;
    for (int i = 0; i < 2; i++) {
        calls[i] = (struct call){&scene, i};
        ck_assert_int_eq(client_send(scene.client, &request, answered, &calls[i], &error),
                         STATUS_OK);
        request.url = url_of(&scene, "/describe");
    }
    ck_assert_int_eq(loop_run(scene.loop, &error), STATUS_OK);
    ck_assert_int_eq(scene.outcomes[0].status, STATUS_RETRY);
    ck_assert_int_eq(scene.outcomes[1].code, 200);
    /* Nor does the end wait. */
    request.url = "http://hook.silent/";
    ck_assert_int_eq(client_send(scene.client, &request, answered, &calls[1], &error), STATUS_OK);
    ck_assert_int_eq(post(&scene, url_of(&scene, "/describe"))->code, 200);
    loop_timer_free(timer);
    scene_stop(&scene);
    beat(&pulse);
    ck_assert_int_lt(pulse.longest_us, 1000000);
}
END_TEST

/* The name is allowed, what it stands for is not: refused when it is about to be used. */
START_TEST(private_addresses_are_refused_at_connect)
{
    struct client_limits limits = open_limits();
    const struct outcome *outcome;
    struct scene scene;
    struct error error = {0};
    struct client_request request = {"POST", NULL, NULL, 0, {0}};

    limits.allow_private = false;
    scene_start(&scene, limits);
    outcome = post(&scene, "http://localhost:8080/");
    ck_assert_int_eq(outcome->status, STATUS_REJECT);
    ck_assert_msg(strstr(outcome->text, "public") != NULL, "%s", outcome->text);
    request.url = "http://127.0.0.1:8080/";
    ck_assert_int_eq(client_send(scene.client, &request, answered, NULL, &error), STATUS_REJECT);
    scene_stop(&scene);
}
END_TEST

START_TEST(hosts_and_transfers_are_capped)
{
    struct client_limits limits = open_limits();
    struct scene scene;
    struct call calls[6];
    char other[64];

    limits.per_host = 2;
    limits.transfers = 3;
    limits.total_ms = 60;
    scene_start(&scene, limits);
    snprintf(other, sizeof other, "http://localhost:%u/park", scene.host.port);
    scene.waiting = 3;
    for (int i = 0; i < 6; i++) {
        struct client_request request = {
            "POST", i < 3 ? url_of(&scene, "/park") : other, NULL, 0, {0}};
        enum status expected = i == 2 || i > 3 ? STATUS_RETRY : STATUS_OK;
        struct error error = {0};

        calls[i] = (struct call){&scene, i};
        ck_assert_int_eq(client_has_room(scene.client, request.url), expected == STATUS_OK);
        ck_assert_int_eq(client_send(scene.client, &request, answered, &calls[i], &error),
                         expected);
    }
    ck_assert_int_eq(loop_run(scene.loop, &(struct error){0}), STATUS_OK);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(scene.outcomes[i].calls, i == 2 || i > 3 ? 0 : 1);
    ck_assert(client_has_room(scene.client, other));
    scene_stop(&scene);
}
END_TEST

START_TEST(requests_are_checked)
{
    static const struct client_field bad_fields[] = {
        {"", "x"}, {"A B", "x"}, {"A:", "x"}, {"A", "x\r\nB: y"}, {"A\n", "x"}};
    struct scene scene;
    struct error error = {0};
    struct client_request request = {"POST", NULL, NULL, 1, {0}};

    scene_start(&scene, open_limits());
    request.url = url_of(&scene, "/describe");
    for (size_t i = 0; i < sizeof bad_fields / sizeof bad_fields[0]; i++) {
        request.fields = &bad_fields[i];
        ck_assert_int_eq(client_send(scene.client, &request, answered, NULL, &error),
                         STATUS_REJECT);
    }
    request.field_count = 0;
    request.method = "PUT";
    ck_assert_int_eq(client_send(scene.client, &request, answered, NULL, &error), STATUS_REJECT);
    request.method = "POST";
    request.body.data = scene.large;
    request.body.size = (1 << 20) + 1;
    ck_assert_int_eq(client_send(scene.client, &request, answered, NULL, &error), STATUS_REJECT);
    request.body.size = 0;
    request.url = "nonsense";
    ck_assert_int_eq(client_send(scene.client, &request, answered, NULL, &error), STATUS_REJECT);
    scene_stop(&scene);
}
END_TEST

START_TEST(it_may_be_freed_while_it_waits)
{
    struct scene scene;
    struct error error = {0};
    struct client_request request = {"POST", NULL, NULL, 0, {0}};

    scene_start(&scene, open_limits());
    request.url = url_of(&scene, "/park");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(client_send(scene.client, &request, answered, NULL, &error), STATUS_OK);
    scene_stop(&scene);
}
END_TEST

START_TEST(proxies_of_the_environment_are_ignored)
{
    struct scene scene;

    setenv("http_proxy", "http://127.0.0.1:1/", 1);
    setenv("all_proxy", "http://127.0.0.1:1/", 1);
    scene_start(&scene, open_limits());
    ck_assert_int_eq(post(&scene, url_of(&scene, "/describe"))->code, 200);
    scene_stop(&scene);
}
END_TEST

SUITE_MAIN("client", an_answer_comes_back, other_answers_are_told, a_large_answer_is_cut_off,
           a_server_that_does_not_answer_is_left, a_server_that_does_not_accept_is_left,
           names_that_do_not_exist_are_tried_again, name_servers_that_are_silent_stop_nobody,
           private_addresses_are_refused_at_connect, hosts_and_transfers_are_capped,
           requests_are_checked, it_may_be_freed_while_it_waits,
           proxies_of_the_environment_are_ignored);
