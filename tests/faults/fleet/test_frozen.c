/* Servers that stand still with all their connections open (SIGSTOP), under load: nothing says that
 * they are away. Every wait has an end, what can go on goes on, and the rest comes back by itself.
 */
#include "tests/faults/fleet/scene.h"
#include "tests/support/gateway/gateway.h"
#include "tests/support/http/peer.h"
#include "tests/support/process/place.h"
#include "tests/support/suite/suite.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    DATABASE_S = 5, /* beyond the first second */
    BROKER_MS = 8000,
    REDIS_S = 5,
    DEADLINE_MS = 2000, /* of the gateway, while Kafka is frozen */
    LATE_MS = 1000,     /* beyond the deadline, on a busy machine */
    POST_PAUSE_MS = 50,
    WAIT_MS = 60000,
    PULSES = 4,
};

/* What shows that somebody works. */
struct pulse {
    const char *member, *metric, *label;
};

#define ACCEPTED                                                                                   \
    {                                                                                              \
        "g", "tributary_gateway_events_total", "result=\"accepted\""                               \
    }
#define CLASSIFIED                                                                                 \
    {                                                                                              \
        "c", "tributary_transform_outputs_total", "outcome=\"classified\""                         \
    }

static double feel(struct scene *scene, const struct pulse *pulse)
{
    return fleet_metric(scene->fleet, pulse->member, pulse->metric, pulse->label);
}

/* All of them grow in each of so many seconds. */
static void expect_pulses(struct scene *scene, const struct pulse *pulses, size_t count,
                          int seconds)
{
    double last[PULSES], now;

    for (size_t i = 0; i < count; i++)
        last[i] = feel(scene, &pulses[i]);
    for (int second = 1; second <= seconds; second++) {
        rig_sleep(1000);
        for (size_t i = 0; i < count; i++) {
            now = feel(scene, &pulses[i]);
            ck_assert_msg(now > last[i], "%s of %s stands still at %.0f in second %d",
                          pulses[i].metric, pulses[i].member, now, second);
            last[i] = now;
        }
    }
}

START_TEST(postgres_is_frozen)
{
    static const char *const sinks[] = {"a1", "a2", "l", "n", NULL};
    static const struct pulse pulses[] = {
        ACCEPTED, CLASSIFIED, {"c", "tributary_weights_lookups_total", "source=\"memory\""}};
    OWNED(database) database = database_start(NULL);
    const struct rig_servers servers = {.database = database};
    struct scene scene;
    double applied;
    int load;

    scene_open(&scene, &servers);
    /* One sink gives its connections up meanwhile, the others wait on theirs. */
    fleet_set_for(scene.fleet, "a1", "TRIBUTARY_POSTGRES_STATEMENT_TIMEOUT", "1s");
    fleet_set_for(scene.fleet, "c", "TRIBUTARY_CLASSIFIER_COUNTS_REFRESH", "500ms");
    load = scene_start_loaded(&scene, suite_seed());
    database_pause(database);
    expect_pulses(&scene, pulses, 3, 1);
    applied = scene_result(&scene, sinks, "applied");
    expect_pulses(&scene, pulses, 3, DATABASE_S);
    ck_assert_double_eq(scene_result(&scene, sinks, "applied"), applied);
    ck_assert_double_gt(fleet_metric(scene.fleet, "c", "tributary_weights_stale_seconds", NULL),
                        DATABASE_S - 1);
    ck_assert_double_gt(scene_failures(&scene, "a1", "retry"), 0);
    database_resume(database);
    scene_end_loaded(&scene, &servers, load);
}
END_TEST

/* One transaction of the test's own: its status, and an answer it has in time. */
static int post(struct scene *scene, int number)
{
    char id[32], body[256], head[512];
    int64_t from_ms = place_steady_ms(), took_ms;
    struct answer answer;
    struct peer peer;
    int size;

    snprintf(id, sizeof id, "own%d", number);
    scene_note_post(scene, id);
    size = snprintf(body, sizeof body,
                    "{\"id\":\"%s\",\"user\":\"own\",\"amount\":\"1.00\",\"currency\":\"EUR\","
                    "\"occurred_at\":\"2026-02-28T09:00:00Z\"}",
                    id);
    snprintf(head, sizeof head,
             "POST /v1/transactions HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\n"
             "Authorization: Bearer " GATEWAY_ACME "\r\nContent-Length: %d\r\n\r\n",
             size);
    peer_init(&peer, (uint16_t)scene->gateway_port, DEADLINE_MS + LATE_MS);
    ck_assert(peer_send_text(&peer, head) && peer_send_text(&peer, body));
    answer = peer_answer(&peer, false);
    took_ms = place_steady_ms() - from_ms;
    ck_assert_msg(answer.status == 202 || answer.status == 503, "%d after %" PRId64 " ms",
                  answer.status, took_ms);
    ck_assert_int_le(took_ms, DEADLINE_MS + LATE_MS);
    if (answer.status == 503)
        ck_assert_uint_gt(answer_field(&answer, "Retry-After").size, 0);
    size = answer.status;
    peer_done(&peer);
    return size;
}

START_TEST(kafka_is_frozen)
{
    OWNED(broker) broker = broker_start(NULL);
    const struct rig_servers servers = {.broker = broker};
    struct scene scene;
    int64_t until_ms;
    int load, posts = 0, refused = 0;

    scene_open(&scene, &servers);
    fleet_set_for(scene.fleet, "g", "TRIBUTARY_GATEWAY_DEADLINE", "2s");
    load = scene_start_loaded(&scene, suite_seed());
    ck_assert_int_eq(post(&scene, posts++), 202);
    broker_pause(broker);
    until_ms = place_steady_ms() + BROKER_MS; /* four sessions */
    while (place_steady_ms() < until_ms) {
        refused += post(&scene, posts++) == 503;
        rig_sleep(POST_PAUSE_MS);
    }
    broker_resume(broker);
    printf("%d posts, %d refused\n", posts, refused);
    ck_assert_int_gt(refused, 2);
    ck_assert(EVENTUALLY(WAIT_MS, post(&scene, posts++) == 202));
    scene_end_loaded(&scene, &servers, load);
}
END_TEST

START_TEST(redis_is_frozen)
{
    static const struct pulse pulses[] = {ACCEPTED, CLASSIFIED};
    static const struct pulse from_redis = {"c", "tributary_weights_lookups_total",
                                            "source=\"redis\""};
    OWNED(redis_server) redis = redis_server_start(NULL);
    const struct rig_servers servers = {.redis = redis};
    struct scene scene;
    int load;

    scene_open(&scene, &servers);
    /* What the classifier may wait for a batch is less. */
    fleet_set_for(scene.fleet, "c", "TRIBUTARY_REDIS_COMMAND_TIMEOUT", "3s");
    load = scene_start_loaded(&scene, suite_seed());
    ck_assert(EVENTUALLY(WAIT_MS, feel(&scene, &from_redis) > 0)); /* it is asked */
    redis_server_pause(redis);
    expect_pulses(&scene, pulses, 2, REDIS_S);
    scene_wait_progress(&scene, SCENE_MORE); /* without it */
    redis_server_resume(redis);
    scene_end_loaded(&scene, &servers, load);
}
END_TEST

SUITE_MAIN_TIMEOUT("frozen", 150, postgres_is_frozen, kafka_is_frozen, redis_is_frozen);
