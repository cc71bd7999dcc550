/* Events per CPU-second of the gateway process, all threads, the Kafka library's too, with product
 * defaults on a real broker: one event a request, and NDJSON of 100.
 *     bench-gateway [ROUNDS [SECONDS]]
 * Beside it in each round, what is the floor of the same machine at that moment: the bare server
 * with the same requests (bench-http-bare), whose handler does nothing. */
#include "common/base/buffer.h"
#include "common/base/must.h"
#include "common/base/random.h"
#include "tests/bench/gateway_load.h"
#include "tests/support/broker/broker.h"
#include "tests/support/fleet/fleet.h"
#include "tests/support/gateway/gateway.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum {
    CONNECTIONS = 64,
    PARTITIONS = 24,
    EVENTS = 16384, /* distinct ones */
    EVENT_BYTES = 1024,
    BATCH = 100,
    ROUNDS_MAX = 32,
    WARM_MS = 1000,
};

struct kind {
    const char *name;
    const char *content_type;
    size_t events; /* in a request */
    struct slice *requests;
    size_t request_count;
    double rates[ROUNDS_MAX]; /* events per CPU-second */
    double walls[ROUNDS_MAX]; /* events per second */
    double p50_ms[ROUNDS_MAX], p99_ms[ROUNDS_MAX];
};

/* About 330 bytes, as upstreams send them. */
static void append_event(struct random *random, size_t number, struct buffer *out)
{
    static const char *const merchants[] = {"Corner Shop", "Deutsche Bahn AG", "REWE Markt GmbH",
                                            "Amazon Marketplace", "Shell 4711"};

    buffer_format(out,
                  "{\"id\":\"018f2c7e-5d1a-7c3e-9b2a-%012zx\",\"user\":\"user-%06" PRIu64 "\","
                  "\"account\":\"DE89370400440532013000\",\"amount\":\"-%" PRIu64 ".%02" PRIu64
                  "\",\"currency\":\"EUR\",\"description\":\"CARD PAYMENT 4711 BERLIN %08" PRIx64
                  "\",\"merchant\":\"%s\",\"mcc\":5411,"
                  "\"occurred_at\":\"2026-02-28T09:00:00.123Z\","
                  "\"metadata\":{\"channel\":\"pos\",\"terminal\":\"T-00%04zu\"}}",
                  number, random_below(random, 100000), random_below(random, 500),
                  random_below(random, 100), random_below(random, UINT32_MAX),
                  merchants[random_below(random, 5)], number % 10000);
}

static struct slice request_of(const struct kind *kind, struct random *random, size_t first)
{
    struct buffer body, request;

    buffer_init(&body, kind->events * EVENT_BYTES);
    buffer_init(&request, kind->events * EVENT_BYTES + EVENT_BYTES);
    for (size_t i = 0; i < kind->events; i++) {
        append_event(random, first + i, &body);
        if (kind->events > 1)
            buffer_append_byte(&body, '\n');
    }
    buffer_format(&request,
                  "POST /v1/transactions HTTP/1.1\r\nHost: gateway\r\nContent-Type: %s\r\n"
                  "Authorization: Bearer " GATEWAY_ACME "\r\nContent-Length: %zu\r\n\r\n",
                  kind->content_type, body.size);
    buffer_append_slice(&request, buffer_slice(&body));
    MUST(!request.overflow && !body.overflow);
    buffer_done(&body);
    return buffer_slice(&request); /* for the life of the program */
}

static void make_requests(struct kind *kind)
{
    struct random random;

    random_init(&random, 1);
    kind->request_count = EVENTS / kind->events;
    kind->requests = must_alloc(kind->request_count * sizeof *kind->requests);
    for (size_t i = 0; i < kind->request_count; i++)
        kind->requests[i] = request_of(kind, &random, i * kind->events);
}

/* User and system time of all threads. */
static double cpu_seconds(pid_t pid)
{
    char path[64], text[1024] = "";
    unsigned long long user = 0, system = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    MUST(file != NULL && fgets(text, sizeof text, file) != NULL);
    fclose(file);
    MUST(sscanf(strrchr(text, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu",
                &user, &system) == 2);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static void measure(struct kind *kind, int round, int port, pid_t pid, int64_t duration_ms)
{
    struct load load = {.port = port,
                        .connections = CONNECTIONS,
                        .requests = kind->requests,
                        .request_count = kind->request_count,
                        .duration_ms = duration_ms};
    double before = cpu_seconds(pid), used;
    struct load_outcome outcome = load_run(&load);
    double events = (double)outcome.answers * (double)kind->events;

    used = cpu_seconds(pid) - before;
    if (round < 0)
        return;
    kind->rates[round] = events / used;
    kind->walls[round] = events * 1e6 / (double)outcome.duration_us;
    kind->p50_ms[round] = (double)outcome.p50_us / 1000;
    kind->p99_ms[round] = (double)outcome.p99_us / 1000;
}

static int compare(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

static void report(struct kind *kind, int rounds)
{
    double rate = median(kind->rates, rounds);

    printf("%-10s %9.0f events per CPU-second (%.0f .. %.0f), %9.0f a second, p50 %.2f ms, "
           "p99 %.2f ms\n",
           kind->name, rate, kind->rates[0], kind->rates[rounds - 1], median(kind->walls, rounds),
           median(kind->p50_ms, rounds), median(kind->p99_ms, rounds));
}

static int start_gateway(struct fleet *fleet, struct broker *broker)
{
    int port = gateway_set_up(fleet);
    const char *prefix = broker_prefix(broker);
    char topic[128];

    fleet_set(fleet, "TRIBUTARY_KAFKA_BROKERS", broker_address(broker));
    fleet_set(fleet, "TRIBUTARY_KAFKA_PREFIX", prefix);
    snprintf(topic, sizeof topic, "%stransactions", prefix);
    broker_create_topic(broker, topic, PARTITIONS);
    snprintf(topic, sizeof topic, "%sfeedback", prefix);
    broker_create_topic(broker, topic, PARTITIONS);
    fleet_start(fleet, "gateway", "tributary-gateway", NULL);
    fleet_wait_ready(fleet, "gateway", 30000);
    return port;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 5;
    int64_t duration_ms = argc > 2 ? strtol(argv[2], NULL, 10) * 1000 : 4000;
    struct kind kinds[] = {
        {.name = "single", .content_type = "application/json", .events = 1},
        {.name = "ndjson-100", .content_type = "application/x-ndjson", .events = BATCH}};
    OWNED(broker) broker = broker_start(NULL);
    OWNED(fleet) fleet = fleet_new();
    int port;

    MUST(rounds > 0 && rounds <= ROUNDS_MAX);
    port = start_gateway(fleet, broker);
    for (size_t k = 0; k < 2; k++) {
        make_requests(&kinds[k]);
        measure(&kinds[k], -1, port, fleet_pid(fleet, "gateway"), WARM_MS);
    }
    for (int round = 0; round < rounds; round++)
        for (size_t k = 0; k < 2; k++)
            measure(&kinds[k], round, port, fleet_pid(fleet, "gateway"), duration_ms);
    for (size_t k = 0; k < 2; k++)
        report(&kinds[k], rounds);
    return EXIT_SUCCESS;
}
