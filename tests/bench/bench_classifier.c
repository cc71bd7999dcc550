/* The classifier: transactions from Kafka to classifications in Kafka, against the limit of bare
 * consume and bare produce of the same number of bytes.
 *
 *     bench-classifier [EVENTS [ROUNDS]]
 *
 * Events per CPU-second: user + system time of all threads of the process, from its start to the
 * last output in the log, with all of the events behind it; its peak memory beside. */
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
#include <unistd.h>

enum { PARTITIONS = 24, USERS = 20000, ROUNDS_MAX = 32, OUTPUT_BYTES = 300, RUN_MS = 300000 };

#define OCCURRED INT64_C(1767225600000000)

static void put_transactions(struct feed *feed, int64_t count)
{
    struct random random;

    random_init(&random, 1);
    for (int64_t i = 0; i < count; i++) {
        char user[24], id[40], merchant[40];
        struct transaction event;

        snprintf(user, sizeof user, "user-%05d", (int)random_below(&random, USERS));
        snprintf(id, sizeof id, "%016" PRIx64 "%08" PRIx64, random_next(&random), (uint64_t)i);
        snprintf(merchant, sizeof merchant, "Merchant %d", (int)random_below(&random, 3000));
        event = (struct transaction){.tenant = SLICE_LITERAL("acme"),
                                     .id = slice_of(id),
                                     .user = slice_of(user),
                                     .account = SLICE_LITERAL("checking"),
                                     .amount_minor = (int64_t)random_below(&random, 20000) - 2000,
                                     .currency = SLICE_LITERAL("EUR"),
                                     .description = SLICE_LITERAL("CARD PAYMENT 4711 REF 0815"),
                                     .merchant = slice_of(merchant),
                                     .mcc = 5411,
                                     .occurred_at = OCCURRED,
                                     .received_at = OCCURRED};
        feed_transaction(feed, &event);
    }
    feed_flush(feed);
}

static int64_t outputs(struct broker *broker, const char *prefix)
{
    char topic[128];
    int64_t sum = 0;

    snprintf(topic, sizeof topic, "%sclassifications", prefix);
    for (int32_t p = 0; p < PARTITIONS; p++)
        sum += broker_end_offset(broker, topic, p);
    return sum;
}

struct figures {
    double wall;
    double cpu;
    double peak_mib;
};

static struct figures run_classifier(struct fleet *fleet, struct broker *broker, const char *prefix,
                                     int64_t count)
{
    struct figures figures;
    double begin = cpu_now();

    fleet_start(fleet, "c", "tributary-classifier", NULL);
    while (outputs(broker, prefix) < count)
        usleep(100000);
    figures.wall = cpu_now() - begin;
    figures.cpu = cpu_seconds(fleet_pid(fleet, "c"));
    figures.peak_mib = cpu_peak_mib(fleet_pid(fleet, "c"));
    fleet_kill(fleet, "c");
    return figures;
}

/* CPU-seconds of bench-kafka-bare for that many records: it prints records per CPU-second. */
static double run_bare(struct fleet *fleet, const struct broker *broker, const char *what,
                       const char *topic, int64_t count, int bytes)
{
    char records[24], partitions[8], size[16];
    const char *const words[] = {broker_address(broker),  what, topic, partitions, records,
                                 bytes > 0 ? size : NULL, NULL};
    char *output = NULL, *figure;
    double rate = 0;

    snprintf(records, sizeof records, "%" PRId64, count);
    snprintf(partitions, sizeof partitions, "%d", PARTITIONS);
    snprintf(size, sizeof size, "%d", bytes);
    if (fleet_run(fleet, "bench-kafka-bare", words, RUN_MS, &output) == 0 &&
        (figure = strstr(output, "/s, ")) != NULL)
        rate = strtod(figure + strlen("/s, "), NULL);
    if (rate <= 0)
        fprintf(stderr, "bench-kafka-bare %s: %s\n", what, output);
    free(output);
    return rate > 0 ? (double)count / rate : 0;
}

int main(int argc, char **argv)
{
    int64_t count = argc > 1 ? strtoll(argv[1], NULL, 10) : 300000;
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 5;
    OWNED(broker) broker = broker_shared();
    OWNED(database) database = database_shared();
    OWNED(redis_server) redis = redis_server_start(NULL);
    double rates[ROUNDS_MAX], ratios[ROUNDS_MAX];

    for (int round = 0; round < rounds && round < ROUNDS_MAX; round++) {
        OWNED(fleet) fleet = fleet_new();
        OWNED(feed) feed = NULL;
        const char *prefix = broker_prefix(broker);
        char in[128], out[128];
        struct figures run;
        double bare;

        fleet_set(fleet, "TRIBUTARY_KAFKA_BROKERS", broker_address(broker));
        fleet_set(fleet, "TRIBUTARY_KAFKA_PREFIX", prefix);
        fleet_set(fleet, "TRIBUTARY_POSTGRES_URI", database_create(database));
        fleet_set(fleet, "TRIBUTARY_REDIS_ADDRESS", redis_server_address(redis));
        if (fleet_run(fleet, "tributary", (const char *const[]){"init", NULL}, 60000, NULL) != 0)
            return EXIT_FAILURE;
        feed = feed_new(broker_address(broker), prefix, PARTITIONS);
        put_transactions(feed, count);
        run = run_classifier(fleet, broker, prefix, count);
        snprintf(in, sizeof in, "%stransactions", prefix);
        snprintf(out, sizeof out, "%sbare", prefix);
        bare = run_bare(fleet, broker, "consume", in, count, 0) +
               run_bare(fleet, broker, "produce", out, count, OUTPUT_BYTES);
        rates[round] = (double)count / run.cpu;
        ratios[round] = bare / run.cpu;
        printf(
            "classifier %8.0f events/cpu-s  wall %7.0f/s  %5.2f us  peak %3.0f MiB | bare consume "
            "and produce %5.2f us | ratio %.2f\n",
            rates[round], (double)count / run.wall, run.cpu / (double)count * 1e6, run.peak_mib,
            bare / (double)count * 1e6, ratios[round]);
        fflush(stdout);
    }
    printf("{\"bench\":\"classifier\",\"events_per_cpu_second\":%.0f,\"ratio_to_bare\":%.3f,"
           "\"peer_then\":108000}\n",
           cpu_median(rates, rounds), cpu_median(ratios, rounds));
    return EXIT_SUCCESS;
}
