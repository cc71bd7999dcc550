#include "tests/support/rig/rig.h"

#include "common/base/hash.h"
#include "tests/support/process/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { INIT_MS = 90000, VERIFY_MS = 120000, LOOK_MS = 50 };

static void settings(struct rig *rig)
{
    struct fleet *fleet = rig->fleet;

    fleet_set(fleet, "TRIBUTARY_KAFKA_BROKERS", broker_address(rig->broker));
    fleet_set(fleet, "TRIBUTARY_KAFKA_PREFIX", rig->prefix);
    fleet_set(fleet, "TRIBUTARY_KAFKA_SESSION_TIMEOUT", "2s");
    fleet_set(fleet, "TRIBUTARY_POSTGRES_URI", rig->uri);
    fleet_set(fleet, "TRIBUTARY_REDIS_ADDRESS", redis_server_address(rig->redis));
    fleet_set(fleet, "TRIBUTARY_REDIS_PREFIX", rig->prefix);
    fleet_set(fleet, "TRIBUTARY_TOPICS_PARTITIONS", "4");
    fleet_set(fleet, "TRIBUTARY_WORKER_PARTITIONS", "4");
    fleet_set(fleet, "TRIBUTARY_GATEWAY_PARTITIONS", "4");
    fleet_set(fleet, "TRIBUTARY_WORKER_HALT_RETRY", "500ms");
}

void rig_init(struct rig *rig, const struct rig_servers *servers)
{
    static const struct rig_servers shared;
    char *output = NULL;
    int code;

    if (servers == NULL)
        servers = &shared;
    *rig =
        (struct rig){.broker = servers->broker != NULL ? servers->broker : broker_shared(),
                     .database = servers->database != NULL ? servers->database : database_shared(),
                     .redis = servers->redis != NULL ? servers->redis : redis_server_shared(),
                     .fleet = fleet_new()};
    rig->prefix = broker_prefix(rig->broker);
    rig->uri = database_create(rig->database);
    settings(rig);
    code =
        fleet_run(rig->fleet, "tributary", (const char *const[]){"init", NULL}, INIT_MS, &output);
    if (code != 0)
        process_fail(NULL, "tributary init: code %d: %s", code, output);
    free(output);
    rig->feed = feed_new(broker_address(rig->broker), rig->prefix, RIG_PARTITIONS);
}

void rig_done(struct rig *rig)
{
    feed_free(rig->feed);
    fleet_free(rig->fleet);
    redis_server_free(rig->redis);
    database_free(rig->database);
    broker_free(rig->broker);
}

void rig_start(struct rig *rig, const char *member, const char *program)
{
    char name[64];

    snprintf(name, sizeof name, "tributary-%s", program);
    fleet_start(rig->fleet, member, name, NULL);
    fleet_wait_ready(rig->fleet, member, RIG_READY_MS);
}

void rig_sleep(int64_t ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&pause, NULL);
}

void rig_wait(const struct rig *rig, const char *sql, int64_t expected, int64_t timeout_ms)
{
    int64_t got = -1;

    for (int64_t waited = 0; waited <= timeout_ms; waited += LOOK_MS) {
        if ((got = database_number(rig->uri, sql)) == expected)
            return;
        rig_sleep(LOOK_MS);
    }
    process_fail(NULL, "%s: %" PRId64 ", not %" PRId64, sql, got, expected);
}

void rig_verify(struct rig *rig)
{
    char *output = NULL;
    int code = fleet_run(rig->fleet, "tributary", (const char *const[]){"verify", NULL}, VERIFY_MS,
                         &output);

    if (code != 0)
        process_fail(NULL, "tributary verify: code %d\n%s", code, output);
    free(output);
}

int32_t rig_partition(const char *user)
{
    char key[EVENT_KEY_MAX];

    return hash_partition(event_key(SLICE_LITERAL("acme"), slice_of(user), key), RIG_PARTITIONS);
}
