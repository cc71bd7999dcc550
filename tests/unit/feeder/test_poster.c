/* producers/feeder: the poster against a gateway that fails in all the ways that it may. */
#include "common/base/must.h"
#include "common/loop/loop.h"
#include "producers/feeder/poster.h"
#include "tests/support/fake_gateway/fake_gateway.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>

/* A batch that fails eight times in a row may wait for half a minute: rare, but seeds differ. */
enum { EVENTS = 1000, USERS = 17, LATE_US = 60000000 };

struct scene {
    struct fake_gateway gateway;
    struct loop *loop;
    struct feeder_poster *poster;
    struct loop_timer *deadline;
    size_t put; /* events */
    size_t limit;
    size_t settled[3]; /* by result */
    unsigned char *seen;
    struct error failure;
    bool late;
    bool mixed; /* every tenth is feedback */
};

static void settled(void *opaque, enum event_kind kind, const struct feeder_item *item,
                    const struct feeder_outcome *outcome)
{
    struct scene *scene = opaque;

    (void)kind;
    ck_assert_uint_lt(item->ticket, EVENTS);
    scene->seen[item->ticket]++;
    scene->settled[outcome->result]++;
}

static void pump(struct scene *scene)
{
    while (scene->put < scene->limit) {
        char id[24], user[24], line[256];
        struct feeder_post post = {.kind = scene->mixed && scene->put % 10 == 0 ? EVENT_FEEDBACK
                                                                                : EVENT_TRANSACTION,
                                   .ticket = scene->put};

        snprintf(id, sizeof id, "t%zu", scene->put);
        snprintf(user, sizeof user, "u%zu", scene->put % USERS);
        if (post.kind == EVENT_FEEDBACK)
            snprintf(line, sizeof line,
                     "{\"id\":\"%s\",\"user\":\"%s\",\"transaction_id\":\"x\",\"kind\":"
                     "\"confirmation\",\"occurred_at\":\"2025-01-01T00:00:00Z\"}",
                     id, user);
        else
            snprintf(line, sizeof line,
                     "{\"id\":\"%s\",\"user\":\"%s\",\"amount\":\"1.00\",\"currency\":\"EUR\","
                     "\"merchant\":\"%s\",\"occurred_at\":\"2025-01-01T00:00:00Z\"}",
                     id, user, scene->put % 7 == 0 ? "bad shop" : "shop");
        post.id = slice_of(id);
        post.user = slice_of(user);
        post.line = slice_of(line);
        if (!feeder_poster_put(scene->poster, &post))
            break;
        scene->put++;
    }
    feeder_poster_flush(scene->poster);
    if (scene->put == scene->limit && feeder_poster_idle(scene->poster))
        loop_stop(scene->loop);
}

static void answered(void *opaque)
{
    pump(opaque);
}

static void failed(void *opaque, const struct error *error)
{
    struct scene *scene = opaque;

    scene->failure = *error;
    loop_stop(scene->loop);
}

static void expired(void *opaque)
{
    struct scene *scene = opaque;

    scene->late = true;
    loop_stop(scene->loop);
}

/* Posts `events` and returns when all are settled, or it has failed. */
static void run(struct scene *scene, const struct fake_plan *plan, size_t events, bool mixed,
                const struct feeder_settings *changed)
{
    struct feeder_settings settings = *changed;
    struct feeder_poster_options options = {.settings = &settings,
                                            .seed = plan->seed,
                                            .settled = settled,
                                            .answered = answered,
                                            .failed = failed,
                                            .opaque = scene};
    struct error error = {0};
    char url[64];

    *scene = (struct scene){.limit = events, .mixed = mixed};
    scene->seen = calloc(EVENTS, 1);
    fake_gateway_start(&scene->gateway, plan);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", scene->gateway.host.port);
    settings.url = url;
    ck_assert_int_eq(loop_new(&scene->loop, &error), STATUS_OK);
    options.loop = scene->loop;
    ck_assert_int_eq(feeder_poster_new(&scene->poster, &options, &error), STATUS_OK);
    scene->deadline = loop_timer_new(scene->loop, expired, scene);
    loop_timer_once(scene->deadline, LATE_US);
    pump(scene);
    ck_assert_int_eq(loop_run(scene->loop, &error), STATUS_OK);
    ck_assert(!scene->late);
}

static void end(struct scene *scene)
{
    feeder_poster_free(scene->poster);
    loop_timer_free(scene->deadline);
    loop_free(scene->loop);
    fake_gateway_stop(&scene->gateway);
    free(scene->seen);
}

static const struct feeder_settings usual = {.api_key = FAKE_GATEWAY_KEY,
                                             .batch = 50,
                                             .requests = 4,
                                             .timeout_ms = 5000,
                                             .patience_ms = 60000};

/* Each event has one last word, and each that was accepted is there. */
static void check_all_settled(const struct scene *scene, size_t events)
{
    ck_assert_int_eq(scene->failure.status, STATUS_OK);
    for (size_t i = 0; i < events; i++)
        ck_assert_uint_eq(scene->seen[i], 1);
    ck_assert_uint_eq(scene->settled[FEEDER_UNKNOWN], 0);
    ck_assert_uint_eq(scene->settled[FEEDER_ACCEPTED] + scene->settled[FEEDER_REJECTED], events);
}

START_TEST(all_is_posted)
{
    const struct fake_plan plan = {.seed = 1};
    struct scene scene;

    run(&scene, &plan, EVENTS, true, &usual);
    check_all_settled(&scene, EVENTS);
    ck_assert_uint_eq(scene.gateway.count, EVENTS);
    ck_assert_uint_eq(scene.settled[FEEDER_REJECTED], 0);
    ck_assert_uint_eq(feeder_poster_counts(scene.poster).repeats, 0);
    end(&scene);
}
END_TEST

START_TEST(faults_are_outlasted)
{
    const struct fake_plan plan = {
        .seed = suite_seed(), .refuse = 20, .forget = 10, .postpone = 5, .rejected = "bad shop"};
    struct scene scene;
    size_t bad = 0;

    run(&scene, &plan, EVENTS, true, &usual);
    check_all_settled(&scene, EVENTS);
    for (size_t i = 0; i < EVENTS; i++) {
        char id[24];
        bool rejected = i % 7 == 0 && i % 10 != 0;

        snprintf(id, sizeof id, "t%zu", i);
        bad += rejected;
        ck_assert_int_eq(fake_gateway_accepted(&scene.gateway, id) > 0, !rejected);
    }
    ck_assert_uint_eq(scene.settled[FEEDER_REJECTED], bad);
    ck_assert_uint_gt(feeder_poster_counts(scene.poster).repeats, 0);
    end(&scene);
}
END_TEST

/* Of each user, what is new comes in the order in which it was put, whatever was repeated. */
START_TEST(a_users_events_keep_their_order)
{
    const struct fake_plan plan = {.seed = suite_seed(), .refuse = 20, .forget = 10};
    struct scene scene;
    long newest[USERS];

    for (int i = 0; i < USERS; i++)
        newest[i] = i - USERS;
    run(&scene, &plan, EVENTS, false, &usual);
    check_all_settled(&scene, EVENTS);
    for (size_t i = 0; i < scene.gateway.count; i++) {
        long number = strtol(scene.gateway.events[i].id + 1, NULL, 10);
        long *last = &newest[number % USERS];

        ck_assert_int_le(number, *last + USERS);
        *last = number > *last ? number : *last;
    }
    end(&scene);
}
END_TEST

START_TEST(retry_after_is_honoured)
{
    const struct fake_plan plan = {.seed = 4, .refuse = 60, .retry_after_s = 1};
    struct feeder_settings settings = usual;
    struct scene scene;

    settings.requests = 1;
    settings.batch = 100;
    /* One lane alone: no feedback. */
    run(&scene, &plan, 1, false, &settings);
    ck_assert(!scene.gateway.hasty);
    ck_assert_uint_gt(feeder_poster_counts(scene.poster).refusals, 0);
    end(&scene);
}
END_TEST

START_TEST(a_wrong_key_ends_it)
{
    const struct fake_plan plan = {.seed = 1};
    struct feeder_settings settings = usual;
    struct scene scene;

    settings.api_key = "acme-1.wrong";
    run(&scene, &plan, 10, false, &settings);
    ck_assert_int_eq(scene.failure.status, STATUS_REJECT);
    ck_assert_ptr_nonnull(strstr(scene.failure.text, "401"));
    ck_assert_ptr_null(strstr(scene.failure.text, "wrong"));
    end(&scene);
}
END_TEST

START_TEST(patience_ends)
{
    const struct fake_plan plan = {.seed = 1, .status = 503};
    struct feeder_settings settings = usual;
    struct scene scene;

    settings.patience_ms = 500;
    run(&scene, &plan, 10, false, &settings);
    ck_assert_int_eq(scene.failure.status, STATUS_RETRY);
    feeder_poster_abandon(scene.poster);
    ck_assert_uint_eq(scene.settled[FEEDER_UNKNOWN], 10);
    end(&scene);
}
END_TEST

START_TEST(nobody_there_is_a_reason_to_wait)
{
    const struct fake_plan plan = {.seed = 1};
    struct feeder_settings settings = usual;
    struct feeder_poster_options options = {
        .settings = &settings, .settled = settled, .answered = answered, .failed = failed};
    struct scene scene = {.limit = 5};
    struct error error = {0};

    (void)plan;
    settings.url = "http://127.0.0.1:1";
    settings.patience_ms = 400;
    scene.seen = calloc(EVENTS, 1);
    ck_assert_int_eq(loop_new(&scene.loop, &error), STATUS_OK);
    options.loop = scene.loop;
    options.opaque = &scene;
    ck_assert_int_eq(feeder_poster_new(&scene.poster, &options, &error), STATUS_OK);
    pump(&scene);
    ck_assert_int_eq(loop_run(scene.loop, &error), STATUS_OK);
    ck_assert_int_eq(scene.failure.status, STATUS_RETRY);
    ck_assert_uint_gt(feeder_poster_counts(scene.poster).unreached, 1);
    feeder_poster_free(scene.poster);
    loop_free(scene.loop);
    free(scene.seen);
}
END_TEST

START_TEST(what_cannot_work_does_not_begin)
{
    struct feeder_settings settings = usual;
    struct feeder_poster_options options = {.settings = &settings};
    struct feeder_poster *poster = NULL;
    struct error error = {0};

    ck_assert_int_eq(loop_new(&options.loop, &error), STATUS_OK);
    settings.url = "gopher://127.0.0.1";
    ck_assert_int_eq(feeder_poster_new(&poster, &options, &error), STATUS_REJECT);
    error_clear(&error);
    settings.url = "http://127.0.0.1:8080";
    settings.api_key = NULL;
    ck_assert_int_eq(feeder_poster_new(&poster, &options, &error), STATUS_REJECT);
    ck_assert_ptr_nonnull(strstr(error.text, "API key"));
    loop_free(options.loop);
}
END_TEST

SUITE_MAIN_TIMEOUT("feeder/poster", 70, all_is_posted, faults_are_outlasted,
                   a_users_events_keep_their_order, retry_after_is_honoured, a_wrong_key_ends_it,
                   patience_ends, nobody_there_is_a_reason_to_wait,
                   what_cannot_work_does_not_begin);
