/* Events per CPU-second of the gateway process, all threads, the Kafka library's too, with product
 * defaults on a real broker: one event a request, and NDJSON of 100.
 *     bench-gateway [ROUNDS [SECONDS]]
 * Beside it in each round, with the same requests, what the machine gives at that moment: the raw
 * epoll floor (bench-http-floor), the bare server of the same framer (bench-http-bare), and bare
 * produce of as many bytes in full batches (bench-kafka-bare). The limit is what both together
 * leave.
 *
 * The goals are ratios to a peer that was measured when the floor was at FLOOR_THEN requests per
 * CPU-second, by another load generator; they are printed as they are, and scaled by the floor of
 * now. */
#include "common/base/buffer.h"
#include "common/base/must.h"
#include "common/base/random.h"
#include "tests/bench/gateway_load.h"
#include "tests/support/broker/broker.h"
#include "tests/support/fleet/fleet.h"
#include "tests/support/gateway/gateway.h"
#include "tests/support/process/place.h"
#include "tests/support/process/process.h"

#include <inttypes.h>
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
    PRODUCE_MS = 60000,
    VALUE_BYTES = 190, /* of such an event, encoded */
};
#define PRODUCE_RECORDS "500000"

/* The peer: HTTP to Kafka by Benthos (idempotent, lz4), 64 connections. */
#define PEER_SINGLE 18800.0
#define PEER_BATCH  45900.0
#define GOAL_SINGLE 2.0
#define GOAL_BATCH  5.0
#define FLOOR_THEN  158000.0

enum server_kind { GATEWAY, BARE, FLOOR, SERVERS };

struct server {
    const char *name;
    int port;
    pid_t pid;
    struct process *process; /* NULL: of the fleet */
};

struct kind {
    const char *name;
    const char *content_type;
    size_t events; /* in a request */
    struct slice *requests;
    size_t request_count;
    double peer, goal;
    double rates[SERVERS][ROUNDS_MAX]; /* events per CPU-second */
    double walls[ROUNDS_MAX];          /* events per second */
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

static void measure(struct kind *kind, const struct server *server, enum server_kind which,
                    int round, int64_t duration_ms)
{
    struct load load = {.port = server->port,
                        .connections = CONNECTIONS,
                        .requests = kind->requests,
                        .request_count = kind->request_count,
                        .duration_ms = duration_ms};
    double before = cpu_seconds(server->pid), used;
    struct load_outcome outcome = load_run(&load);
    double events = (double)outcome.answers * (double)kind->events;

    used = cpu_seconds(server->pid) - before;
    if (round < 0)
        return;
    kind->rates[which][round] = events / used;
    if (which != GATEWAY)
        return;
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

static void report(struct kind *kind, int rounds, double produce, double factor)
{
    double rate = median(kind->rates[GATEWAY], rounds), goal = kind->peer * kind->goal,
           bare = median(kind->rates[BARE], rounds), limit = 1 / (1 / bare + 1 / produce);

    printf("%-10s %9.0f events per CPU-second (%.0f .. %.0f), %.0f a second, p50 %.2f ms, p99 %.2f"
           " ms\n",
           kind->name, rate, kind->rates[GATEWAY][0], kind->rates[GATEWAY][rounds - 1],
           median(kind->walls, rounds), median(kind->p50_ms, rounds), median(kind->p99_ms, rounds));
    printf("           bare server %.0f, bare produce %.0f, so the limit is %.0f: %.2f of it\n",
           bare, produce, limit, rate / limit);
    printf("           goal %.0f x %.0f = %.0f: %.2f of it; the floor is %.0f, so scaled by %.2f: "
           "%.2f of it\n",
           kind->goal, kind->peer, goal, rate / goal, median(kind->rates[FLOOR], rounds), factor,
           rate / goal / factor);
}

/* It prints its port. */
static void start_bare(struct server *server, const char *folder)
{
    char program[PLACE_PATH_SIZE], log[PLACE_PATH_SIZE];
    const char *const argv[] = {program, NULL};
    const struct process_options options = {.argv = argv, .log_path = log};

    snprintf(program, sizeof program, "%s/bench-http-%s", TRIBUTARY_BIN, server->name);
    snprintf(log, sizeof log, "%s/%s", folder, server->name);
    server->process = process_start(&options);
    server->pid = process_pid(server->process);
    while (server->port == 0) {
        char *text = place_read_end(log, sizeof log);

        server->port = (int)strtol(text, NULL, 10);
        free(text);
        place_sleep_ms(10);
    }
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

/* Events per CPU-second of a client that does nothing else. */
static double bare_produce(struct fleet *fleet, struct broker *broker)
{
    char bytes[16], partitions[16], *text = NULL;
    const char *const arguments[] = {broker_address(broker), "produce", "bench-bare", partitions,
                                     PRODUCE_RECORDS,        bytes,     NULL};
    double rate;

    snprintf(bytes, sizeof bytes, "%d", VALUE_BYTES);
    snprintf(partitions, sizeof partitions, "%d", PARTITIONS);
    MUST(fleet_run(fleet, "bench-kafka-bare", arguments, PRODUCE_MS, &text) == 0);
    MUST(strstr(text, "/s, ") != NULL);
    rate = strtod(strstr(text, "/s, ") + 4, NULL);
    free(text);
    return rate;
}

static void run_rounds(struct kind *kinds, const struct server *servers, int rounds,
                       int64_t duration_ms)
{
    for (int round = -1; round < rounds; round++)
        for (size_t k = 0; k < 2; k++)
            for (int i = 0; i < SERVERS; i++)
                measure(&kinds[k], &servers[i], (enum server_kind)i, round,
                        round < 0 || i != GATEWAY ? WARM_MS : duration_ms);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 5;
    int64_t duration_ms = argc > 2 ? strtol(argv[2], NULL, 10) * 1000 : 4000;
    struct kind kinds[] = {{.name = "single",
                            .content_type = "application/json",
                            .events = 1,
                            .peer = PEER_SINGLE,
                            .goal = GOAL_SINGLE},
                           {.name = "ndjson-100",
                            .content_type = "application/x-ndjson",
                            .events = BATCH,
                            .peer = PEER_BATCH,
                            .goal = GOAL_BATCH}};
    struct server servers[SERVERS] = {{.name = "gateway"}, {.name = "bare"}, {.name = "floor"}};
    OWNED(broker) broker = broker_start(NULL);
    OWNED(fleet) fleet = fleet_new();
    double produce[ROUNDS_MAX], factor;

    MUST(rounds > 0 && rounds <= ROUNDS_MAX);
    servers[GATEWAY].port = start_gateway(fleet, broker);
    servers[GATEWAY].pid = fleet_pid(fleet, "gateway");
    start_bare(&servers[BARE], fleet_folder(fleet));
    start_bare(&servers[FLOOR], fleet_folder(fleet));
    make_requests(&kinds[0]);
    make_requests(&kinds[1]);
    run_rounds(kinds, servers, rounds, duration_ms);
    for (int round = 0; round < rounds; round++)
        produce[round] = bare_produce(fleet, broker);
    factor = median(kinds[0].rates[FLOOR], rounds) / FLOOR_THEN;
    report(&kinds[0], rounds, median(produce, rounds), factor);
    report(&kinds[1], rounds, median(produce, rounds), factor);
    printf("{\"bench\":\"gateway\",\"factor\":%.3f,\"single_per_cpu_second\":%.0f,"
           "\"single_to_scaled_peer\":%.2f,\"batch_per_cpu_second\":%.0f,"
           "\"batch_to_scaled_peer\":%.2f}\n",
           factor, median(kinds[0].rates[GATEWAY], rounds),
           median(kinds[0].rates[GATEWAY], rounds) / (factor * PEER_SINGLE),
           median(kinds[1].rates[GATEWAY], rounds),
           median(kinds[1].rates[GATEWAY], rounds) / (factor * PEER_BATCH));
    process_free(servers[BARE].process);
    process_free(servers[FLOOR].process);
    return EXIT_SUCCESS;
}
