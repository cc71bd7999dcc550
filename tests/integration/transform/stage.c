#include "tests/integration/transform/stage.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/codec/codec.h"
#include "common/worker/go_back.h"
#include "tests/integration/transform/reading.h"
#include "tests/support/process/place.h"

#include <ctype.h>
#include <librdkafka/rdkafka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { READY_MS = 60000, OUTPUTS_MS = 60000, USERS = 200, BAD_EVERY = 50, REFUSE_EVERY = 50 };

#define OCCURRED INT64_C(1767225600000000) /* 2026-01-01 */

static void settings_of_fleet(const struct stage *stage)
{
    struct fleet *fleet = stage->fleet;

    fleet_set(fleet, "TRIBUTARY_KAFKA_BROKERS",
              stage->proxy != NULL ? proxy_address(stage->proxy) : broker_address(stage->broker));
    fleet_set(fleet, "TRIBUTARY_KAFKA_PREFIX", stage->harness.settings.prefix);
    fleet_set(fleet, "TRIBUTARY_KAFKA_SESSION_TIMEOUT", "2s");
    /* Never used by test-upper. */
    fleet_set(fleet, "TRIBUTARY_POSTGRES_URI", "postgresql://nobody@127.0.0.1:1/none");
    fleet_set(fleet, "TRIBUTARY_WORKER_PARTITIONS", "4");
    fleet_set(fleet, "TRIBUTARY_WORKER_THREADS", "1"); /* where producers are counted */
    fleet_set(fleet, "TRIBUTARY_WORKER_HALT_RETRY", "500ms");
}

void stage_commit(struct stage *stage)
{
    static const int64_t zeros[STAGE_PARTITIONS];
    struct error error = {0};

    /* A new broker loads its coordinators first. */
    ck_assert_msg(
        EVENTUALLY(READY_MS, (error_clear(&error),
                              kafka_admin_commit(stage->harness.admin, "upper", "transactions",
                                                 zeros, STAGE_PARTITIONS, &error) == STATUS_OK)),
        "%s", error.text);
}

void stage_open(struct stage *stage, enum stage_kind kind)
{
    *stage = (struct stage){.fleet = fleet_new()};
    if (kind == STAGE_PROXIED) {
        stage->proxy = proxy_start(PROXY_KAFKA, 0);
        stage->broker =
            broker_start(&(struct broker_options){.proxy_ports = {proxy_port(stage->proxy)}});
        proxy_target(stage->proxy, broker_proxied_port(stage->broker, 0));
    } else {
        stage->broker = broker_shared();
    }
    harness_init(&stage->harness, stage->broker);
    harness_topic(&stage->harness, "transactions", STAGE_PARTITIONS);
    harness_topic(&stage->harness, "classifications", STAGE_PARTITIONS);
    if (kind != STAGE_UNCOMMITTED)
        stage_commit(stage);
    settings_of_fleet(stage);
    /* Feeds of other kinds are not used here, but their topics are opened with it. */
    harness_topic(&stage->harness, "feedback", STAGE_PARTITIONS);
    stage->feed =
        feed_new(broker_address(stage->broker), stage->harness.settings.prefix, STAGE_PARTITIONS);
}

void stage_close(struct stage *stage)
{
    feed_free(stage->feed);
    fleet_free(stage->fleet);
    harness_done(&stage->harness);
    proxy_free(stage->proxy);
    broker_free(stage->broker);
}

static void feed_one(struct stage *stage)
{
    size_t number = stage->fed++;
    char id[32], user[32];
    struct transaction event = {.tenant = SLICE_LITERAL("acme"),
                                .amount_minor = (int64_t)number,
                                .currency = SLICE_LITERAL("EUR"),
                                .description = SLICE_LITERAL("card"),
                                .merchant = SLICE_LITERAL("Corner Shop"),
                                .occurred_at = OCCURRED,
                                .received_at = OCCURRED};

    snprintf(id, sizeof id, "e%zu", number);
    snprintf(user, sizeof user, "u%zu", number % USERS);
    event.id = slice_of(id);
    event.user = slice_of(user);
    if (number % BAD_EVERY == 7) {
        feed_raw(stage->feed, FEED_TRANSACTIONS, (int32_t)(number % STAGE_PARTITIONS),
                 SLICE_LITERAL("acme:nobody"), event.id);
        return;
    }
    if (number % REFUSE_EVERY == 9)
        event.description = SLICE_LITERAL("refuse");
    feed_transaction(stage->feed, &event);
}

void stage_feed(struct stage *stage, size_t count)
{
    for (size_t i = 0; i < count; i++)
        feed_one(stage);
    feed_flush(stage->feed);
}

static void fine(rd_kafka_error_t *problem)
{
    ck_assert_msg(problem == NULL, "%s", rd_kafka_error_string(problem));
}

static void write_in_transaction(rd_kafka_t *rk, const char *topic, int32_t partition)
{
    char value[] = "not avro";

    fine(rd_kafka_begin_transaction(rk));
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic),
                                           RD_KAFKA_V_PARTITION(partition),
                                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                           RD_KAFKA_V_VALUE(value, sizeof value), RD_KAFKA_V_END),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    ck_assert_int_eq(rd_kafka_flush(rk, 20000), RD_KAFKA_RESP_ERR_NO_ERROR);
}

void stage_feed_control(struct stage *stage)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char topic[KAFKA_NAME_SIZE], reason[200];
    rd_kafka_t *rk;

    kafka_name(&stage->harness.settings, "transactions", topic);
    rd_kafka_conf_set(conf, "bootstrap.servers", broker_address(stage->broker), NULL, 0);
    rd_kafka_conf_set(conf, "transactional.id", topic, NULL, 0);
    rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    ck_assert_msg(rk != NULL, "%s", reason);
    fine(rd_kafka_init_transactions(rk, 20000));
    for (int32_t partition = 0; partition < STAGE_PARTITIONS; partition++) {
        write_in_transaction(rk, topic, partition);
        fine(rd_kafka_commit_transaction(rk, 20000));
        write_in_transaction(rk, topic, partition);
        fine(rd_kafka_abort_transaction(rk, 20000));
    }
    rd_kafka_destroy(rk);
}

void stage_start(struct stage *stage, const char *member)
{
    fleet_start(stage->fleet, member, "test-upper", NULL);
    fleet_wait_ready(stage->fleet, member, READY_MS);
}

void stage_wait_outputs(struct stage *stage, const char *member, double outputs)
{
    ck_assert_msg(
        EVENTUALLY(OUTPUTS_MS, fleet_metric(stage->fleet, member,
                                            "tributary_transform_outputs_total", NULL) >= outputs),
        "%s has not made %.0f outputs", member, outputs);
}

static bool is_at_end(const struct stage *stage, int64_t *ret_committed)
{
    struct kafka_watermarks marks[STAGE_PARTITIONS];
    struct error error = {0};
    bool at_end = true;

    if (kafka_admin_watermarks(stage->harness.admin, "transactions", marks, STAGE_PARTITIONS,
                               &error) != STATUS_OK ||
        kafka_admin_committed(stage->harness.admin, "upper", "transactions", ret_committed,
                              STAGE_PARTITIONS, &error) != STATUS_OK)
        return false;
    for (int p = 0; p < STAGE_PARTITIONS; p++)
        at_end = at_end && ret_committed[p] == marks[p].high;
    return at_end;
}

void stage_wait_end(struct stage *stage, int timeout_ms)
{
    int64_t committed[STAGE_PARTITIONS] = {0};

    ck_assert_msg(EVENTUALLY(timeout_ms, is_at_end(stage, committed)),
                  "the end is not committed: %lld %lld %lld %lld", (long long)committed[0],
                  (long long)committed[1], (long long)committed[2], (long long)committed[3]);
}

/* What test-upper makes of it. */
static void check_classified(const struct transaction *in, const struct transaction *out)
{
    ck_assert(slice_equal(in->id, out->id));
    ck_assert(slice_equal(in->user, out->user));
    ck_assert_int_eq(in->amount_minor, out->amount_minor);
    ck_assert_uint_eq(in->merchant.size, out->merchant.size);
    for (size_t i = 0; i < in->merchant.size; i++)
        ck_assert_int_eq(toupper((unsigned char)in->merchant.data[i]), out->merchant.data[i]);
}

static void check_output(const struct reading_record *source, const struct reading_record *record,
                         const struct classification *output)
{
    struct slice value = {source->value, source->value_size};
    struct arena *arena = arena_new(CODEC_DECODE_ARENA_BYTES);
    struct transaction event;
    struct error error = {0};
    enum status decoded = codec_decode_transaction(value, arena, &event, &error);

    ck_assert(slice_equal((struct slice){source->key, source->key_size},
                          (struct slice){record->key, record->key_size}));
    if (output->outcome == OUTCOME_CLASSIFIED) {
        ck_assert_int_eq(decoded, STATUS_OK);
        check_classified(&event, output->transaction);
    } else {
        ck_assert(decoded != STATUS_OK ||
                  slice_equal(output->reject->reason, SLICE_LITERAL("refused")));
        ck_assert(slice_equal(output->reject->value, value));
    }
    arena_free(arena);
}

/* A reader of one partition. */
struct reader {
    const struct reading_record *sources;
    size_t source_count;
    size_t met; /* of them */
    int64_t next_source;
    struct stage_report *report;
};

static void apply(struct reader *reader, const struct reading_record *record,
                  const struct classification *output)
{
    const struct reading_record *source = &reader->sources[reader->met];
    bool is_marker = output->outcome == OUTCOME_MARKER;

    reader->next_source = output->to + 1;
    reader->report->applied++;
    reader->report->markers += is_marker;
    reader->report->rejected += output->outcome == OUTCOME_REJECTED;
    if (is_marker) {
        ck_assert(reader->met == reader->source_count || source->offset > output->to);
        return;
    }
    ck_assert_uint_lt(reader->met, reader->source_count);
    ck_assert_int_eq(source->offset, output->to);
    check_output(source, record, output);
    reader->met++;
}

static void read_one(struct reader *reader, const struct reading_record *record)
{
    struct arena *arena = arena_new(CODEC_DECODE_ARENA_BYTES);
    struct slice value = {record->value, record->value_size};
    struct classification output;
    struct event_fault fault;
    struct error error = {0};

    OK(codec_decode_classification(value, arena, &output, &error));
    ck_assert_msg(event_check_classification(&output, &fault), "%s: %s", fault.field, fault.detail);
    switch (go_back_read(reader->next_source, (struct go_back_range){output.from, output.to})) {
    case GO_BACK_APPLY:
        apply(reader, record, &output);
        break;
    case GO_BACK_RERUN:
        reader->report->reruns++;
        break;
    case GO_BACK_AHEAD:
        reader->report->ahead++;
        break;
    }
    arena_free(arena);
}

struct stage_report stage_check(struct stage *stage)
{
    struct reading *source = reading_new(stage, "transactions");
    struct reading *outputs = reading_new(stage, "classifications");
    struct stage_report report = {0};

    for (int p = 0; p < STAGE_PARTITIONS; p++) {
        struct reader reader = {.sources = source->partitions[p].records,
                                .source_count = source->partitions[p].count,
                                .report = &report};

        for (size_t i = 0; i < outputs->partitions[p].count; i++)
            read_one(&reader, &outputs->partitions[p].records[i]);
        ck_assert_uint_eq(reader.met, reader.source_count);
        ck_assert_int_eq(reader.next_source, source->partitions[p].end);
    }
    printf("applied %zu (markers %zu, rejected %zu), reruns %zu, ahead %zu\n", report.applied,
           report.markers, report.rejected, report.reruns, report.ahead);
    reading_free(source);
    reading_free(outputs);
    return report;
}

bool stage_logged(struct stage *stage, const char *member, const char *text)
{
    char path[PLACE_PATH_SIZE + 64];
    char *log;
    bool found;

    snprintf(path, sizeof path, "%s/%s.log", fleet_folder(stage->fleet), member);
    log = place_read_end(path, 1 << 20);
    found = strstr(log, text) != NULL;
    free(log);
    return found;
}
