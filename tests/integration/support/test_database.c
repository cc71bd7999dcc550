/* The tests' Postgres: databases of one's own, and what survives which end. */
#include "tests/support/database/database.h"

#include "tests/support/process/place.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(a_database_is_empty_and_apart)
{
    OWNED(database) database = database_shared();
    const char *first = database_create(database);
    const char *second = database_create(database);
    char *text;

    database_execute(first,
                     "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (2, NULL)");
    text = database_text(first, "SELECT a, b FROM t ORDER BY a");
    ck_assert_str_eq(text, "1|x\n2|\n");
    free(text);
    ck_assert_int_eq(database_number(first, "SELECT sum(a) FROM t"), 3);
    ck_assert_int_eq(database_number(second, "SELECT count(*) FROM pg_class WHERE relname = 't'"),
                     0);
    ck_assert_int_eq(database_number(database_uri_at(database, first, database_port(database)),
                                     "SELECT count(*) FROM t"),
                     2);
}
END_TEST

START_TEST(commits_survive_every_end)
{
    OWNED(database) database = database_start(&(struct database_options){.durable = true});
    const char *uri = database_create(database);

    ck_assert_int_eq(database_number(uri, "SELECT (current_setting('fsync') = 'on')::int"), 1);
    database_execute(uri, "CREATE TABLE t (a int)");
    database_execute(uri, "INSERT INTO t VALUES (1)");
    database_kill(database);
    database_restart(database);
    database_execute(uri, "INSERT INTO t VALUES (2)");
    database_stop(database);
    database_restart(database);
    database_execute(uri, "INSERT INTO t VALUES (3)");
    database_restart(database);
    database_pause(database);
    database_resume(database);
    ck_assert_int_eq(database_number(uri, "SELECT sum(a) FROM t"), 6);
    database_pause(database);
    database_kill(database);
    database_restart(database);
    ck_assert_int_eq(database_number(uri, "SELECT sum(a) FROM t"), 6);
    database_pause(database);
}
END_TEST

START_TEST(settings_are_taken)
{
    const char *const settings[] = {"max_connections = 17", NULL};
    OWNED(database) database = database_start(&(struct database_options){.settings = settings});

    ck_assert_int_eq(database_number(database_create(database),
                                     "SELECT current_setting('max_connections')::int"),
                     17);
}
END_TEST

SUITE_MAIN_TIMEOUT("database", 60, a_database_is_empty_and_apart, commits_survive_every_end,
                   settings_are_taken);
