/* The whole way: posts to a gateway, through Kafka and a classifier, into the ledger.
 *
 *     bench-whole [ROUNDS [SECONDS [EVENTS]]]
 *
 * In each round, first SECONDS of 1,000 single posts a second: from the moment when a post is due
 * to its 202, to its classification readable by a client without a group, and to the commit of its
 * ledger row (Postgres' commit timestamp). Then EVENTS in NDJSON of 100 as fast as they are
 * answered: events a second from the first post to the last commit, and the CPU of each process. */
#include "common/base/clock.h"
#include "common/base/must.h"
#include "tests/bench/cpu.h"
#include "tests/bench/floor.h"
#include "tests/bench/poster.h"
#include "tests/bench/servers_cpu.h"
#include "tests/bench/stage.h"
#include "tests/bench/traffic.h"
#include "tests/bench/watcher.h"
#include "tests/support/gateway/gateway.h"

#include <inttypes.h>
#include <unistd.h>

enum {
    ROUNDS_MAX = 32,
    USERS = 20000,
    CONNECTIONS = 64,
    PER_SECOND = 1000,
    WARM_SECONDS = 2, /* not counted */
    BATCH = 100,
    WAIT_MS = 120000,
};

/* Of the peer (exactly once), at 1,000 events a second, from the event to readable. */
#define PEER_P50_MS 66.0
#define PEER_P99_MS 126.0
#define GOAL_P50_MS 15.0

enum stop { ACCEPTED, READABLE, COMMITTED, STOPS };
static const char *const stop_names[STOPS] = {"accepted", "readable", "committed"};

enum { GATEWAY, CLASSIFIER, ANALYTICS, MEMBERS };
static const char *const members[MEMBERS] = {"gateway", "classifier", "analytics"};

struct results {
    double p50_ms[STOPS][ROUNDS_MAX], p99_ms[STOPS][ROUNDS_MAX];
    double events_per_second[ROUNDS_MAX];
    double member_us[MEMBERS][ROUNDS_MAX]; /* CPU an event, without Postgres */
    double postgres_us[ROUNDS_MAX];
    double factors[ROUNDS_MAX];
};

/* One round's installation and what is posted to it. */
struct way {
    struct stage stage;
    int port;
    struct traffic traffic;
};

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

/* ---- Latency ---- */

struct paced {
    int64_t first; /* number */
    size_t count;
    struct slice *requests;
    int64_t *due_us;
    int64_t *at_us[STOPS];
};

static void paced_init(struct paced *paced, size_t count, struct traffic *traffic)
{
    *paced = (struct paced){.first = traffic->number, .count = count};
    paced->requests = must_alloc(count * sizeof *paced->requests);
    paced->due_us = must_alloc(count * sizeof *paced->due_us);
    for (size_t i = 0; i < STOPS; i++)
        paced->at_us[i] = must_alloc(count * sizeof *paced->at_us[i]);
    for (size_t i = 0; i < count; i++)
        paced->requests[i] = traffic_request(traffic, 1);
}

static void paced_done(struct paced *paced)
{
    for (size_t i = 0; i < paced->count; i++)
        free((void *)(uintptr_t)paced->requests[i].data);
    for (size_t i = 0; i < STOPS; i++)
        free(paced->at_us[i]);
    free(paced->due_us);
    free(paced->requests);
}

static void wait_for_ledger(const struct stage *stage, int64_t count)
{
    int64_t until_ms = clock_steady_ms() + WAIT_MS;

    while (stage_position(stage, "analytics", "classifications") < count) {
        MUST(clock_steady_ms() < until_ms);
        usleep(20000);
    }
}

static void read_commits(const struct stage *stage, struct paced *paced)
{
    char *rows = database_text(
        stage->uri, "SELECT event_id, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1e6)"
                    "::bigint FROM tributary.ledger");
    char *rest = rows;

    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';) {
        char *bar = strchr(line, '|');
        int64_t number = traffic_number((struct slice){line, (size_t)(bar - line)}) - paced->first;

        MUST(number < (int64_t)paced->count);
        if (number >= 0)
            paced->at_us[COMMITTED][number] = strtoll(bar + 1, NULL, 10);
    }
    free(rows);
}

static void take_quantiles(const struct paced *paced, struct results *results, int round)
{
    size_t skip = WARM_SECONDS * PER_SECOND, count = paced->count - skip;
    int64_t *waits = must_alloc(count * sizeof *waits);

    for (size_t stop = 0; stop < STOPS; stop++) {
        for (size_t i = 0; i < count; i++) {
            MUST(paced->at_us[stop][skip + i] != 0);
            waits[i] = paced->at_us[stop][skip + i] - paced->due_us[skip + i];
        }
        qsort(waits, count, sizeof *waits, compare);
        results->p50_ms[stop][round] = (double)waits[count / 2] / 1000;
        results->p99_ms[stop][round] = (double)waits[count * 99 / 100] / 1000;
    }
    free(waits);
}

static void run_paced(struct way *way, int seconds, struct results *results, int round)
{
    size_t count = (size_t)(WARM_SECONDS + seconds) * PER_SECOND;
    struct stage *stage = &way->stage;
    struct paced paced;
    OWNED(watcher)
    watcher = watcher_start(broker_address(stage->broker), stage->prefix, STAGE_PARTITIONS,
                            way->traffic.number, count);

    paced_init(&paced, count, &way->traffic);
    poster_run(&(struct poster){.port = way->port,
                                .connections = CONNECTIONS,
                                .requests = paced.requests,
                                .count = count,
                                .per_second = PER_SECOND,
                                .due_us = paced.due_us,
                                .answered_us = paced.at_us[ACCEPTED]});
    memcpy(paced.at_us[READABLE], watcher_finish(watcher, WAIT_MS), count * sizeof(int64_t));
    wait_for_ledger(stage, way->traffic.number);
    read_commits(stage, &paced);
    take_quantiles(&paced, results, round);
    for (size_t i = 0; i < STOPS; i++)
        printf("%s%s p50 %.1f p99 %.1f ms", i == 0 ? "    1,000/s: " : ", ", stop_names[i],
               results->p50_ms[i][round], results->p99_ms[i][round]);
    printf("\n");
    paced_done(&paced);
}

/* ---- Throughput ---- */

static void post_batches(struct way *way, int64_t events)
{
    size_t count = (size_t)(events / BATCH);
    struct slice *requests = must_alloc(count * sizeof *requests);

    for (size_t i = 0; i < count; i++)
        requests[i] = traffic_request(&way->traffic, BATCH);
    poster_run(&(struct poster){
        .port = way->port, .connections = CONNECTIONS, .requests = requests, .count = count});
    for (size_t i = 0; i < count; i++)
        free((void *)(uintptr_t)requests[i].data);
    free(requests);
}

static void run_batches(struct way *way, int64_t events, struct results *results, int round)
{
    struct stage *stage = &way->stage;
    struct servers_cpu servers = servers_cpu_now();
    double cpu[MEMBERS], postgres, begin = cpu_now(), accepted, done;

    events -= events % BATCH;
    for (size_t i = 0; i < MEMBERS; i++)
        cpu[i] = stage_member_cpu(stage, members[i]);
    postgres = stage_backends_cpu(stage, "analytics") + stage_backends_cpu(stage, "classifier");
    post_batches(way, events);
    accepted = cpu_now() - begin;
    wait_for_ledger(stage, events);
    done = cpu_now() - begin;
    postgres =
        stage_backends_cpu(stage, "analytics") + stage_backends_cpu(stage, "classifier") - postgres;
    results->events_per_second[round] = (double)events / done;
    results->postgres_us[round] = postgres / (double)events * 1e6;
    printf("    batches: accepted %.0f/s, in the ledger %.0f/s;", (double)events / accepted,
           (double)events / done);
    for (size_t i = 0; i < MEMBERS; i++) {
        results->member_us[i][round] =
            (stage_member_cpu(stage, members[i]) - cpu[i]) / (double)events * 1e6;
        printf(" %s %.2f us,", members[i], results->member_us[i][round]);
    }
    printf(" Postgres backends %.2f us an event\n", results->postgres_us[round]);
    servers = servers_cpu_since(&servers, events);
    servers_cpu_print(&servers);
}

static void run_round(const struct stage_servers *servers, int seconds, int64_t events,
                      struct results *results, int round)
{
    struct way way;

    stage_open(&way.stage, servers);
    traffic_init(&way.traffic, events + (WARM_SECONDS + seconds) * PER_SECOND, USERS);
    way.port = gateway_set_up(way.stage.fleet);
    for (size_t i = 0; i < MEMBERS; i++)
        stage_start(&way.stage, members[i]);
    printf("round %d, floor at %.2f\n", round + 1, results->factors[round]);
    run_batches(&way, events, results, round);
    run_paced(&way, seconds, results, round);
    fflush(stdout);
    stage_close(&way.stage);
}

static void print_json(struct results *results, int rounds)
{
    double p50 = cpu_median(results->p50_ms[READABLE], rounds);
    double factor = cpu_median(results->factors, rounds);

    printf("readable p50 %.1f ms (wanted: at most %.0f; peer %.0f), p99 %.1f ms (peer %.0f)\n", p50,
           GOAL_P50_MS, PEER_P50_MS, cpu_median(results->p99_ms[READABLE], rounds), PEER_P99_MS);
    printf("{\"bench\":\"whole\",\"events_per_second\":%.0f,\"factor\":%.3f,\"goal_p50_ms\":%.0f,"
           "\"met\":%s,\"peer_p50_ms\":%.0f,\"peer_p99_ms\":%.0f,\"latency_ms\":{",
           cpu_median(results->events_per_second, rounds), factor, GOAL_P50_MS,
           p50 <= GOAL_P50_MS ? "true" : "false", PEER_P50_MS, PEER_P99_MS);
    for (size_t i = 0; i < STOPS; i++)
        printf("%s\"%s\":{\"p50\":%.2f,\"p99\":%.2f}", i == 0 ? "" : ",", stop_names[i],
               cpu_median(results->p50_ms[i], rounds), cpu_median(results->p99_ms[i], rounds));
    printf("},\"cpu_us\":{");
    for (size_t i = 0; i < MEMBERS; i++)
        printf("\"%s\":%.2f,", members[i], cpu_median(results->member_us[i], rounds));
    printf("\"postgres\":%.2f}}\n", cpu_median(results->postgres_us, rounds));
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 5;
    int seconds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 20;
    int64_t events = argc > 3 ? strtoll(argv[3], NULL, 10) : 200000;
    OWNED(floor) ground = floor_start();
    struct stage_servers servers;
    struct results results;

    MUST(rounds > 0 && rounds <= ROUNDS_MAX);
    stage_servers_start(&servers);
    floor_measure(ground);
    for (int round = 0; round < rounds; round++) {
        results.factors[round] = floor_factor(ground);
        run_round(&servers, seconds, events, &results, round);
    }
    print_json(&results, rounds);
    stage_servers_stop(&servers);
    return EXIT_SUCCESS;
}
