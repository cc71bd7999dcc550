/* Members of a sink's group that come, go or cannot work: what they do to the others' partitions.
 */
#include "tests/integration/operator/installation.h"
#include "tests/support/process/place.h"
#include "tests/support/proxy/proxy.h"

#include <stdio.h>

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

SUITE_MAIN_TIMEOUT("sink members", 120, who_has_no_database_joins_no_group,
                   the_threads_of_a_process_share_its_count_of_partitions,
                   each_thread_has_a_static_name_of_its_own);
