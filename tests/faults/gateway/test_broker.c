/* Kafka stopped, killed and cut off under a gateway: no promise without an acknowledgement, an
 * answer for everybody, and it goes on by itself. */
#include "tests/faults/gateway/pressure.h"
#include "tests/support/gateway/gateway.h"
#include "tests/support/http/peer.h"
#include "tests/support/process/place.h"
#include "tests/support/proxy/proxy.h"
#include "tests/support/suite/suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOVING_MS = 60000, PAUSED_MS = 15000, ANSWERED_MS = 12000, DOWN_MS = 3000 };

#define EVENT(id)                                                                                  \
    "{\"id\":\"" id "\",\"user\":\"u\",\"amount\":\"1.00\",\"currency\":\"EUR\","                  \
    "\"occurred_at\":\"2026-02-28T09:00:00Z\"}"

static void wait_moving(const struct pressure *pressure)
{
    size_t before = pressure_accepted(pressure);

    ck_assert_msg(EVENTUALLY(MOVING_MS, pressure_accepted(pressure) > before + 50),
                  "nothing is accepted");
}

static void end(struct door *door, struct pressure *pressure)
{
    struct journal_sum sum;

    wait_moving(pressure);
    ck_assert_int_eq(fleet_terminate(door->fleet, "gateway", 20000), 0);
    pressure_stop(pressure);
    sum = pressure_check(pressure, door);
    ck_assert_uint_gt(sum.accepted, 100);
    ck_assert_uint_eq(sum.cut_stored, 0);
    pressure_free(pressure);
    door_close(door);
}

START_TEST(a_stopped_broker_is_503_and_then_202_again)
{
    struct door door;
    struct pressure *pressure;
    size_t accepted;

    door_open(&door, broker_start(NULL), NULL);
    door_start(&door);
    pressure = pressure_start(door.port);
    wait_moving(pressure);
    broker_pause(door.broker);
    /* The deadline answers 207 where a part of the events was acknowledged before. */
    place_sleep_ms(ANSWERED_MS);
    accepted = pressure_accepted(pressure);
    ck_assert_uint_ge(pressure_refused(pressure), JOURNAL_CLIENTS / 2);
    place_sleep_ms(PAUSED_MS - ANSWERED_MS);
    ck_assert_uint_eq(pressure_accepted(pressure), accepted);
    broker_resume(door.broker);
    end(&door, pressure);
}
END_TEST

START_TEST(a_killed_broker_comes_back)
{
    struct door door;
    struct pressure *pressure;

    door_open(&door, broker_start(NULL), NULL);
    door_start(&door);
    pressure = pressure_start(door.port);
    for (int i = 0; i < 2; i++) {
        wait_moving(pressure);
        broker_kill(door.broker);
        place_sleep_ms(DOWN_MS);
        broker_restart(door.broker);
    }
    end(&door, pressure);
}
END_TEST

/* Nobody posts while Kafka is away: the probes alone find it again. */
START_TEST(readiness_follows_kafka)
{
    const struct fleet_request ready = {.path = "/readyz", .timeout_ms = 5000};
    struct fleet_request request;
    struct door door;

    door_open(&door, broker_start(NULL), NULL);
    door_start(&door);
    request = ready;
    request.port = fleet_admin_port(door.fleet, "gateway");
    ck_assert_int_eq(fleet_http(&request, NULL), 200);
    broker_kill(door.broker);
    ck_assert(EVENTUALLY(20000, fleet_http(&request, NULL) == 503));
    request.path = "/livez";
    ck_assert_int_eq(fleet_http(&request, NULL), 200);
    request.path = "/readyz";
    broker_restart(door.broker);
    ck_assert(EVENTUALLY(20000, fleet_http(&request, NULL) == 200));
    door_close(&door);
}
END_TEST

/* A gateway that starts before Kafka answers 503, and serves as soon as it is there. */
START_TEST(without_kafka_at_the_start_it_waits)
{
    struct door door;
    char *answer = NULL;

    door_open(&door, broker_start(NULL), NULL);
    broker_stop(door.broker);
    fleet_start(door.fleet, "gateway", "tributary-gateway", NULL);
    ck_assert(place_wait_port(door.port, 10000));
    ck_assert_int_eq(gateway_post(door.port, "/v1/transactions", NULL, EVENT("t1"), &answer), 503);
    ck_assert_msg(strstr(answer, "\"reason\":\"unavailable\"") != NULL, "%s", answer);
    free(answer);
    broker_restart(door.broker);
    fleet_wait_ready(door.fleet, "gateway", DOOR_READY_MS);
    ck_assert_int_eq(gateway_post(door.port, "/v1/transactions", NULL, EVENT("t1"), NULL), 202);
    door_close(&door);
}
END_TEST

/* ---- More than can be held ---- */

enum { BATCHES = 12, BATCH = 100, SOON_MS = 3000, LINE_BYTES = 256, FITTING = 8 };

static void send_batch(struct peer *peer, int batch)
{
    static char body[BATCH * LINE_BYTES];
    char head[512];
    size_t size = 0;

    for (int i = 0; i < BATCH; i++)
        size += (size_t)snprintf(body + size, sizeof body - size,
                                 "{\"id\":\"b%d-%d\",\"user\":\"u%d\",\"amount\":\"1.00\","
                                 "\"currency\":\"EUR\",\"occurred_at\":\"2026-02-28T09:00:00Z\"}\n",
                                 batch, i, i);
    snprintf(head, sizeof head,
             "POST /v1/transactions HTTP/1.1\r\nHost: g\r\nContent-Type: application/x-ndjson\r\n"
             "Authorization: Bearer " GATEWAY_ACME "\r\nContent-Length: %zu\r\n\r\n",
             size);
    ck_assert(peer_send_text(peer, head) && peer_send(peer, body, size));
}

/* The queue holds 1,000; from 80 % on a request is refused at once, and readiness says so before.
 */
START_TEST(a_full_queue_refuses_at_once)
{
    struct door door;
    struct peer peers[BATCHES];
    struct fleet_request ready = {.path = "/readyz", .timeout_ms = 5000};

    door_open(&door, broker_start(NULL), NULL);
    fleet_set(door.fleet, "TRIBUTARY_GATEWAY_QUEUE_RECORDS", "1000");
    door_start(&door);
    ck_assert_int_eq(gateway_post(door.port, "/v1/transactions", NULL, EVENT("t1"), NULL), 202);
    broker_pause(door.broker);
    for (int i = 0; i < BATCHES; i++) {
        peer_init(&peers[i], (uint16_t)door.port, i < FITTING ? MOVING_MS : SOON_MS);
        send_batch(&peers[i], i);
    }
    for (int i = FITTING; i < BATCHES; i++) {
        struct answer answer = peer_answer(&peers[i], false);

        ck_assert_int_eq(answer.status, 503);
        ck_assert_uint_eq(answer_field(&answer, "Retry-After").size, 1);
        ck_assert(memmem(answer.body.data, answer.body.size, "\"overloaded\"", 12) != NULL);
    }
    ready.port = fleet_admin_port(door.fleet, "gateway");
    ck_assert(EVENTUALLY(5000, fleet_http(&ready, NULL) == 503));
    broker_resume(door.broker);
    for (int i = 0; i < FITTING; i++)
        ck_assert_int_eq(peer_answer(&peers[i], false).status, 202);
    ck_assert(EVENTUALLY(10000, fleet_http(&ready, NULL) == 200));
    for (int i = 0; i < BATCHES; i++)
        peer_done(&peers[i]);
    door_close(&door);
}
END_TEST

/* ---- One request at a time, through a proxy ---- */

struct proxied {
    struct proxy *proxy;
    struct door door;
};

static void open_proxied(struct proxied *p)
{
    struct broker *broker;

    p->proxy = proxy_start(PROXY_KAFKA, 0);
    broker = broker_start(&(struct broker_options){.proxy_ports = {proxy_port(p->proxy)}});
    proxy_target(p->proxy, broker_proxied_port(broker, 0));
    door_open(&p->door, broker, proxy_address(p->proxy));
    fleet_set(p->door.fleet, "TRIBUTARY_GATEWAY_DEADLINE", "2s");
    door_start(&p->door);
}

static void close_proxied(struct proxied *p)
{
    door_close(&p->door);
    proxy_free(p->proxy);
}

static int64_t stored(struct proxied *p)
{
    char topic[128];
    int64_t sum = 0;

    snprintf(topic, sizeof topic, "%stransactions", p->door.prefix);
    for (int32_t i = 0; i < DOOR_PARTITIONS; i++)
        sum += broker_end_offset(p->door.broker, topic, i);
    return sum;
}

static void post(struct proxied *p, const char *body, int status, const char *text)
{
    char *answer = NULL;
    int got = gateway_post(p->door.port, "/v1/transactions", "application/x-ndjson", body, &answer);

    ck_assert_msg(got == status, "%d, not %d: %s", got, status, answer);
    ck_assert_msg(strstr(answer, text) != NULL, "%s not in %s", text, answer);
    free(answer);
}

/* Mutation "202 before the ack": the event never reaches the broker, so nobody may be told that it
 * did. */
START_TEST(a_held_produce_request_is_no_promise)
{
    struct proxied p;

    open_proxied(&p);
    post(&p, EVENT("t0"), 202, "\"accepted\":1");
    proxy_arm(p.proxy, PROXY_PRODUCE, PROXY_HOLD, 1);
    post(&p, EVENT("t1"), 503, "\"reason\":\"outcome_unknown\"");
    ck_assert_int_eq(stored(&p), 1);
    proxy_release(p.proxy);
    ck_assert(EVENTUALLY(10000, stored(&p) == 2));
    post(&p, EVENT("t1"), 202, "\"accepted\":1");
    close_proxied(&p);
}
END_TEST

/* It is in the log, but nobody knows. The library asks again until it does, with the sequence
 * number of the first time: it is there once. */
START_TEST(a_dropped_produce_answer_is_no_promise)
{
    struct proxied p;

    open_proxied(&p);
    post(&p, EVENT("t0"), 202, "\"accepted\":1");
    proxy_arm(p.proxy, PROXY_PRODUCE_ANSWER, PROXY_DROP, 1);
    post(&p, EVENT("t1") "\n{bad\n", 503, "\"reason\":\"outcome_unknown\"");
    ck_assert_int_eq(stored(&p), 2);
    ck_assert(EVENTUALLY(30000, fleet_metric(p.door.fleet, "gateway",
                                             "tributary_gateway_queued_events", NULL) == 0));
    post(&p, EVENT("t2"), 202, "\"accepted\":1");
    ck_assert_int_eq(stored(&p), 3);
    close_proxied(&p);
}
END_TEST

SUITE_MAIN_TIMEOUT("faults/gateway/broker", 200, a_stopped_broker_is_503_and_then_202_again,
                   a_killed_broker_comes_back, readiness_follows_kafka,
                   without_kafka_at_the_start_it_waits, a_held_produce_request_is_no_promise,
                   a_dropped_produce_answer_is_no_promise, a_full_queue_refuses_at_once);
