#include "tests/bench/stage.h"

#include "tests/bench/cpu.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { INIT_MS = 120000 };

void stage_servers_start(struct stage_servers *servers)
{
    static const char *const settings[] = {"shared_buffers=1GB", "max_wal_size=4GB",
                                           "track_commit_timestamp=on", NULL};

    servers->broker = broker_shared();
    servers->database =
        database_start(&(struct database_options){.durable = true, .settings = settings});
    servers->redis = redis_server_start(NULL);
}

void stage_servers_stop(struct stage_servers *servers)
{
    redis_server_free(servers->redis);
    database_free(servers->database);
    broker_free(servers->broker);
}

void stage_open(struct stage *stage, const struct stage_servers *servers)
{
    char *output = NULL;

    *stage = (struct stage){.broker = servers->broker,
                            .fleet = fleet_new(),
                            .prefix = broker_prefix(servers->broker),
                            .uri = database_create(servers->database)};
    fleet_set(stage->fleet, "TRIBUTARY_KAFKA_BROKERS", broker_address(servers->broker));
    fleet_set(stage->fleet, "TRIBUTARY_KAFKA_PREFIX", stage->prefix);
    fleet_set(stage->fleet, "TRIBUTARY_POSTGRES_URI", stage->uri);
    fleet_set(stage->fleet, "TRIBUTARY_REDIS_ADDRESS", redis_server_address(servers->redis));
    fleet_set(stage->fleet, "TRIBUTARY_REDIS_PREFIX", stage->prefix);
    if (fleet_run(stage->fleet, "tributary", (const char *const[]){"init", NULL}, INIT_MS,
                  &output) != 0) {
        fprintf(stderr, "tributary init: %s\n", output);
        exit(EXIT_FAILURE);
    }
    free(output);
}

void stage_close(struct stage *stage)
{
    fleet_free(stage->fleet);
}

void stage_start(struct stage *stage, const char *program)
{
    char name[64];

    snprintf(name, sizeof name, "tributary-%s", program);
    fleet_start(stage->fleet, program, name, NULL);
    fleet_wait_ready(stage->fleet, program, STAGE_READY_MS);
}

double stage_member_cpu(struct stage *stage, const char *program)
{
    return cpu_seconds(fleet_pid(stage->fleet, program));
}

double stage_backends_cpu(const struct stage *stage, const char *program)
{
    char sql[256], *pids, *next;
    double seconds = 0;

    snprintf(sql, sizeof sql,
             "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND"
             " application_name LIKE '%%%s%%'",
             program);
    pids = database_text(stage->uri, sql);
    for (char *line = pids; *line != '\0'; line = next + 1) {
        seconds += cpu_seconds((pid_t)strtol(line, &next, 10));
        if (*next == '\0')
            break;
    }
    free(pids);
    return seconds;
}

int64_t stage_records(const struct stage *stage, const char *topic)
{
    char name[128];
    int64_t sum = 0;

    snprintf(name, sizeof name, "%s%s", stage->prefix, topic);
    for (int32_t p = 0; p < STAGE_PARTITIONS; p++)
        sum += broker_end_offset(stage->broker, name, p);
    return sum;
}

static int64_t offsets(const struct stage *stage, const char *column, const char *group,
                       const char *topic)
{
    char sql[256];

    snprintf(sql, sizeof sql,
             "SELECT sum(%s) FROM tributary.source_offsets WHERE consumer_group = '%s' AND topic ="
             " '%s'",
             column, group, topic);
    return database_number(stage->uri, sql);
}

int64_t stage_next(const struct stage *stage, const char *group, const char *topic)
{
    return offsets(stage, "next", group, topic);
}

int64_t stage_position(const struct stage *stage, const char *group, const char *topic)
{
    return offsets(stage, "position", group, topic);
}
