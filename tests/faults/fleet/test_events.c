/* What upstreams do: post all twice, use one id for two users, write garbage into the topics. */
#include "tests/faults/fleet/scene.h"
#include "tests/support/gateway/gateway.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>

enum { EVENTS = 2000, GARBAGE = 3, POST_MS = 30000 };

static int64_t number(const struct scene *scene, const char *sql)
{
    return database_number(scene->rig.uri, sql);
}

/* The two race, so that the first of each pair comes now from one, now from the other. */
START_TEST(every_event_is_posted_twice)
{
    struct scene scene;
    uint64_t seed = suite_seed();
    int first, second;

    scene_open(&scene, NULL);
    scene_start_fleet(&scene);
    first = scene_begin_load(&scene, (struct scene_load){.seed = seed, .events = EVENTS});
    second = scene_begin_load(&scene, (struct scene_load){.seed = seed, .events = EVENTS});
    scene_wait_load(&scene, first);
    scene_wait_load(&scene, second);
    scene_verify(&scene);
    ck_assert_int_eq(scene_ledger(&scene), number(&scene, "SELECT count(DISTINCT id) FROM journal"
                                                          " WHERE kind = 'transaction'"));
    ck_assert_int_eq(number(&scene, "SELECT sum(duplicate + applied) FROM tributary.source_offsets"
                                    " WHERE consumer_group = 'analytics' AND topic ="
                                    " 'classifications'"),
                     number(&scene, "SELECT sum(next_source - base) FROM tributary.source_offsets"
                                    " WHERE consumer_group = 'analytics'"));
    ck_assert_int_ge(number(&scene, "SELECT sum(duplicate) FROM tributary.source_offsets"
                                    " WHERE consumer_group = 'analytics' AND topic ="
                                    " 'classifications'"),
                     EVENTS);
    scene_close(&scene, NULL);
}
END_TEST

static void post(struct scene *scene, const char *key, const char *path, const char *body)
{
    char headers[256];
    struct fleet_request request = {.port = scene->gateway_port,
                                    .path = path,
                                    .headers = headers,
                                    .body = body,
                                    .body_size = strlen(body),
                                    .timeout_ms = POST_MS};
    char *answer = NULL;
    int status;

    snprintf(headers, sizeof headers,
             "Authorization: Bearer %s\r\nContent-Type: application/json\r\n", key);
    status = fleet_http(&request, &answer);
    ck_assert_msg(status == 202, "%d %s", status, answer);
    free(answer);
}

static void post_pair(struct scene *scene, const char *key, const char *user, const char *category)
{
    char body[512];

    snprintf(body, sizeof body,
             "{\"id\":\"same\",\"user\":\"%s\",\"amount\":\"12.50\",\"currency\":\"EUR\","
             "\"merchant\":\"Corner Shop\",\"occurred_at\":\"2026-01-01T00:00:00Z\"}",
             user);
    post(scene, key, "/v1/transactions", body);
    snprintf(body, sizeof body,
             "{\"id\":\"same\",\"user\":\"%s\",\"transaction_id\":\"same\",\"kind\":\"correction\","
             "\"category\":\"%s\",\"occurred_at\":\"2026-01-01T00:00:00Z\"}",
             user, category);
    post(scene, key, "/v1/feedback", body);
}

START_TEST(an_id_belongs_to_its_user)
{
    struct scene scene;
    char *rows;

    scene_open(&scene, NULL);
    scene_start_fleet(&scene);
    post_pair(&scene, GATEWAY_ACME, "u1", "food");
    post_pair(&scene, GATEWAY_ACME, "u2", "fun");
    post_pair(&scene, GATEWAY_OTHER, "u1", "rent");
    scene_verify(&scene);
    rows = database_text(scene.rig.uri,
                         "SELECT tenant, user_id, event_id, category, amount_minor"
                         " FROM tributary.ledger JOIN tributary.users USING (user_key)"
                         " JOIN tributary.tenants USING (tenant_key) JOIN tributary.categories"
                         " USING (category_key) ORDER BY 1, 2");
    ck_assert_str_eq(rows, "acme|u1|same|food|1250\nacme|u2|same|fun|1250\n"
                           "other|u1|same|rent|1250\n");
    free(rows);
    ck_assert_int_eq(number(&scene, "SELECT count(*) FROM tributary.weight_audit"), 3);
    scene_close(&scene, NULL);
}
END_TEST

static void poison(struct scene *scene, enum feed_topic topic)
{
    static const struct slice values[GARBAGE] = {
        SLICE_LITERAL("garbage"), SLICE_LITERAL(""),
        SLICE_LITERAL("\0\0\0\0\1\xff\xff\xff\xff\xff\xff\xff\xff\xff")};

    for (int32_t p = 0; p < RIG_PARTITIONS; p++)
        for (size_t i = 0; i < GARBAGE; i++)
            feed_raw(scene->rig.feed, topic, p, SLICE_LITERAL("x"), values[i]);
}

START_TEST(poison_in_each_topic_blocks_nothing)
{
    struct scene scene;
    char *letters;
    int load;

    scene_open(&scene, NULL);
    scene_start_fleet(&scene);
    load = scene_begin_load(&scene, (struct scene_load){.seed = suite_seed(), .rate = EVENTS});
    scene_wait_progress(&scene, 100);
    poison(&scene, FEED_TRANSACTIONS);
    poison(&scene, FEED_FEEDBACK);
    poison(&scene, FEED_CLASSIFICATIONS);
    feed_flush(scene.rig.feed);
    scene_wait_progress(&scene, 500);
    scene_stop_load(&scene, load);
    scene_verify(&scene);
    /* Each sink keeps what it could not read; the classifier's are listed once. */
    letters = database_text(scene.rig.uri, "SELECT consumer_group, topic, count(*)"
                                           " FROM tributary.dead_letters GROUP BY 1, 2 ORDER BY 1,"
                                           " 2");
    ck_assert_str_eq(letters, "analytics|classifications|12\nanalytics|feedback|12\n"
                              "classifier|transactions|12\nlearner|classifications|12\n"
                              "learner|feedback|12\nnotifier|classifications|12\n");
    free(letters);
    scene_close(&scene, NULL);
}
END_TEST

SUITE_MAIN_TIMEOUT("events", 120, every_event_is_posted_twice, an_id_belongs_to_its_user,
                   poison_in_each_topic_blocks_nothing);
