/* The analytics sink: classified transactions from Kafka into ledger, day, month and hour sums,
 * exactly once, against the limit of the same rows copied bare into the same tables.
 *
 * Events per CPU-second: user + system time of the sink process and of its Postgres backend. */
#include "common/base/hash.h"
#include "common/base/random.h"
#include "tests/bench/cpu.h"
#include "tests/support/broker/broker.h"
#include "tests/support/database/database.h"
#include "tests/support/feed/feed.h"
#include "tests/support/fleet/fleet.h"
#include "tests/support/redis_server/redis_server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_MAX = 32, PARTITIONS = 24, USERS = 20000, DAYS = 30, CATEGORIES = 16 };

#define OCCURRED INT64_C(1767225600000000)
#define DAY      INT64_C(86400000000)

static void put_outputs(struct feed *feed, int64_t count)
{
    int64_t next[PARTITIONS] = {0};
    struct random random;

    random_init(&random, 1);
    for (int64_t i = 0; i < count; i++) {
        char user[24], id[40], merchant[40], category[24], key[EVENT_KEY_MAX];
        struct transaction event;
        struct classification output;
        int32_t partition;

        snprintf(user, sizeof user, "user-%05d", (int)random_below(&random, USERS));
        snprintf(id, sizeof id, "%016" PRIx64 "%08" PRIx64, random_next(&random), (uint64_t)i);
        snprintf(merchant, sizeof merchant, "Merchant %d", (int)random_below(&random, 3000));
        snprintf(category, sizeof category, "category-%d", (int)random_below(&random, CATEGORIES));
        event = (struct transaction){
            .tenant = SLICE_LITERAL("acme"),
            .id = slice_of(id),
            .user = slice_of(user),
            .account = SLICE_LITERAL("checking"),
            .amount_minor = (int64_t)random_below(&random, 20000) - 2000,
            .currency = SLICE_LITERAL("EUR"),
            .description = SLICE_LITERAL("CARD PAYMENT 4711 REF 0815"),
            .merchant = slice_of(merchant),
            .mcc = 5411,
            .occurred_at = OCCURRED + (int64_t)random_below(&random, DAYS * (uint64_t)DAY),
            .received_at = OCCURRED + 40 * DAY};
        partition = hash_partition(event_key(event.tenant, event.user, key), PARTITIONS);
        output = (struct classification){.from = next[partition],
                                         .to = next[partition],
                                         .outcome = OUTCOME_CLASSIFIED,
                                         .transaction = &event,
                                         .category = slice_of(category),
                                         .confidence = 0.9F,
                                         .decided_by = DECIDER_MODEL,
                                         .model_version = SLICE_LITERAL("1"),
                                         .classified_at = event.received_at};
        next[partition]++;
        feed_classification(feed, partition, &output);
    }
    feed_flush(feed);
}

struct figures {
    double wall;
    double worker; /* CPU seconds */
    double postgres;
    double peak_mib; /* of the worker */
};

static pid_t backend_of(const char *uri, const char *application)
{
    char sql[256];

    snprintf(sql, sizeof sql,
             "SELECT pid FROM pg_stat_activity WHERE application_name LIKE '%s%%' AND datname ="
             " current_database()",
             application);
    return (pid_t)database_number(uri, sql);
}

static struct figures run_sink(struct fleet *fleet, const char *uri, int64_t count)
{
    struct figures figures;
    double begin = cpu_now();
    pid_t backend;

    fleet_start(fleet, "sink", "tributary-analytics", NULL);
    fleet_wait_ready(fleet, "sink", 30000);
    while ((backend = backend_of(uri, "analytics")) == 0)
        usleep(10000);
    while (database_number(uri,
                           "SELECT sum(position) FROM tributary.source_offsets WHERE"
                           " consumer_group = 'analytics' AND topic = 'classifications'") < count)
        usleep(200000);
    figures.wall = cpu_now() - begin;
    figures.postgres = cpu_seconds(backend);
    figures.worker = cpu_seconds(fleet_pid(fleet, "sink"));
    figures.peak_mib = cpu_peak_mib(fleet_pid(fleet, "sink"));
    fleet_kill(fleet, "sink");
    return figures;
}

/* The limit: the same rows into tables of the same shape, by COPY in the server, in batches. */
static struct figures run_copy(const char *uri)
{
    static const char *const tables[] = {"ledger", "day_sums", "month_sums",
                                         "tenant_hour_sums_by_partition"};
    struct figures figures = {0};
    double begin;
    char sql[512];

    for (size_t i = 0; i < 4; i++) {
        snprintf(sql, sizeof sql,
                 "COPY tributary.%s TO '/tmp/tributary-bench-%s-%d' (FORMAT binary);"
                 " CREATE TABLE tributary.bare_%s (LIKE tributary.%s INCLUDING ALL)",
                 tables[i], tables[i], (int)getpid(), tables[i], tables[i]);
        database_execute(uri, sql);
    }
    begin = cpu_now();
    for (size_t i = 0; i < 4; i++) {
        snprintf(sql, sizeof sql,
                 "COPY tributary.bare_%s FROM '/tmp/tributary-bench-%s-%d' (FORMAT binary)",
                 tables[i], tables[i], (int)getpid());
        database_execute(uri, sql);
    }
    figures.wall = cpu_now() - begin;
    figures.postgres = figures.wall; /* one backend, nothing to wait for */
    for (size_t i = 0; i < 4; i++) {
        snprintf(sql, sizeof sql,
                 "DROP TABLE tributary.bare_%s; COPY (SELECT 1 WHERE false) TO"
                 " '/tmp/tributary-bench-%s-%d'",
                 tables[i], tables[i], (int)getpid());
        database_execute(uri, sql);
    }
    return figures;
}

static void settings(struct fleet *fleet, struct broker *broker, struct redis_server *redis,
                     const char *prefix, const char *uri)
{
    fleet_set(fleet, "TRIBUTARY_KAFKA_BROKERS", broker_address(broker));
    fleet_set(fleet, "TRIBUTARY_KAFKA_PREFIX", prefix);
    fleet_set(fleet, "TRIBUTARY_POSTGRES_URI", uri);
    fleet_set(fleet, "TRIBUTARY_REDIS_ADDRESS", redis_server_address(redis));
    fleet_set(fleet, "TRIBUTARY_REDIS_PREFIX", prefix);
}

int main(int argc, char **argv)
{
    int64_t count = argc > 1 ? strtoll(argv[1], NULL, 10) : 200000;
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 5;
    OWNED(broker) broker = broker_shared();
    OWNED(database)
    database = database_start(&(struct database_options){
        .durable = true,
        .settings = (const char *const[]){"shared_buffers=1GB", "max_wal_size=4GB", NULL}});
    OWNED(redis_server) redis = redis_server_start(NULL);
    double rates[ROUNDS_MAX], ratios[ROUNDS_MAX];

    for (int round = 0; round < rounds && round < ROUNDS_MAX; round++) {
        OWNED(fleet) fleet = fleet_new();
        const char *prefix = broker_prefix(broker);
        const char *uri = database_create(database);
        OWNED(feed) feed = NULL;
        struct figures sink, copy;

        settings(fleet, broker, redis, prefix, uri);
        if (fleet_run(fleet, "tributary", (const char *const[]){"init", NULL}, 60000, NULL) != 0)
            return EXIT_FAILURE;
        feed = feed_new(broker_address(broker), prefix, PARTITIONS);
        put_outputs(feed, count);
        sink = run_sink(fleet, uri, count);
        copy = run_copy(uri);
        printf("sink %8.0f events/cpu-s  wall %6.0f/s  worker %5.2f us  postgres %5.2f us  peak "
               "%.0f MiB | bare COPY "
               "%8.0f events/s  %5.2f us | ratio %.2f\n",
               (double)count / (sink.worker + sink.postgres), (double)count / sink.wall,
               sink.worker / (double)count * 1e6, sink.postgres / (double)count * 1e6,
               sink.peak_mib, (double)count / copy.postgres, copy.postgres / (double)count * 1e6,
               copy.postgres / (sink.worker + sink.postgres));
        fflush(stdout);
        rates[round] = (double)count / (sink.worker + sink.postgres);
        ratios[round] = copy.postgres / (sink.worker + sink.postgres);
    }
    printf("{\"bench\":\"sink\",\"events_per_cpu_second\":%.0f,\"ratio_to_bare_copy\":%.3f,"
           "\"peer_then\":28400}\n",
           cpu_median(rates, rounds), cpu_median(ratios, rounds));
    return EXIT_SUCCESS;
}
