/* tributary-simulator on a real gateway, broker and fleet. */
#include "tests/support/feeders/feeders.h"
#include "tests/support/suite/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_BYTES = 300, WAIT_MS = 60000 };

static void set_up(struct feeders *feeders)
{
    feeders_init(feeders);
    rig_start(&feeders->rig, "gateway", "gateway");
}

START_TEST(the_same_seed_posts_the_same_ids)
{
    enum { EVENTS = 3000 };
    struct feeders_log first, second, feedback;
    struct feeders feeders;
    char *report;

    set_up(&feeders);
    report = feeders_run(&feeders, "tributary-simulator",
                         (const char *const[]){"--events", "3000", "--users", "50", NULL}, 0);
    ck_assert_double_eq(feeders_number(report, "accepted"), EVENTS);
    ck_assert_double_eq(feeders_number(report, "rejected"), 0);
    free(report);
    feeders_read(&feeders, EVENT_TRANSACTION, &first);
    ck_assert_uint_eq(first.count, EVENTS);
    ck_assert_uint_lt(first.unique, EVENTS); /* some were sent twice */
    report = feeders_run(&feeders, "tributary-simulator",
                         (const char *const[]){"--events", "3000", "--users", "50", NULL}, 0);
    free(report);
    feeders_read(&feeders, EVENT_TRANSACTION, &second);
    ck_assert_uint_eq(second.count, 2 * EVENTS);
    ck_assert_uint_eq(second.unique, first.unique);
    feeders_read(&feeders, EVENT_FEEDBACK, &feedback);
    ck_assert_uint_gt(feedback.unique, EVENTS / 50);
    ck_assert_uint_eq(feedback.count, 2 * feedback.unique);
    feeders_log_done(&first);
    feeders_log_done(&second);
    feeders_log_done(&feedback);
    feeders_done(&feeders);
}
END_TEST

START_TEST(the_journal_holds_through_kills)
{
    enum { KILLS = 5 };
    char journal[PATH_BYTES];
    struct feeders feeders;

    set_up(&feeders);
    snprintf(journal, sizeof journal, "%s", feeders_path(&feeders, "journal"));
    fleet_start(
        feeders.rig.fleet, "load", "tributary-simulator",
        (const char *const[]){"--events", "0", "--rate", "4000", "--journal", journal, NULL});
    for (int i = 0; i < KILLS; i++) {
        rig_sleep(400);
        fleet_kill(feeders.rig.fleet, "gateway");
        fleet_restart(feeders.rig.fleet, "gateway");
        fleet_wait_ready(feeders.rig.fleet, "gateway", RIG_READY_MS);
    }
    rig_sleep(1000);
    fleet_kill(feeders.rig.fleet, "load"); /* the journal survives that too */
    ck_assert_uint_gt(feeders_check_journal(&feeders, journal), 1000);
    feeders_done(&feeders);
}
END_TEST

START_TEST(a_signal_ends_it_in_order)
{
    char journal[PATH_BYTES], line[256];
    struct feeders feeders;
    size_t unknown = 0;
    FILE *file;

    set_up(&feeders);
    snprintf(journal, sizeof journal, "%s", feeders_path(&feeders, "journal"));
    fleet_start(
        feeders.rig.fleet, "load", "tributary-simulator",
        (const char *const[]){"--events", "0", "--rate", "3000", "--journal", journal, NULL});
    rig_sleep(1500);
    ck_assert_int_eq(fleet_terminate(feeders.rig.fleet, "load", WAIT_MS), 1);
    ck_assert_uint_gt(feeders_check_journal(&feeders, journal), 500);
    file = fopen(journal, "re");
    while (fgets(line, sizeof line, file) != NULL)
        unknown += strstr(line, "unknown") != NULL;
    fclose(file);
    ck_assert_uint_eq(unknown, 0);
    feeders_done(&feeders);
}
END_TEST

START_TEST(nobody_there_gives_unknown)
{
    char journal[PATH_BYTES];
    struct feeders feeders;
    char *report;

    feeders_init(&feeders); /* no gateway */
    snprintf(journal, sizeof journal, "%s", feeders_path(&feeders, "journal"));
    report = feeders_run(&feeders, "tributary-simulator",
                         (const char *const[]){"--events", "10", "--feeder-patience", "500ms",
                                               "--journal", journal, NULL},
                         1);
    ck_assert_double_eq(feeders_number(report, "accepted"), 0);
    ck_assert_double_eq(feeders_number(report, "unknown"), 10);
    free(report);
    ck_assert_uint_eq(feeders_check_journal(&feeders, journal), 0);
    feeders_done(&feeders);
}
END_TEST

START_TEST(it_watches_and_corrects)
{
    enum { EVENTS = 4000 };
    struct feeders feeders;
    char *report;

    set_up(&feeders);
    rig_start(&feeders.rig, "classifier", "classifier");
    rig_start(&feeders.rig, "learner", "learner");
    report = feeders_run(&feeders, "tributary-simulator",
                         (const char *const[]){"--events", "4000", "--users", "20", "--correct",
                                               "0.5", "--rate", "1000", NULL},
                         0);
    ck_assert_double_eq(feeders_number(report, "missing"), 0);
    ck_assert_double_gt(feeders_number(report, "classified"), EVENTS * 97 / 100);
    ck_assert_double_gt(feeders_number(report, "corrections"), 100);
    ck_assert_double_gt(feeders_number(report, "with_users"), 0.4);
    free(report);
    feeders_done(&feeders);
}
END_TEST

SUITE_MAIN_TIMEOUT("integration/simulator", 120, the_same_seed_posts_the_same_ids,
                   the_journal_holds_through_kills, a_signal_ends_it_in_order,
                   nobody_there_gives_unknown, it_watches_and_corrects);
