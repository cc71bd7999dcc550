/* The classifier: transactions from Kafka to classifications in Kafka, beside bare consume and bare
 * produce of the same number of bytes.
 *
 *     bench-classifier [EVENTS [ROUNDS]]
 *
 * Events per CPU-second: user + system time of all threads of the process, from its start to the
 * last output in the log, with all of the events behind it; its peak memory beside. */
#include "common/base/must.h"
#include "tests/bench/cpu.h"
#include "tests/bench/floor.h"
#include "tests/bench/servers_cpu.h"
#include "tests/bench/stage.h"
#include "tests/bench/traffic.h"
#include "tests/support/feed/feed.h"

#include <inttypes.h>
#include <unistd.h>

enum { USERS = 20000, ROUNDS_MAX = 32, OUTPUT_BYTES = 300, RUN_MS = 300000 };

/* Kafka Streams, exactly once. */
#define PEER       108000.0
#define GOAL_RATIO 1.5

struct figures {
    double wall;
    double cpu;
    double peak_mib;
};

struct results {
    double rates[ROUNDS_MAX];  /* events per CPU-second */
    double ratios[ROUNDS_MAX]; /* to bare consume and produce */
    double ahead[ROUNDS_MAX];  /* of the peer, scaled by the floor of that round */
    double factors[ROUNDS_MAX];
    double peaks_mib[ROUNDS_MAX];
};

static void put_transactions(const struct stage *stage, int64_t count)
{
    OWNED(feed) feed = feed_new(broker_address(stage->broker), stage->prefix, STAGE_PARTITIONS);
    struct traffic traffic;

    traffic_init(&traffic, count, USERS);
    for (int64_t i = 0; i < count; i++) {
        struct transaction event = traffic_next(&traffic);

        feed_transaction(feed, &event);
    }
    feed_flush(feed);
}

static struct figures run_classifier(struct stage *stage, int64_t count)
{
    struct figures figures;
    double begin = cpu_now();

    fleet_start(stage->fleet, "classifier", "tributary-classifier", NULL);
    while (stage_records(stage, "classifications") < count)
        usleep(50000);
    figures.wall = cpu_now() - begin;
    figures.cpu = stage_member_cpu(stage, "classifier");
    figures.peak_mib = cpu_peak_mib(fleet_pid(stage->fleet, "classifier"));
    fleet_kill(stage->fleet, "classifier");
    return figures;
}

/* CPU-seconds of bench-kafka-bare for that many records: it prints records per CPU-second. */
static double run_bare(const struct stage *stage, const char *what, const char *topic,
                       int64_t count, int bytes)
{
    char name[128], records[24], partitions[8], size[16];
    const char *const words[] = {broker_address(stage->broker), what, name, partitions, records,
                                 bytes > 0 ? size : NULL,       NULL};
    char *output = NULL, *figure;
    double rate = 0;

    snprintf(name, sizeof name, "%s%s", stage->prefix, topic);
    snprintf(records, sizeof records, "%" PRId64, count);
    snprintf(partitions, sizeof partitions, "%d", STAGE_PARTITIONS);
    snprintf(size, sizeof size, "%d", bytes);
    if (fleet_run(stage->fleet, "bench-kafka-bare", words, RUN_MS, &output) == 0 &&
        (figure = strstr(output, "/s, ")) != NULL)
        rate = strtod(figure + strlen("/s, "), NULL);
    if (rate <= 0)
        fprintf(stderr, "bench-kafka-bare %s: %s\n", what, output);
    free(output);
    return rate > 0 ? (double)count / rate : 0;
}

static void run_round(const struct stage_servers *servers, int64_t count, struct results *results,
                      int round)
{
    struct stage stage;
    struct figures run;
    struct servers_cpu apart;
    double bare;

    stage_open(&stage, servers);
    put_transactions(&stage, count);
    apart = servers_cpu_now();
    run = run_classifier(&stage, count);
    apart = servers_cpu_since(&apart, count);
    bare = run_bare(&stage, "consume", "transactions", count, 0) +
           run_bare(&stage, "produce", "bare", count, OUTPUT_BYTES);
    results->rates[round] = (double)count / run.cpu;
    results->ratios[round] = bare / run.cpu;
    results->ahead[round] = results->rates[round] / (PEER * results->factors[round]);
    results->peaks_mib[round] = run.peak_mib;
    printf("classifier %.0f events per CPU-second, %.0f a second, %.2f us, peak %.0f MiB | bare "
           "consume and produce %.2f us: ratio %.2f | floor at %.2f: %.2f x the peer\n",
           results->rates[round], (double)count / run.wall, run.cpu / (double)count * 1e6,
           run.peak_mib, bare / (double)count * 1e6, results->ratios[round],
           results->factors[round], results->ahead[round]);
    servers_cpu_print(&apart);
    fflush(stdout);
    stage_close(&stage);
}

int main(int argc, char **argv)
{
    int64_t count = argc > 1 ? strtoll(argv[1], NULL, 10) : 300000;
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 5;
    OWNED(floor) ground = floor_start();
    struct stage_servers servers;
    struct results results;
    double ahead;

    MUST(rounds > 0 && rounds <= ROUNDS_MAX);
    stage_servers_start(&servers);
    floor_measure(ground);
    for (int round = 0; round < rounds; round++) {
        results.factors[round] = floor_factor(ground);
        run_round(&servers, count, &results, round);
    }
    ahead = cpu_median(results.ahead, rounds);
    printf("{\"bench\":\"classifier\",\"events_per_cpu_second\":%.0f,\"ratio_to_limit\":%.3f,"
           "\"factor\":%.3f,\"peer\":%.0f,\"ahead_by\":%.2f,\"wanted\":%.1f,\"met\":%s,"
           "\"peak_mib\":%.1f}\n",
           cpu_median(results.rates, rounds), cpu_median(results.ratios, rounds),
           cpu_median(results.factors, rounds), PEER, ahead, GOAL_RATIO,
           ahead >= GOAL_RATIO ? "true" : "false", cpu_median(results.peaks_mib, rounds));
    stage_servers_stop(&servers);
    return EXIT_SUCCESS;
}
