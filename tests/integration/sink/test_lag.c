/* What a sink shows of its lag: in its metrics, also while its database is away and nothing is
 * fetched; and as the group's offsets in Kafka, which only displays read. */
#include "common/kafka/admin.h"
#include "tests/integration/operator/installation.h"
#include "tests/support/process/place.h"

#include <stdio.h>

enum { EVENTS = 40 };

static const char on_outputs[] = "topic=\"classifications\"";

static void put(struct installation *s, int round)
{
    for (int i = 0; i < EVENTS; i++) {
        char user[16], id[32];

        snprintf(user, sizeof user, "u%d", i);
        snprintf(id, sizeof id, "t%d-%d", round, i);
        installation_post(s, user, id, 100, "food");
    }
    feed_flush(s->feed);
}

static double lag(struct installation *s, const char *unit)
{
    char metric[64];

    snprintf(metric, sizeof metric, "tributary_consumer_lag_%s", unit);
    return fleet_metric(s->fleet, "a", metric, on_outputs);
}

static bool lags_by(struct installation *s, double records)
{
    bool met = EVENTUALLY(DONE_MS, lag(s, "records") == records);

    if (!met)
        printf("lag: %g, not %g\n", lag(s, "records"), records);
    return met;
}

START_TEST(lag_grows_while_the_database_is_away)
{
    struct database *database = database_start(NULL);
    struct installation s;
    double early;

    installation_init_on(&s, database);
    fleet_start(s.fleet, "a", "tributary-analytics", NULL);
    fleet_wait_ready(s.fleet, "a", READY_MS);
    put(&s, 1);
    installation_settle(&s, "analytics");
    ck_assert(lags_by(&s, 0));
    database_stop(database);
    put(&s, 2);
    ck_assert(lags_by(&s, EVENTS));
    early = lag(&s, "seconds");
    put(&s, 3);
    ck_assert(lags_by(&s, 2 * EVENTS));
    ck_assert_double_gt(lag(&s, "seconds"), early);
    database_restart(database);
    installation_settle(&s, "analytics");
    ck_assert(lags_by(&s, 0));
    ck_assert_double_eq(lag(&s, "seconds"), 0);
    installation_done(&s);
}
END_TEST

/* The sum of what the group has committed; -1 while a partition has nothing. */
static int64_t committed(struct kafka_admin *admin)
{
    int64_t offsets[PARTITIONS], sum = 0;
    struct error error = {0};

    ck_assert_msg(kafka_admin_committed(admin, "analytics", "classifications", offsets, PARTITIONS,
                                        &error) == STATUS_OK,
                  "%s", error.text);
    for (int p = 0; p < PARTITIONS; p++) {
        if (offsets[p] < 0)
            return -1;
        sum += offsets[p];
    }
    return sum;
}

START_TEST(the_groups_offsets_follow_in_kafka)
{
    struct kafka_settings settings = {.session_timeout_ms = 6000,
                                      .poll_interval_ms = 300000,
                                      .queue_bytes = 1 << 20,
                                      .queue_records = 1000};
    const struct kafka_admin_options options = {
        .settings = &settings, .client_id = "test", .timeout_ms = READY_MS};
    struct kafka_admin *admin;
    struct installation s;
    struct error error = {0};

    installation_init(&s);
    settings.brokers = broker_address(s.broker);
    settings.prefix = s.prefix;
    ck_assert_int_eq(kafka_admin_new(&options, &admin, &error), STATUS_OK);
    fleet_start(s.fleet, "a", "tributary-analytics", NULL);
    fleet_wait_ready(s.fleet, "a", READY_MS);
    put(&s, 1);
    ck_assert(EVENTUALLY(DONE_MS, committed(admin) == EVENTS));
    put(&s, 2);
    installation_settle(&s, "analytics");
    ck_assert_int_eq(fleet_terminate(s.fleet, "a", READY_MS), 0);
    ck_assert_int_eq(committed(admin), 2 * EVENTS); /* at the latest when it goes */
    kafka_admin_free(admin);
    installation_done(&s);
}
END_TEST

SUITE_MAIN_TIMEOUT("sink lag", 150, lag_grows_while_the_database_is_away,
                   the_groups_offsets_follow_in_kafka);
