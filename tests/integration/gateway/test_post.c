/* A gateway as a process before a real broker: what is answered, and what is in the log then. */
#include "common/base/clock.h"
#include "common/base/hash.h"
#include "common/codec/codec.h"
#include "tests/support/gateway/door.h"
#include "tests/support/gateway/gateway.h"
#include "tests/support/process/place.h"
#include "tests/support/suite/suite.h"

#include <dirent.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define EVENT(id, user)                                                                            \
    "{\"id\":\"" id "\",\"user\":\"" user "\",\"amount\":\"-12.34\",\"currency\":\"EUR\","         \
    "\"merchant\":\"Corner Shop\",\"mcc\":5411,\"occurred_at\":\"2026-02-28T09:00:00Z\"}"
#define FEEDBACK(id, user)                                                                         \
    "{\"id\":\"" id "\",\"user\":\"" user "\",\"transaction_id\":\"t1\",\"kind\":\"correction\","  \
    "\"category\":\"food\",\"occurred_at\":\"2026-02-28T09:00:00Z\"}"
#define NDJSON "application/x-ndjson"

enum { IDS = 2048, BODY_BYTES = 1 << 20 };

static void set_up(struct door *door)
{
    door_open(door, broker_shared(), NULL);
    door_start(door);
}

/* The answer of a post; the caller frees it. */
static char *post(const struct door *door, const char *path, const char *type, const char *body,
                  int status)
{
    char *answer = NULL;
    int got = gateway_post(door->port, path, type, body, &answer);

    ck_assert_msg(got == status, "%d, not %d: %s", got, status, answer);
    return answer;
}

static void expect(const struct door *door, const char *type, const char *body, int status,
                   const char *text)
{
    char *answer = post(door, "/v1/transactions", type, body, status);

    ck_assert_msg(strstr(answer, text) != NULL, "%s not in %s", text, answer);
    free(answer);
}

/* ---- The log ---- */

struct record {
    char id[EVENT_ID_MAX + 1];
    char key[EVENT_KEY_MAX + 1];
    int32_t partition;
    int64_t offset;
    int64_t amount_minor;
    int64_t received_at;
    char traceparent[64];
};

struct log {
    struct record records[IDS];
    size_t count;
    struct arena *arena;
    bool feedback;
};

static void copy_text(char *to, size_t size, struct slice text)
{
    ck_assert_uint_lt(text.size, size);
    memcpy(to, text.data, text.size);
    to[text.size] = '\0';
}

static void on_record(void *context, const struct kafka_record *seen)
{
    struct log *log = context;
    struct record *record = &log->records[log->count++];
    struct slice traceparent;
    struct error error = {0};

    ck_assert_uint_le(log->count, IDS);
    arena_reset(log->arena);
    if (log->feedback) {
        struct feedback event;

        ck_assert_msg(codec_decode_feedback(seen->value, log->arena, &event, &error) == STATUS_OK,
                      "%s", error.text);
        copy_text(record->id, sizeof record->id, event.id);
        record->received_at = event.received_at;
    } else {
        struct transaction event;

        ck_assert_msg(codec_decode_transaction(seen->value, log->arena, &event, &error) ==
                          STATUS_OK,
                      "%s", error.text);
        copy_text(record->id, sizeof record->id, event.id);
        record->amount_minor = event.amount_minor;
        record->received_at = event.received_at;
    }
    copy_text(record->key, sizeof record->key, seen->key);
    record->partition = seen->partition;
    record->offset = seen->offset;
    if (kafka_record_header(seen, "traceparent", &traceparent))
        copy_text(record->traceparent, sizeof record->traceparent, traceparent);
}

static struct log *read_log(const struct door *door, const char *topic)
{
    struct log *log = calloc(1, sizeof *log);

    ck_assert_ptr_nonnull(log);
    log->feedback = strcmp(topic, "feedback") == 0;
    log->arena = arena_new(CODEC_DECODE_ARENA_BYTES);
    door_read(door, topic, on_record, log);
    return log;
}

static void free_log(struct log *log)
{
    arena_free(log->arena);
    free(log);
}

static const struct record *find(const struct log *log, const char *id)
{
    const struct record *found = NULL;

    for (size_t i = 0; i < log->count; i++)
        if (strcmp(log->records[i].id, id) == 0)
            found = &log->records[i];
    ck_assert_msg(found != NULL, "%s is not in the log", id);
    return found;
}

/* The receipt of an item says where it is. */
static void assert_receipt(const char *answer, size_t index, const struct record *record)
{
    char text[256];

    snprintf(text, sizeof text,
             "{\"index\":%zu,\"id\":\"%s\",\"status\":202,\"partition\":%" PRId32
             ",\"offset\":%" PRId64 "}",
             index, record->id, record->partition, record->offset);
    ck_assert_msg(strstr(answer, text) != NULL, "%s not in %s", text, answer);
}

/* ---- What is accepted ---- */

START_TEST(an_accepted_event_is_where_its_receipt_says)
{
    struct door door;
    char *answer, *answer2;
    int64_t before_us = clock_wall_us();
    const struct record *record;
    struct log *log;

    set_up(&door);
    answer = post(&door, "/v1/transactions", NULL, EVENT("t1", "u1"), 202);
    answer2 = post(&door, "/v1/feedback", NULL, FEEDBACK("f1", "u1"), 202);
    log = read_log(&door, "transactions");
    record = find(log, "t1");
    assert_receipt(answer, 0, record);
    ck_assert_str_eq(record->key, "acme:u1");
    ck_assert_int_eq(record->partition, hash_partition(SLICE_LITERAL("acme:u1"), DOOR_PARTITIONS));
    ck_assert_int_eq(record->amount_minor, -1234);
    ck_assert_int_ge(record->received_at, before_us);
    ck_assert_int_le(record->received_at, clock_wall_us());
    ck_assert_str_eq(record->traceparent, "");
    free_log(log);
    log = read_log(&door, "feedback");
    assert_receipt(answer2, 0, find(log, "f1"));
    ck_assert_str_eq(find(log, "f1")->key, "acme:u1");
    free_log(log);
    free(answer);
    free(answer2);
    door_close(&door);
}
END_TEST

START_TEST(good_items_are_kept_beside_bad_ones)
{
    struct door door;
    struct log *log;
    char *lines, *array;

    set_up(&door);
    lines = post(&door, "/v1/transactions", NDJSON,
                 EVENT("n0", "u0") "\n{\"id\":\n\n" EVENT("n2", "u2") "\r\n" EVENT("n3", ""), 207);
    array = post(&door, "/v1/transactions", NULL,
                 "[" EVENT("a0", "u0") ",{\"id\":\"a1\"},7," EVENT("a3", "u0") "]", 207);
    log = read_log(&door, "transactions");
    ck_assert_uint_eq(log->count, 4);
    assert_receipt(lines, 0, find(log, "n0"));
    assert_receipt(lines, 2, find(log, "n2"));
    assert_receipt(array, 0, find(log, "a0"));
    assert_receipt(array, 3, find(log, "a3"));
    ck_assert_ptr_nonnull(strstr(lines, "{\"accepted\":2,\"rejected\":2,"));
    ck_assert_ptr_nonnull(strstr(lines, "{\"index\":1,\"status\":400,\"reason\":\"json_"));
    ck_assert_ptr_nonnull(strstr(lines, "{\"index\":3,\"id\":\"n3\",\"status\":422,"));
    ck_assert_ptr_nonnull(strstr(array, "{\"index\":1,\"id\":\"a1\",\"status\":422,"));
    ck_assert_ptr_nonnull(strstr(array, "{\"index\":2,\"status\":422,"));
    /* The order of one user is the order of the request. */
    ck_assert_int_lt(find(log, "n0")->offset, find(log, "a0")->offset);
    ck_assert_int_lt(find(log, "a0")->offset, find(log, "a3")->offset);
    free_log(log);
    free(lines);
    free(array);
    door_close(&door);
}
END_TEST

/* As many items as there may be, and one more; then as many bytes. */
START_TEST(limits_of_a_request)
{
    static char body[BODY_BYTES + 4096];
    struct door door;
    struct log *log;
    size_t size = 0;
    char *answer;

    set_up(&door);
    for (int i = 0; i < 1001; i++)
        size += (size_t)snprintf(body + size, sizeof body - size,
                                 "{\"id\":\"i%d\",\"user\":\"u%d\",\"amount\":\"1.00\","
                                 "\"currency\":\"EUR\",\"occurred_at\":\"2026-02-28T09:00:00Z\"}\n",
                                 i, i % 50);
    expect(&door, NDJSON, body, 413, "too_many_items");
    *(strstr(body, "{\"id\":\"i1000\"")) = '\0';
    answer = post(&door, "/v1/transactions", NDJSON, body, 202);
    ck_assert_ptr_nonnull(strstr(answer, "{\"accepted\":1000,\"rejected\":0,"));
    log = read_log(&door, "transactions");
    ck_assert_uint_eq(log->count, 1000);
    for (size_t i = 0; i < log->count; i++)
        assert_receipt(answer, strtoul(log->records[i].id + 1, NULL, 10), &log->records[i]);
    free_log(log);
    free(answer);
    memset(body, ' ', BODY_BYTES + 1);
    body[BODY_BYTES + 1] = '\0';
    ck_assert_int_eq(gateway_post(door.port, "/v1/transactions", NULL, body, NULL), 413);
    door_close(&door);
}
END_TEST

START_TEST(only_sampled_traces_are_passed_on)
{
    static const char sampled[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                      not_sampled[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    static const char *const traces[] = {sampled, not_sampled};
    struct door door;
    struct log *log;

    set_up(&door);
    for (int i = 0; i < 2; i++) {
        const char *body = i == 0 ? EVENT("t0", "u") : EVENT("t1", "u");
        char headers[512];

        snprintf(headers, sizeof headers,
                 "Authorization: Bearer " GATEWAY_ACME "\r\nContent-Type: application/json\r\n"
                 "traceparent: %s\r\n",
                 traces[i]);
        ck_assert_int_eq(fleet_http(&(struct fleet_request){.port = door.port,
                                                            .path = "/v1/transactions",
                                                            .headers = headers,
                                                            .body = body,
                                                            .body_size = strlen(body),
                                                            .timeout_ms = 10000},
                                    NULL),
                         202);
    }
    log = read_log(&door, "transactions");
    ck_assert_str_eq(find(log, "t0")->traceparent, sampled);
    ck_assert_str_eq(find(log, "t1")->traceparent, "");
    free_log(log);
    door_close(&door);
}
END_TEST

/* Several threads share the port, and nothing is lost between them. */
START_TEST(threads_share_the_port)
{
    struct door door;
    struct log *log;

    door_open(&door, broker_shared(), NULL);
    fleet_set(door.fleet, "TRIBUTARY_GATEWAY_THREADS", "3");
    door_start(&door);
    for (int i = 0; i < 60; i++) {
        char body[256];

        snprintf(body, sizeof body,
                 "{\"id\":\"i%d\",\"user\":\"u%d\",\"amount\":\"1.00\",\"currency\":\"EUR\","
                 "\"occurred_at\":\"2026-02-28T09:00:00Z\"}",
                 i, i);
        expect(&door, NULL, body, 202, "\"accepted\":1");
    }
    log = read_log(&door, "transactions");
    ck_assert_uint_eq(log->count, 60);
    free_log(log);
    ck_assert(fleet_metric(door.fleet, "gateway", "tributary_gateway_events_total",
                           "result=\"accepted\"") == 60);
    ck_assert(fleet_metric(door.fleet, "gateway", "tributary_gateway_requests_total",
                           "code=\"202\"") == 60);
    ck_assert_int_eq(fleet_terminate(door.fleet, "gateway", 20000), 0);
    door_close(&door);
}
END_TEST

/* ---- The process ---- */

/* How many CPUs the thread may use; 0: it has ended. Whether it is the Kafka library's. */
static int cpus_of(pid_t process, int thread, bool *ret_library)
{
    char path[PLACE_PATH_SIZE], name[64] = "";
    cpu_set_t allowed;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/task/%d/comm", (int)process, thread);
    file = fopen(path, "re");
    if (file == NULL || fgets(name, sizeof name, file) == NULL)
        name[0] = '\0';
    if (file != NULL)
        fclose(file);
    *ret_library = strncmp(name, "rdk:", 4) == 0;
    return sched_getaffinity(thread, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 0;
}

/* Threads of the library that have one CPU, and those that have several. */
static void count_library_threads(pid_t process, int *ret_one, int *ret_several)
{
    char path[PLACE_PATH_SIZE];
    struct dirent *entry;
    DIR *folder;

    *ret_one = *ret_several = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)process);
    folder = opendir(path);
    ck_assert_ptr_nonnull(folder);
    while ((entry = readdir(folder)) != NULL) {
        bool library;
        int cpus = cpus_of(process, atoi(entry->d_name), &library);

        *ret_one += library && cpus == 1;
        *ret_several += library && cpus > 1;
    }
    closedir(folder);
}

START_TEST(a_producer_stays_beside_its_thread)
{
    static const char *const pinned[] = {"true", "false"};
    cpu_set_t allowed;

    ck_assert_int_eq(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    for (int i = 0; i < 2; i++) {
        struct door door;
        int one, several;

        door_open(&door, broker_shared(), NULL);
        fleet_set(door.fleet, "TRIBUTARY_GATEWAY_PINNED", pinned[i]);
        door_start(&door);
        count_library_threads(fleet_pid(door.fleet, "gateway"), &one, &several);
        ck_assert_int_ge(one + several, 2);
        if (CPU_COUNT(&allowed) > 1)
            ck_assert_int_eq(i == 0 ? several : one, 0);
        door_close(&door);
    }
}
END_TEST

START_TEST(another_number_of_partitions_refuses_to_start)
{
    struct door door;
    char *text, path[PLACE_PATH_SIZE];

    door_open(&door, broker_shared(), NULL);
    fleet_set(door.fleet, "TRIBUTARY_GATEWAY_PARTITIONS", "5");
    fleet_start(door.fleet, "gateway", "tributary-gateway", NULL);
    ck_assert_int_eq(fleet_wait_exit(door.fleet, "gateway", DOOR_READY_MS), 1);
    snprintf(path, sizeof path, "%s/gateway.log", fleet_folder(door.fleet));
    text = place_read_end(path, 4096);
    ck_assert_msg(strstr(text, "has 4 partitions, but gateway.partitions is 5") != NULL, "%s",
                  text);
    free(text);
    door_close(&door);
}
END_TEST

START_TEST(a_taken_port_refuses_to_start)
{
    struct door door;

    set_up(&door);
    fleet_start(door.fleet, "second", "tributary-gateway", NULL);
    ck_assert_int_eq(fleet_wait_exit(door.fleet, "second", DOOR_READY_MS), 1);
    expect(&door, NULL, EVENT("t1", "u1"), 202, "\"accepted\":1");
    door_close(&door);
}
END_TEST

static int post_with(const struct door *door, const char *key)
{
    char headers[256];

    snprintf(headers, sizeof headers,
             "Authorization: Bearer %s\r\nContent-Type: application/json\r\n", key);
    return fleet_http(&(struct fleet_request){.port = door->port,
                                              .path = "/v1/transactions",
                                              .headers = headers,
                                              .body = EVENT("k", "u"),
                                              .body_size = strlen(EVENT("k", "u")),
                                              .timeout_ms = 10000},
                      NULL);
}

START_TEST(keys_are_read_again_on_hangup)
{
    struct door door;
    char path[PLACE_PATH_SIZE];
    static const char *const rotated[] = {GATEWAY_ACME_2 " acme", NULL};

    set_up(&door);
    ck_assert_int_eq(post_with(&door, GATEWAY_ACME), 202);
    ck_assert_int_eq(post_with(&door, GATEWAY_ACME_2), 202);
    snprintf(path, sizeof path, "%s/keys", fleet_folder(door.fleet));
    gateway_write_keys(path, rotated);
    ck_assert_int_eq(post_with(&door, GATEWAY_ACME), 202);
    kill(fleet_pid(door.fleet, "gateway"), SIGHUP);
    ck_assert(EVENTUALLY(10000, post_with(&door, GATEWAY_ACME) == 401));
    ck_assert_int_eq(post_with(&door, GATEWAY_ACME_2), 202);
    /* A file with a bad line changes nothing. */
    place_write(path, "acme-2 oops acme\n", 0600);
    kill(fleet_pid(door.fleet, "gateway"), SIGHUP);
    ck_assert(
        EVENTUALLY(10000, fleet_metric(door.fleet, "gateway", "tributary_gateway_key_reloads_total",
                                       "result=\"failed\"") == 1));
    ck_assert_int_eq(post_with(&door, GATEWAY_ACME_2), 202);
    door_close(&door);
}
END_TEST

START_TEST(the_registry_answers_without_a_key)
{
    struct door door;
    char *answer = NULL, subject[128];

    set_up(&door);
    ck_assert_int_eq(
        fleet_http(
            &(struct fleet_request){.port = door.port, .path = "/subjects", .timeout_ms = 5000},
            &answer),
        200);
    snprintf(subject, sizeof subject, "\"%stransactions-value\"", door.prefix);
    ck_assert_msg(strstr(answer, subject) != NULL, "%s", answer);
    free(answer);
    door_close(&door);
}
END_TEST

SUITE_MAIN_TIMEOUT("gateway/post", 100, an_accepted_event_is_where_its_receipt_says,
                   good_items_are_kept_beside_bad_ones, limits_of_a_request,
                   only_sampled_traces_are_passed_on, threads_share_the_port,
                   a_producer_stays_beside_its_thread,
                   another_number_of_partitions_refuses_to_start, a_taken_port_refuses_to_start,
                   keys_are_read_again_on_hangup, the_registry_answers_without_a_key);
