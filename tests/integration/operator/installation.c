#include "tests/integration/operator/installation.h"

#include "common/base/hash.h"
#include "tests/support/process/place.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMAND_MS = 90000, WORDS_MAX = 16 };

#define OCCURRED INT64_C(1767225600000000) /* 2026-01-01 */
#define DAY      INT64_C(86400000000)

static void prepare(struct installation *s, struct database *database)
{
    *s = (struct installation){.broker = broker_shared(),
                               .database = database != NULL ? database : database_shared(),
                               .redis = redis_server_shared(),
                               .fleet = fleet_new()};
    s->prefix = broker_prefix(s->broker);
    s->uri = database_create(s->database);
    fleet_set(s->fleet, "TRIBUTARY_KAFKA_BROKERS", broker_address(s->broker));
    fleet_set(s->fleet, "TRIBUTARY_KAFKA_PREFIX", s->prefix);
    fleet_set(s->fleet, "TRIBUTARY_KAFKA_SESSION_TIMEOUT", "2s");
    fleet_set(s->fleet, "TRIBUTARY_POSTGRES_URI", s->uri);
    fleet_set(s->fleet, "TRIBUTARY_REDIS_ADDRESS", redis_server_address(s->redis));
    fleet_set(s->fleet, "TRIBUTARY_REDIS_PREFIX", s->prefix);
    fleet_set(s->fleet, "TRIBUTARY_TOPICS_PARTITIONS", "4");
    fleet_set(s->fleet, "TRIBUTARY_WORKER_PARTITIONS", "4");
    fleet_set(s->fleet, "TRIBUTARY_WORKER_HALT_RETRY", "500ms");
}

void installation_prepare(struct installation *s)
{
    prepare(s, NULL);
}

void installation_init_on(struct installation *s, struct database *database)
{
    prepare(s, database);
    installation_expect(s, "init", 0);
    s->feed = feed_new(broker_address(s->broker), s->prefix, PARTITIONS);
}

void installation_init(struct installation *s)
{
    installation_init_on(s, NULL);
}

void installation_done(struct installation *s)
{
    feed_free(s->feed);
    fleet_free(s->fleet);
    redis_server_free(s->redis);
    database_free(s->database);
    broker_free(s->broker);
}

char *installation_run(struct installation *s, const char *words, int code)
{
    const char *arguments[WORDS_MAX + 1] = {NULL};
    char *copy = strdup(words), *output = NULL, *rest = copy;
    int got;

    for (size_t i = 0; i < WORDS_MAX && (arguments[i] = strtok_r(rest, " ", &rest)) != NULL; i++)
        ;
    got = fleet_run(s->fleet, "tributary", arguments, COMMAND_MS, &output);
    if (got != code) { /* more than check takes for a message */
        printf("%s\n", output);
        fflush(stdout);
    }
    ck_assert_msg(got == code, "tributary %s: exit %d, not %d", words, got, code);
    free(copy);
    return output;
}

void installation_expect(struct installation *s, const char *words, int code)
{
    free(installation_run(s, words, code));
}

int32_t installation_partition(const char *user)
{
    char key[EVENT_KEY_MAX];

    return hash_partition(event_key(SLICE_LITERAL("acme"), slice_of(user), key), PARTITIONS);
}

/* The output for the source's last record; it covers what lies before it since the last one. */
static void put_output(struct installation *s, int32_t partition, struct classification *output)
{
    output->from = s->ends[FEED_CLASSIFICATIONS][partition];
    output->to = s->ends[FEED_TRANSACTIONS][partition] - 1;
    output->classified_at = OCCURRED + DAY;
    feed_classification(s->feed, partition, output);
    s->ends[FEED_CLASSIFICATIONS][partition] = output->to + 1;
}

void installation_post(struct installation *s, const char *user, const char *id, int64_t minor,
                       const char *category)
{
    const struct transaction event = {.tenant = SLICE_LITERAL("acme"),
                                      .id = slice_of(id),
                                      .user = slice_of(user),
                                      .account = SLICE_LITERAL("a1"),
                                      .amount_minor = minor,
                                      .currency = SLICE_LITERAL("EUR"),
                                      .description = SLICE_LITERAL("CARD 1234"),
                                      .merchant = SLICE_LITERAL("Corner Shop"),
                                      .mcc = 5411,
                                      .occurred_at = OCCURRED,
                                      .received_at = OCCURRED + DAY};
    struct classification output = {.outcome = OUTCOME_CLASSIFIED,
                                    .transaction = &event,
                                    .category = slice_of(category),
                                    .confidence = 0.5F,
                                    .decided_by = DECIDER_MODEL,
                                    .model_version = SLICE_LITERAL("test")};
    int32_t partition = feed_transaction(s->feed, &event);

    s->ends[FEED_TRANSACTIONS][partition]++;
    put_output(s, partition, &output);
}

void installation_post_garbage(struct installation *s, int32_t partition)
{
    const struct reject reject = {.reason = SLICE_LITERAL("bad_magic"),
                                  .detail = SLICE_LITERAL("no event"),
                                  .key = SLICE_LITERAL("k"),
                                  .value = SLICE_LITERAL("garbage")};
    struct classification output = {
        .outcome = OUTCOME_REJECTED, .decided_by = DECIDER_NONE, .reject = &reject};

    feed_raw(s->feed, FEED_TRANSACTIONS, partition, reject.key, reject.value);
    s->ends[FEED_TRANSACTIONS][partition]++;
    put_output(s, partition, &output);
}

void installation_mark(struct installation *s, int32_t partition)
{
    struct classification output = {.outcome = OUTCOME_MARKER, .decided_by = DECIDER_NONE};

    put_output(s, partition, &output);
}

void installation_correct(struct installation *s, const char *user, const char *id,
                          const char *about, const char *category)
{
    const struct feedback event = {.tenant = SLICE_LITERAL("acme"),
                                   .id = slice_of(id),
                                   .user = slice_of(user),
                                   .transaction_id = slice_of(about),
                                   .kind = FEEDBACK_KIND_CORRECTION,
                                   .category = slice_of(category),
                                   .occurred_at = OCCURRED,
                                   .received_at = OCCURRED + DAY};

    s->ends[FEED_FEEDBACK][feed_feedback(s->feed, &event)]++;
}

/* ---- Blanks ---- */

static void fine(rd_kafka_error_t *problem)
{
    ck_assert_msg(problem == NULL, "%s", rd_kafka_error_string(problem));
}

static rd_kafka_t *transactional(const struct installation *s)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256];
    rd_kafka_t *rk;

    rd_kafka_conf_set(conf, "bootstrap.servers", broker_address(s->broker), NULL, 0);
    rd_kafka_conf_set(conf, "transactional.id", s->prefix, NULL, 0);
    rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    ck_assert_msg(rk != NULL, "%s", text);
    fine(rd_kafka_init_transactions(rk, 20000));
    return rk;
}

void installation_post_blanks(struct installation *s, enum feed_topic topic, int32_t partition)
{
    static const char *const names[] = {"transactions", "feedback", "classifications"};
    rd_kafka_t *rk = transactional(s);
    char name[256];

    snprintf(name, sizeof name, "%s%s", s->prefix, names[topic]);
    feed_flush(s->feed);
    fine(rd_kafka_begin_transaction(rk));
    ck_assert_int_eq(rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(name), RD_KAFKA_V_PARTITION(partition),
                                       RD_KAFKA_V_VALUE((void *)name, 4),
                                       RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    ck_assert_int_eq(rd_kafka_flush(rk, 20000), RD_KAFKA_RESP_ERR_NO_ERROR);
    fine(rd_kafka_abort_transaction(rk, 20000));
    rd_kafka_destroy(rk);
    s->ends[topic][partition] += 2;
    /* The mark is written behind the answer. */
    ck_assert(EVENTUALLY(DONE_MS, broker_end_offset(s->broker, name, partition) ==
                                      s->ends[topic][partition]));
}

/* ---- Waiting ---- */

void installation_wait(const struct installation *s, const char *sql, int64_t expected)
{
    int64_t got = -1;

    ck_assert_msg(EVENTUALLY(DONE_MS, (got = database_number(s->uri, sql)) == expected),
                  "%s: %" PRId64 ", not %" PRId64, sql, got, expected);
}

void installation_settle(struct installation *s, const char *group)
{
    static const char *const names[] = {
        [FEED_FEEDBACK] = "feedback", [FEED_CLASSIFICATIONS] = "classifications"};
    char sql[256];

    feed_flush(s->feed);
    for (int topic = FEED_FEEDBACK; topic <= FEED_CLASSIFICATIONS; topic++) {
        int64_t end = 0;

        for (int p = 0; p < PARTITIONS; p++)
            end += s->ends[topic][p];
        snprintf(sql, sizeof sql,
                 "SELECT sum(position) FROM tributary.source_offsets WHERE consumer_group = '%s'"
                 " AND topic = '%s'",
                 group, names[topic]);
        installation_wait(s, sql, end);
    }
}
