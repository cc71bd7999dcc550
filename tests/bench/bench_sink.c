/* The analytics sink: classified transactions from Kafka into ledger, day, month and hour sums,
 * exactly once, beside the same rows copied bare into tables of the same shape.
 *
 *     bench-sink [EVENTS [ROUNDS [DAYS]]]
 *
 * The events are booked in order within DAYS (1, as live traffic; 30 folds hardly anything).
 * Events per CPU-second: user + system time of the sink process and of its Postgres backends. */
#include "common/base/hash.h"
#include "common/base/must.h"
#include "tests/bench/cpu.h"
#include "tests/bench/floor.h"
#include "tests/bench/servers_cpu.h"
#include "tests/bench/stage.h"
#include "tests/bench/traffic.h"
#include "tests/support/feed/feed.h"

#include <unistd.h>

enum { ROUNDS_MAX = 32, USERS = 20000 };

/* Benthos into a ledger table alone, at least once. */
#define PEER       28400.0
#define GOAL_RATIO 1.0

static void put_outputs(const struct stage *stage, int64_t count, int days)
{
    OWNED(feed) feed = feed_new(broker_address(stage->broker), stage->prefix, STAGE_PARTITIONS);
    int64_t next[STAGE_PARTITIONS] = {0};
    struct traffic traffic;

    traffic_init(&traffic, count, USERS);
    traffic.days = days;
    for (int64_t i = 0; i < count; i++) {
        struct transaction event = traffic_next(&traffic);
        char key[EVENT_KEY_MAX];
        int32_t partition =
            hash_partition(event_key(event.tenant, event.user, key), STAGE_PARTITIONS);
        struct classification output = {.from = next[partition],
                                        .to = next[partition],
                                        .outcome = OUTCOME_CLASSIFIED,
                                        .transaction = &event,
                                        .category = traffic_category(&traffic),
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

static struct figures run_sink(struct stage *stage, int64_t count)
{
    struct figures figures;
    double begin = cpu_now();

    stage_start(stage, "analytics");
    while (stage_position(stage, "analytics", "classifications") < count)
        usleep(100000);
    figures.wall = cpu_now() - begin;
    figures.postgres = stage_backends_cpu(stage, "analytics");
    figures.worker = stage_member_cpu(stage, "analytics");
    figures.peak_mib = cpu_peak_mib(fleet_pid(stage->fleet, "analytics"));
    fleet_kill(stage->fleet, "analytics");
    return figures;
}

/* The limit: the same rows into tables of the same shape by COPY, in the server. CPU seconds of the
 * backend, which says so itself. */
static double run_copy(const struct stage *stage)
{
    static const char *const tables[] = {"ledger", "day_sums", "month_sums",
                                         "tenant_hour_sums_by_partition"};
    const char *folder = fleet_folder(stage->fleet);
    char copies[2048] = "", sql[1024], *line;
    unsigned long user = 0, system = 0;

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        snprintf(sql, sizeof sql,
                 "COPY tributary.%s TO '%s/%s' (FORMAT binary);"
                 " CREATE TABLE tributary.bare_%s (LIKE tributary.%s INCLUDING ALL)",
                 tables[i], folder, tables[i], tables[i], tables[i]);
        database_execute(stage->uri, sql);
        snprintf(copies + strlen(copies), sizeof copies - strlen(copies),
                 "COPY tributary.bare_%s FROM '%s/%s' (FORMAT binary);", tables[i], folder,
                 tables[i]);
    }
    snprintf(copies + strlen(copies), sizeof copies - strlen(copies),
             "SELECT pg_read_file('/proc/self/stat')");
    line = database_text(stage->uri, copies);
    MUST(sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                &user, &system) == 2);
    free(line);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

struct results {
    double rates[ROUNDS_MAX];  /* events per CPU-second */
    double ratios[ROUNDS_MAX]; /* to COPY */
    double ahead[ROUNDS_MAX];  /* of the peer, scaled by the floor of that round */
    double factors[ROUNDS_MAX];
    double worker_us[ROUNDS_MAX], postgres_us[ROUNDS_MAX], copy_us[ROUNDS_MAX];
    double peaks_mib[ROUNDS_MAX];
};

static void run_round(const struct stage_servers *servers, int64_t count, int days,
                      struct results *results, int round)
{
    double scale = 1e6 / (double)count, copy;
    struct servers_cpu apart;
    struct figures sink;
    struct stage stage;

    stage_open(&stage, servers);
    put_outputs(&stage, count, days);
    apart = servers_cpu_now();
    sink = run_sink(&stage, count);
    apart = servers_cpu_since(&apart, count);
    copy = run_copy(&stage);
    results->worker_us[round] = sink.worker * scale;
    results->postgres_us[round] = sink.postgres * scale;
    results->copy_us[round] = copy * scale;
    results->rates[round] = (double)count / (sink.worker + sink.postgres);
    results->ratios[round] = copy / (sink.worker + sink.postgres);
    results->ahead[round] = results->rates[round] / (PEER * results->factors[round]);
    results->peaks_mib[round] = sink.peak_mib;
    printf("sink %.0f events per CPU-second, %.0f a second, worker %.2f us + Postgres %.2f us, peak"
           " %.0f MiB | bare COPY %.2f us: ratio %.2f | floor at %.2f: %.2f x the peer\n",
           results->rates[round], (double)count / sink.wall, results->worker_us[round],
           results->postgres_us[round], sink.peak_mib, results->copy_us[round],
           results->ratios[round], results->factors[round], results->ahead[round]);
    servers_cpu_print(&apart);
    fflush(stdout);
    stage_close(&stage);
}

int main(int argc, char **argv)
{
    int64_t count = argc > 1 ? strtoll(argv[1], NULL, 10) : 200000;
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 5;
    int days = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 1;
    OWNED(floor) ground = floor_start();
    struct stage_servers servers;
    struct results results;
    double ahead;

    MUST(rounds > 0 && rounds <= ROUNDS_MAX);
    stage_servers_start(&servers);
    floor_measure(ground);
    for (int round = 0; round < rounds; round++) {
        results.factors[round] = floor_factor(ground);
        run_round(&servers, count, days, &results, round);
    }
    ahead = cpu_median(results.ahead, rounds);
    printf("{\"bench\":\"sink\",\"days\":%d,\"events_per_cpu_second\":%.0f,\"worker_us\":%.2f,"
           "\"postgres_us\":"
           "%.2f,\"copy_us\":%.2f,\"ratio_to_limit\":%.3f,\"factor\":%.3f,\"peer\":%.0f,"
           "\"ahead_by\":%.2f,\"wanted\":%.1f,\"met\":%s,\"peak_mib\":%.1f}\n",
           days, cpu_median(results.rates, rounds), cpu_median(results.worker_us, rounds),
           cpu_median(results.postgres_us, rounds), cpu_median(results.copy_us, rounds),
           cpu_median(results.ratios, rounds), cpu_median(results.factors, rounds), PEER, ahead,
           GOAL_RATIO, ahead >= GOAL_RATIO ? "true" : "false",
           cpu_median(results.peaks_mib, rounds));
    stage_servers_stop(&servers);
    return EXIT_SUCCESS;
}
