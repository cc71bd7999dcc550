#include "tests/support/notifying/notifying.h"

#include "common/base/hash.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { SQL_BYTES = 1024 };

static void set_servers(struct notifying *s)
{
    fleet_set(s->fleet, "TRIBUTARY_KAFKA_BROKERS", broker_address(s->broker));
    fleet_set(s->fleet, "TRIBUTARY_KAFKA_PREFIX", s->prefix);
    fleet_set(s->fleet, "TRIBUTARY_KAFKA_SESSION_TIMEOUT", "2s");
    fleet_set(s->fleet, "TRIBUTARY_POSTGRES_URI", s->uri);
    fleet_set(s->fleet, "TRIBUTARY_REDIS_ADDRESS", redis_server_address(s->redis));
    fleet_set(s->fleet, "TRIBUTARY_REDIS_PREFIX", s->prefix);
    fleet_set(s->fleet, "TRIBUTARY_TOPICS_PARTITIONS", "4");
    fleet_set(s->fleet, "TRIBUTARY_WORKER_PARTITIONS", "4");
}

void notifying_set_up(struct notifying *s)
{
    notifying_set_up_on(s, database_shared());
}

void notifying_set_up_on(struct notifying *s, struct database *database)
{
    *s = (struct notifying){.broker = broker_shared(),
                            .database = database,
                            .redis = redis_server_shared(),
                            .fleet = fleet_new(),
                            .receiver = receiver_start()};
    s->prefix = broker_prefix(s->broker);
    s->uri = database_create(s->database);
    set_servers(s);
    fleet_set(s->fleet, "TRIBUTARY_SENDER_POLL", "20ms");
    fleet_set(s->fleet, "TRIBUTARY_SENDER_TIMEOUT", "1s");
    fleet_set(s->fleet, "TRIBUTARY_SENDER_LEASE", "2s");
    fleet_set(s->fleet, "TRIBUTARY_SENDER_RETRY_SCALE", "0.01");
    ck_assert_int_eq(
        fleet_run(s->fleet, "tributary", (const char *const[]){"init", NULL}, 60000, NULL), 0);
    s->feed = feed_new(broker_address(s->broker), s->prefix, NOTIFYING_PARTITIONS);
}

void notifying_tear_down(struct notifying *s)
{
    feed_free(s->feed);
    fleet_free(s->fleet);
    receiver_free(s->receiver);
    redis_server_free(s->redis);
    database_free(s->database);
    broker_free(s->broker);
}

void notifying_start(struct notifying *s, const char *member, const char *program)
{
    fleet_start(s->fleet, member, program, NULL);
    fleet_wait_ready(s->fleet, member, NOTIFYING_READY_MS);
}

void notifying_endpoint(struct notifying *s, const char *tenant, const char *path)
{
    char sql[SQL_BYTES], url[RECEIVER_URL_BYTES];

    snprintf(sql, sizeof sql,
             "INSERT INTO tributary.tenants (tenant) VALUES ('%s') ON CONFLICT DO NOTHING;"
             "INSERT INTO tributary.users (tenant_key, user_id) SELECT tenant_key, 'somebody'"
             " FROM tributary.tenants WHERE tenant = '%s' ON CONFLICT DO NOTHING;"
             "INSERT INTO tributary.endpoints (endpoint_id, tenant_key, channel, url, secret,"
             "  allow_private) SELECT gen_random_uuid(), tenant_key, 'webhook', '%s', '%s', true"
             " FROM tributary.tenants WHERE tenant = '%s'",
             tenant, tenant, receiver_url(s->receiver, path, url), RECEIVER_SECRET, tenant);
    database_execute(s->uri, sql);
}

void notifying_append(struct notifying *s, const char *path, int first, int count)
{
    char sql[SQL_BYTES], url[RECEIVER_URL_BYTES];

    snprintf(sql, sizeof sql,
             "INSERT INTO tributary.outbox (id, endpoint_id, user_key, tenant_key, kind, subject,"
             "  payload) SELECT gen_random_uuid(), endpoint_id, user_key, users.tenant_key,"
             "  'test.told', user_key || '/' || n, '{\"type\":\"test.told\",\"data\":{}}'"
             " FROM tributary.endpoints JOIN tributary.users USING (tenant_key),"
             "  generate_series(%d, %d) AS n WHERE url = '%s' AND user_id = 'somebody'",
             first, first + count - 1, receiver_url(s->receiver, path, url));
    database_execute(s->uri, sql);
}

struct transaction notifying_transaction(const char *user, const char *id, int64_t minor)
{
    return (struct transaction){.tenant = SLICE_LITERAL("acme"),
                                .id = slice_of(id),
                                .user = slice_of(user),
                                .account = SLICE_LITERAL("a1"),
                                .amount_minor = minor,
                                .currency = SLICE_LITERAL("EUR"),
                                .description = SLICE_LITERAL("CARD 1234"),
                                .merchant = SLICE_LITERAL("Corner \"Shop\""),
                                .mcc = 5411,
                                .occurred_at = NOTIFYING_OCCURRED,
                                .received_at = NOTIFYING_OCCURRED};
}

void notifying_put(struct notifying *s, const struct transaction *event, const char *category,
                   float confidence)
{
    char key[EVENT_KEY_MAX];
    int32_t partition =
        hash_partition(event_key(event->tenant, event->user, key), NOTIFYING_PARTITIONS);
    struct classification output = {.from = s->next_source[partition],
                                    .to = s->next_source[partition],
                                    .outcome = OUTCOME_CLASSIFIED,
                                    .transaction = event,
                                    .category = slice_of(category),
                                    .confidence = confidence,
                                    .decided_by = DECIDER_MODEL,
                                    .model_version = SLICE_LITERAL("test"),
                                    .classified_at = NOTIFYING_OCCURRED};

    feed_classification(s->feed, partition, &output);
    s->next_source[partition]++;
}

int64_t notifying_sources(const struct notifying *s)
{
    int64_t sum = 0;

    for (int p = 0; p < NOTIFYING_PARTITIONS; p++)
        sum += s->next_source[p];
    return sum;
}

void notifying_sleep(int64_t ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&pause, NULL);
}

void notifying_wait(const struct notifying *s, const char *sql, int64_t expected)
{
    int64_t got = -1;

    for (int64_t waited = 0; waited < NOTIFYING_DONE_MS; waited += 50) {
        if ((got = database_number(s->uri, sql)) == expected)
            return;
        notifying_sleep(50);
    }
    ck_abort_msg("%s: %" PRId64 ", not %" PRId64, sql, got, expected);
}

void notifying_wait_books(const struct notifying *s, const char *group)
{
    char sql[SQL_BYTES];

    snprintf(sql, sizeof sql,
             "SELECT sum(position) FROM tributary.source_offsets WHERE topic = 'classifications'"
             " AND consumer_group = '%s'",
             group);
    notifying_wait(s, sql, notifying_sources(s));
    snprintf(sql, sizeof sql,
             "SELECT sum(abs(unaccounted)) FROM tributary.source_offsets WHERE consumer_group ="
             " '%s'",
             group);
    ck_assert_int_eq(database_number(s->uri, sql), 0);
}
