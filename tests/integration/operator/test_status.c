/* `tributary status` on a real installation. */
#include "tests/integration/operator/installation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number behind `key` in the reading of that group and topic. */
static double reading(const char *json, const char *group, const char *topic, const char *key)
{
    char start[128];
    const char *at;

    snprintf(start, sizeof start, "{\"group\":\"%s\",\"topic\":\"%s\"", group, topic);
    at = strstr(json, start);
    ck_assert_msg(at != NULL, "no reading of %s", start);
    snprintf(start, sizeof start, "\"%s\":", key);
    at = strstr(at, start);
    ck_assert_msg(at != NULL, "no %s", start);
    at += strlen(start);
    return strncmp(at, "null", 4) == 0 ? -1 : strtod(at, NULL);
}

START_TEST(lag_and_books_are_told)
{
    struct installation s;
    char *json;

    installation_init(&s);
    json = installation_run(&s, "status --json", 0);
    ck_assert_double_eq(reading(json, "analytics", "classifications", "lag"), 0);
    ck_assert_double_eq(reading(json, "analytics", "classifications", "oldest_seconds"), -1);
    free(json);
    for (int i = 0; i < 10; i++)
        installation_post(&s, i % 2 == 0 ? "u1" : "u2", i % 3 == 0 ? "t0" : "t1", 1, "food");
    installation_post_garbage(&s, 0);
    installation_correct(&s, "u1", "f1", "t1", "fun");
    feed_flush(s.feed);
    json = installation_run(&s, "status --json", 0);
    ck_assert_double_eq(reading(json, "classifier", "transactions", "lag"), 11);
    ck_assert_double_eq(reading(json, "analytics", "classifications", "lag"), 11);
    ck_assert_double_eq(reading(json, "analytics", "classifications", "in_flight"), 11);
    ck_assert_double_eq(reading(json, "analytics", "feedback", "lag"), 1);
    ck_assert_double_ge(reading(json, "analytics", "feedback", "oldest_seconds"), 0);
    ck_assert_double_lt(reading(json, "analytics", "feedback", "oldest_seconds"), 60);
    ck_assert(strstr(json, "{\"name\":\"analytics\",\"state\":\"none\",\"members\":0}") != NULL ||
              strstr(json, "{\"name\":\"analytics\",\"state\":\"empty\",\"members\":0}") != NULL);
    free(json);
    fleet_start(s.fleet, "a", "tributary-analytics", NULL);
    installation_settle(&s, "analytics");
    json = installation_run(&s, "status --json", 0);
    ck_assert_double_eq(reading(json, "analytics", "classifications", "lag"), 0);
    ck_assert_double_eq(reading(json, "analytics", "classifications", "applied"), 4);
    ck_assert_double_eq(reading(json, "analytics", "classifications", "duplicate"), 6);
    ck_assert_double_eq(reading(json, "analytics", "classifications", "rejected"), 1);
    ck_assert(strstr(json, "{\"group\":\"classifier\",\"reason\":\"bad_magic\",\"count\":1}") !=
              NULL);
    ck_assert(strstr(json, "\"standing_still\":[]") != NULL);
    ck_assert(strstr(json, "{\"name\":\"analytics\",\"state\":\"stable\",\"members\":2}") != NULL ||
              strstr(json, "{\"name\":\"analytics\",\"state\":\"stable\",\"members\":1}") != NULL);
    free(json);
    installation_done(&s);
}
END_TEST

START_TEST(what_stands_still_is_told)
{
    struct installation s;
    char *text;

    installation_init(&s);
    database_execute(s.uri, "DELETE FROM tributary.source_offsets WHERE consumer_group = 'learner'"
                            " AND topic = 'feedback' AND partition = 3;"
                            "UPDATE tributary.source_offsets SET next = next + 5, gap = gap + 5"
                            " WHERE consumer_group = 'analytics' AND topic = 'feedback' AND"
                            " partition = 2");
    text = installation_run(&s, "status", 1);
    ck_assert(strstr(text, "learner, topic feedback, partition 3") != NULL);
    ck_assert(
        strstr(text, "analytics, topic feedback, partition 2: its offset row: the log ends") !=
        NULL);
    free(text);
    installation_done(&s);
}
END_TEST

SUITE_MAIN_TIMEOUT("status", 120, lag_and_books_are_told, what_stands_still_is_told);
