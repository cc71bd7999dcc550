/* Members of a sink's group that come, go or cannot work: what they do to the others' partitions.
 */
#include "tests/integration/operator/installation.h"
#include "tests/support/process/place.h"
#include "tests/support/proxy/proxy.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

enum { USERS = 40, JOIN_MS = 3000 };

/* In every partition. */
static void put(struct installation *s, int round)
{
    for (int i = 0; i < USERS; i++) {
        char user[16], id[32];

        snprintf(user, sizeof user, "u%d", i);
        snprintf(id, sizeof id, "t%d-%d", round, i);
        installation_post(s, user, id, 100, "food");
    }
}

/* It would get partitions and leave them unread. */
START_TEST(who_has_no_database_joins_no_group)
{
    struct installation s;
    struct proxy *proxy;

    installation_init(&s);
    fleet_start(s.fleet, "a", "tributary-analytics", NULL);
    fleet_wait_ready(s.fleet, "a", READY_MS);
    proxy = proxy_start(PROXY_POSTGRES, database_port(s.database));
    proxy_refuse(proxy);
    fleet_set_for(s.fleet, "b", "TRIBUTARY_POSTGRES_URI",
                  database_uri_at(s.database, s.uri, proxy_port(proxy)));
    fleet_start(s.fleet, "b", "tributary-analytics", NULL);
    place_sleep_ms(JOIN_MS);
    put(&s, 1);
    installation_settle(&s, "analytics");
    ck_assert_double_eq(fleet_metric(s.fleet, "a", "tributary_partitions_taken", NULL), PARTITIONS);
    proxy_pass(proxy);
    fleet_wait_ready(s.fleet, "b", READY_MS);
    put(&s, 2);
    installation_settle(&s, "analytics");
    proxy_free(proxy);
    installation_done(&s);
}
END_TEST

static bool taken(struct installation *s, const char *member, double count)
{
    return EVENTUALLY(READY_MS,
                      fleet_metric(s->fleet, member, "tributary_partitions_taken", NULL) == count);
}

START_TEST(the_threads_of_a_process_share_its_count_of_partitions)
{
    struct installation s;

    installation_init(&s);
    fleet_set(s.fleet, "TRIBUTARY_WORKER_THREADS", "2");
    fleet_start(s.fleet, "a", "tributary-analytics", NULL);
    fleet_wait_ready(s.fleet, "a", READY_MS);
    ck_assert(taken(&s, "a", PARTITIONS));
    fleet_start(s.fleet, "b", "tributary-analytics", NULL);
    ck_assert(taken(&s, "b", PARTITIONS / 2) && taken(&s, "a", PARTITIONS / 2));
    ck_assert_int_eq(fleet_terminate(s.fleet, "b", READY_MS), 0);
    ck_assert(taken(&s, "a", PARTITIONS));
    installation_done(&s);
}
END_TEST

/* With one name for both the broker throws the older out. */
START_TEST(each_thread_has_a_static_name_of_its_own)
{
    struct installation s;

    installation_init(&s);
    fleet_set(s.fleet, "TRIBUTARY_WORKER_THREADS", "2");
    fleet_set(s.fleet, "TRIBUTARY_KAFKA_INSTANCE_ID", "host");
    fleet_start(s.fleet, "a", "tributary-analytics", NULL);
    fleet_wait_ready(s.fleet, "a", READY_MS);
    ck_assert(taken(&s, "a", PARTITIONS));
    put(&s, 1);
    installation_settle(&s, "analytics");
    ck_assert_int_eq(fleet_terminate(s.fleet, "a", READY_MS), 0);
    installation_done(&s);
}
END_TEST

static void widen_topic(const struct installation *s, const char *topic, size_t partitions)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_NewPartitions_t *wanted;
    char text[256];
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    rd_kafka_event_t *answer;

    rd_kafka_conf_set(conf, "bootstrap.servers", broker_address(s->broker), NULL, 0);
    rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    ck_assert_msg(rk != NULL, "%s", text);
    snprintf(text, sizeof text, "%s%s", s->prefix, topic);
    wanted = rd_kafka_NewPartitions_new(text, partitions, text, sizeof text);
    ck_assert_msg(wanted != NULL, "%s", text);
    queue = rd_kafka_queue_new(rk);
    rd_kafka_CreatePartitions(rk, &wanted, 1, NULL, queue);
    answer = rd_kafka_queue_poll(queue, READY_MS);
    ck_assert_ptr_nonnull(answer);
    ck_assert_msg(rd_kafka_event_error(answer) == RD_KAFKA_RESP_ERR_NO_ERROR, "%s",
                  rd_kafka_event_error_string(answer));
    rd_kafka_event_destroy(answer);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewPartitions_destroy(wanted);
    rd_kafka_destroy(rk);
}

/* Nobody would read the new ones, and users of the old ones would land there. */
START_TEST(partitions_that_are_added_end_the_process)
{
    struct installation s;

    installation_init(&s);
    fleet_start(s.fleet, "a", "tributary-analytics", NULL);
    fleet_wait_ready(s.fleet, "a", READY_MS);
    fleet_start(s.fleet, "b", "tributary-analytics", NULL);
    fleet_wait_ready(s.fleet, "b", READY_MS);
    ck_assert(taken(&s, "a", PARTITIONS / 2) && taken(&s, "b", PARTITIONS / 2));
    widen_topic(&s, "feedback", 2 * (size_t)PARTITIONS);
    fleet_terminate(s.fleet, "b", READY_MS); /* the rebalance looks at the topics anew */
    ck_assert_int_eq(fleet_wait_exit(s.fleet, "a", READY_MS), EXIT_FAILURE);
    installation_done(&s);
}
END_TEST

SUITE_MAIN_TIMEOUT("sink members", 120, who_has_no_database_joins_no_group,
                   the_threads_of_a_process_share_its_count_of_partitions,
                   each_thread_has_a_static_name_of_its_own,
                   partitions_that_are_added_end_the_process);
