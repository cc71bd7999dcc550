#include "tests/faults/fleet/scene.h"

#include "tests/faults/fleet/journal.h"
#include "tests/support/gateway/gateway.h"
#include "tests/support/process/place.h"
#include "tests/support/process/process.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LOAD_MS = 180000, STOP_MS = 30000, PROGRESS_MS = 60000, SQL_BYTES = 512 };

void scene_open(struct scene *scene, const struct rig_servers *servers)
{
    *scene = (struct scene){.gateway_port = 0};
    rig_init(&scene->rig, servers);
    scene->fleet = scene->rig.fleet;
    scene->gateway_port = gateway_set_up(scene->fleet);
    fleet_set_for(scene->fleet, "s", "TRIBUTARY_SENDER_POLL", "20ms");
    fleet_set_for(scene->fleet, "s", "TRIBUTARY_SENDER_TIMEOUT", "1s");
    fleet_set_for(scene->fleet, "s", "TRIBUTARY_SENDER_LEASE", "2s");
    fleet_set_for(scene->fleet, "s", "TRIBUTARY_SENDER_RETRY_SCALE", "0.01");
}

void scene_close(struct scene *scene, const struct rig_servers *servers)
{
    if (servers != NULL && servers->broker != NULL)
        scene->rig.broker = NULL;
    if (servers != NULL && servers->database != NULL)
        scene->rig.database = NULL;
    if (servers != NULL && servers->redis != NULL)
        scene->rig.redis = NULL;
    rig_done(&scene->rig);
}

void scene_start(struct scene *scene, const struct scene_member *members, size_t count)
{
    char program[64];

    for (size_t i = 0; i < count; i++) {
        snprintf(program, sizeof program, "tributary-%s", members[i].program);
        fleet_start(scene->fleet, members[i].name, program, NULL);
    }
    for (size_t i = 0; i < count; i++)
        fleet_wait_ready(scene->fleet, members[i].name, SCENE_READY_MS);
}

static const struct scene_member whole[] = {
    {"g", "gateway"}, {"c", "classifier"}, {"a1", "analytics"}, {"a2", "analytics"},
    {"l", "learner"}, {"n", "notifier"},   {"s", "sender"}};

void scene_start_fleet(struct scene *scene)
{
    scene_start(scene, whole, sizeof whole / sizeof whole[0]);
}

static void set_load(struct scene *scene, const char *name)
{
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%d", scene->gateway_port);
    fleet_set_for(scene->fleet, name, "TRIBUTARY_FEEDER_URL", url);
    fleet_set_for(scene->fleet, name, "TRIBUTARY_FEEDER_API_KEY", GATEWAY_ACME);
    fleet_set_for(scene->fleet, name, "TRIBUTARY_FEEDER_BATCH", "50");
    fleet_set_for(scene->fleet, name, "TRIBUTARY_FEEDER_TIMEOUT", "5s");
}

int scene_begin_load(struct scene *scene, struct scene_load load)
{
    int number = scene->loads++;
    char name[16], texts[4][sizeof scene->journals[0] + 16];

    if (number >= SCENE_LOADS)
        process_fail(NULL, "more than %d loads", SCENE_LOADS);
    snprintf(name, sizeof name, "load%d", number);
    memcpy(scene->names[number], name, sizeof name);
    snprintf(scene->journals[number], sizeof scene->journals[number], "%s/journal%d",
             fleet_folder(scene->fleet), number);
    snprintf(texts[0], sizeof texts[0], "--seed=%" PRIu64, load.seed % 1000000);
    snprintf(texts[1], sizeof texts[1], "--events=%d", load.events);
    snprintf(texts[2], sizeof texts[2], "--rate=%d", load.rate);
    snprintf(texts[3], sizeof texts[3], "--journal=%s", scene->journals[number]);
    set_load(scene, name);
    fleet_start(scene->fleet, name, "tributary-simulator",
                (const char *const[]){"--users=60", "--progress=none", texts[0], texts[1], texts[2],
                                      texts[3], NULL});
    return number;
}

void scene_stop_load(struct scene *scene, int number)
{
    int code = fleet_terminate(scene->fleet, scene->names[number], STOP_MS);

    /* 1: stopped before its end. */
    if (code != 0 && code != 1)
        process_fail(NULL, "the simulator ended with %d", code);
}

void scene_wait_load(struct scene *scene, int number)
{
    int code = fleet_wait_exit(scene->fleet, scene->names[number], LOAD_MS);

    if (code != 0)
        process_fail(NULL, "the simulator ended with %d", code);
}

int scene_start_loaded(struct scene *scene, uint64_t seed)
{
    int load;

    scene_start_fleet(scene);
    load = scene_begin_load(scene, (struct scene_load){.seed = seed, .rate = SCENE_RATE});
    scene_wait_progress(scene, SCENE_MORE);
    return load;
}

void scene_end_loaded(struct scene *scene, const struct rig_servers *servers, int load)
{
    scene_wait_progress(scene, SCENE_MORE);
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (!fleet_running(scene->fleet, whole[i].name))
            process_fail(NULL, "%s has ended", whole[i].name);
    scene_stop_load(scene, load);
    scene_verify(scene);
    scene_close(scene, servers);
}

static void journal_of_posts(const struct scene *scene, char *path, size_t size)
{
    snprintf(path, size, "%s/journal-of-posts", fleet_folder(scene->fleet));
}

void scene_note_post(struct scene *scene, const char *id)
{
    char path[sizeof scene->journals[0]];
    FILE *file;

    journal_of_posts(scene, path, sizeof path);
    file = fopen(path, "ae");
    if (file == NULL || fprintf(file, "transaction\t%s\tunknown\t-\t-\n", id) < 0 ||
        fclose(file) != 0)
        process_fail(NULL, "cannot write %s", path);
    scene->posted = true;
}

int64_t scene_ledger(const struct scene *scene)
{
    return database_number(scene->rig.uri, "SELECT count(*) FROM tributary.ledger");
}

void scene_wait_progress(const struct scene *scene, int64_t more)
{
    int64_t from = scene_ledger(scene);

    if (!EVENTUALLY(PROGRESS_MS, scene_ledger(scene) >= from + more))
        process_fail(NULL, "%" PRId64 " ledger rows, and no %" PRId64 " more came", from, more);
}

double scene_result(struct scene *scene, const char *const *members, const char *result)
{
    char label[64];
    double sum = 0;

    snprintf(label, sizeof label, "result=\"%s\"", result);
    for (; *members != NULL; members++) {
        double value = fleet_metric(scene->fleet, *members, "tributary_sink_records_total", label);

        sum += isnan(value) ? 0 : value;
    }
    return sum;
}

double scene_failures(struct scene *scene, const char *member, const char *class)
{
    char label[64];
    double count;

    snprintf(label, sizeof label, "class=\"%s\"", class);
    count = fleet_metric(scene->fleet, member, "tributary_batch_failures_total", label);
    return isnan(count) ? 0 : count;
}

/* ---- The end ---- */

static int64_t end_of(const struct scene *scene, const char *topic)
{
    char name[256];
    int64_t end = 0;

    snprintf(name, sizeof name, "%s%s", scene->rig.prefix, topic);
    for (int32_t p = 0; p < RIG_PARTITIONS; p++)
        end += broker_end_offset(scene->rig.broker, name, p);
    return end;
}

/* Until that column of all groups' rows for the topic adds up to the end. What comes meanwhile, of
 * a zombie, is waited for too. */
static void wait_for(const struct scene *scene, const char *column, const char *topic,
                     const char *source)
{
    char sql[SQL_BYTES];
    int64_t groups, got = -1, end = 0;

    snprintf(sql, sizeof sql,
             "SELECT count(*) / %d FROM tributary.source_offsets WHERE topic = '%s'",
             RIG_PARTITIONS, topic);
    groups = database_number(scene->rig.uri, sql);
    snprintf(sql, sizeof sql, "SELECT sum(%s) FROM tributary.source_offsets WHERE topic = '%s'",
             column, topic);
    if (!EVENTUALLY(SCENE_SETTLE_MS, (end = groups * end_of(scene, source)) ==
                                         (got = database_number(scene->rig.uri, sql))))
        process_fail(NULL, "%s of %s: %" PRId64 ", not %" PRId64, column, topic, got, end);
}

void scene_verify(struct scene *scene)
{
    const char *uri = scene->rig.uri;
    char posts[sizeof scene->journals[0]];

    feed_flush(scene->rig.feed);
    wait_for(scene, "next_source", "classifications", "transactions");
    wait_for(scene, "next", "classifications", "classifications");
    wait_for(scene, "next", "feedback", "feedback");
    rig_wait(&scene->rig, "SELECT count(*) FROM tributary.outbox WHERE state <> 'sent'", 0,
             SCENE_SETTLE_MS);
    rig_verify(&scene->rig);
    if (database_number(uri, "SELECT sum(abs(unaccounted)) FROM tributary.source_offsets") != 0)
        process_fail(NULL, "the books do not add up");
    if (scene->loads == 0)
        return;
    journal_open(uri);
    for (int i = 0; i < scene->loads; i++)
        journal_load(uri, scene->journals[i]);
    journal_of_posts(scene, posts, sizeof posts);
    if (scene->posted)
        journal_load(uri, posts);
    journal_check(uri);
}
