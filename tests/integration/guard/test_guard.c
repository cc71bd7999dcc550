/* The guard (schemas/sql/0001_core.sql) by itself: it moves exactly the rows that it names, or it
 * raises TR001 and nothing behind it takes effect. */
#include "tests/support/rig/rig.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>

/* 0: it moved the rows, 1: it raised TR001. Arguments as guard_offsets takes them. */
#define OUTCOME                                                                                    \
    "CREATE FUNCTION outcome(topics text[], partitions integer[], epochs bigint[],"                \
    "  from_next bigint[], to_next bigint[]) RETURNS bigint LANGUAGE plpgsql"                      \
    "  SET search_path = tributary AS $$ BEGIN PERFORM guard_offsets('learner', topics,"           \
    "  partitions, epochs, from_next, to_next, array_fill(NULL::bigint, ARRAY[cardinality("        \
    "  topics)])); RETURN 0; EXCEPTION WHEN SQLSTATE 'TR001' THEN RETURN 1; END $$"

#define NEXTS                                                                                      \
    "SELECT string_agg(partition || ':' || next, ' ' ORDER BY partition)"                          \
    " FROM tributary.source_offsets WHERE consumer_group = 'learner' AND topic = 'feedback'"

static void expect(const struct rig *rig, const char *arguments, int64_t outcome, const char *nexts)
{
    char sql[512], *got;

    snprintf(sql, sizeof sql, "SELECT outcome(%s)", arguments);
    ck_assert_msg(database_number(rig->uri, sql) == outcome, "%s", sql);
    got = database_text(rig->uri, NEXTS);
    ck_assert_str_eq(got, nexts);
    free(got);
}

START_TEST(it_moves_its_rows_or_raises)
{
    struct rig rig;

    rig_init(&rig, NULL);
    database_execute(rig.uri, OUTCOME);
    expect(&rig, "'{feedback}', '{1}', '{0}', '{0}', '{7}'", 0, "0:0 1:7 2:0 3:0\n");
    /* Another one has moved it, or taken it, or there is none. */
    expect(&rig, "'{feedback}', '{1}', '{0}', '{0}', '{9}'", 1, "0:0 1:7 2:0 3:0\n");
    expect(&rig, "'{feedback}', '{1}', '{1}', '{7}', '{9}'", 1, "0:0 1:7 2:0 3:0\n");
    expect(&rig, "'{feedback}', '{4}', '{0}', '{0}', '{9}'", 1, "0:0 1:7 2:0 3:0\n");
    /* All or none. */
    expect(&rig, "'{feedback,feedback}', '{0,1}', '{0,0}', '{0,0}', '{5,9}'", 1,
           "0:0 1:7 2:0 3:0\n");
    expect(&rig, "'{feedback,feedback}', '{0,1}', '{0,0}', '{0,7}', '{5,9}'", 0,
           "0:5 1:9 2:0 3:0\n");
    rig_done(&rig);
}
END_TEST

SUITE_MAIN_TIMEOUT("guard", 100, it_moves_its_rows_or_raises);
