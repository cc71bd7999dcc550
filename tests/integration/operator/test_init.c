/* `tributary init` and `migrate`: twice, several at once, and against what is there. */
#include "tests/integration/operator/installation.h"

#include "operator/readers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 4, INIT_MS = 90000 };

/* Everything that init writes into the database. */
#define MADE                                                                                       \
    "SELECT encode(siphash_key, 'hex'), partitions, schema_version, (SELECT string_agg(concat_ws"  \
    "(' ', consumer_group, topic, partition, base, next, next_source, epoch), ',' ORDER BY"        \
    " consumer_group, topic, partition) FROM tributary.source_offsets) FROM tributary.meta"

START_TEST(several_at_once_make_one_installation)
{
    struct installation s;
    char name[16];
    char *once, *again;

    installation_prepare(&s);
    for (int i = 0; i < AT_ONCE; i++) {
        snprintf(name, sizeof name, "init%d", i);
        fleet_start(s.fleet, name, "tributary", (const char *const[]){"init", NULL});
    }
    for (int i = 0; i < AT_ONCE; i++) {
        snprintf(name, sizeof name, "init%d", i);
        ck_assert_int_eq(fleet_wait_exit(s.fleet, name, INIT_MS), 0);
    }
    ck_assert_int_eq(database_number(s.uri, "SELECT count(*) FROM tributary.source_offsets"),
                     (int64_t)reader_count * PARTITIONS);
    once = database_text(s.uri, MADE);
    installation_expect(&s, "init", 0);
    again = database_text(s.uri, MADE);
    ck_assert_str_eq(once, again);
    free(once);
    free(again);
    installation_done(&s);
}
END_TEST

START_TEST(what_is_there_is_not_touched)
{
    struct installation s;
    char *before, *after;

    installation_init(&s);
    for (int i = 0; i < 20; i++) {
        char id[8];

        snprintf(id, sizeof id, "t%d", i);
        installation_post(&s, i % 2 == 0 ? "u1" : "u2", id, 1, "food");
    }
    fleet_start(s.fleet, "a", "tributary-analytics", NULL);
    installation_settle(&s, "analytics");
    before = database_text(s.uri, MADE);
    installation_expect(&s, "init", 0);
    after = database_text(s.uri, MADE);
    ck_assert_str_eq(before, after);
    installation_expect(&s, "verify", 0);
    installation_expect(&s, "init --topics-partitions=8", 2);
    free(before);
    free(after);
    installation_done(&s);
}
END_TEST

/* A group that joins later starts where the outputs' log begins, and its books from there. */
START_TEST(a_row_that_is_made_later_starts_at_the_log)
{
    struct installation s;

    installation_init(&s);
    for (int i = 0; i < 5; i++)
        installation_post(&s, "u1", "t1", 1, "food");
    feed_flush(s.feed);
    database_execute(s.uri, "DELETE FROM tributary.source_offsets");
    installation_expect(&s, "init", 0);
    ck_assert_int_eq(database_number(s.uri, "SELECT count(*) FROM tributary.source_offsets WHERE"
                                            " base = 0 AND next = 0"),
                     (int64_t)reader_count * PARTITIONS);
    fleet_start(s.fleet, "a", "tributary-analytics", NULL);
    installation_settle(&s, "analytics");
    installation_expect(&s, "verify", 0);
    installation_done(&s);
}
END_TEST

START_TEST(a_newer_database_is_refused)
{
    struct installation s;

    installation_init(&s);
    installation_expect(&s, "migrate", 0);
    database_execute(s.uri, "UPDATE tributary.meta SET schema_version = schema_version + 1");
    installation_expect(&s, "migrate", 2);
    installation_expect(&s, "verify", 2);
    installation_expect(&s, "status", 2);
    installation_done(&s);
}
END_TEST

SUITE_MAIN_TIMEOUT("init", 120, several_at_once_make_one_installation, what_is_there_is_not_touched,
                   a_row_that_is_made_later_starts_at_the_log, a_newer_database_is_refused);
