/* tributary-importer on a real gateway, broker and fleet. */
#include "tests/support/feeders/feeders.h"
#include "tests/support/process/place.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

enum { PATH_BYTES = 300, USERS = 30, WAIT_MS = 60000 };

/* date,user,amount,merchant,detail,primary; every bad_th row has no number for an amount. The
 * label follows from merchant and user. */
static void write_rows(const char *path, int rows, int bad_th)
{
    gzFile file = gzopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    gzprintf(file, "date,user,amount,merchant,detail,primary\r\n");
    for (int i = 1; i <= rows; i++) {
        int user = i % USERS, merchant = (i * 7 + user) % 5;

        gzprintf(file, "2025-0%d-1%d,u%d,%s,\"shop, %d\",x,label %d\r\n", 1 + i % 9, i % 10, user,
                 bad_th > 0 && i % bad_th == 0 ? "much" : "-12.5", merchant,
                 (merchant + user % 2) % 5);
    }
    ck_assert_int_eq(gzclose(file), Z_OK);
}

/* The next month's. */
static void write_month(const char *path, int rows)
{
    gzFile file = gzopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    gzprintf(file, "date,user,amount,merchant\n");
    for (int i = 1; i <= rows; i++)
        gzprintf(file, "2025-11-1%d,u%d,-1.25,shop\n", i % 10, i % USERS);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

struct setting {
    struct feeders feeders;
    char file[PATH_BYTES], state[PATH_BYTES];
};

static void set_up(struct setting *s, int rows, int bad_th)
{
    feeders_init(&s->feeders);
    snprintf(s->file, sizeof s->file, "%s", feeders_path(&s->feeders, "rows.csv.gz"));
    snprintf(s->state, sizeof s->state, "%s", feeders_path(&s->feeders, "rows.state"));
    write_rows(s->file, rows, bad_th);
    rig_start(&s->feeders.rig, "gateway", "gateway");
}

START_TEST(a_file_is_posted)
{
    enum { ROWS = 2000, BAD_TH = 100 };
    struct feeders_log log;
    struct setting s;
    char *report;

    set_up(&s, ROWS, BAD_TH);
    report = feeders_run(&s.feeders, "tributary-importer", (const char *const[]){s.file, NULL}, 0);
    ck_assert_double_eq(feeders_number(report, "accepted"), ROWS - ROWS / BAD_TH);
    ck_assert_double_eq(feeders_number(report, "rejected"), ROWS / BAD_TH);
    ck_assert_double_eq(feeders_number(report, "amount_format"), ROWS / BAD_TH);
    ck_assert_ptr_nonnull(strstr(report, "\"complete\":true"));
    free(report);
    feeders_read(&s.feeders, EVENT_TRANSACTION, &log);
    ck_assert_uint_eq(log.count, ROWS - ROWS / BAD_TH);
    ck_assert_uint_eq(log.unique, log.count);
    feeders_log_done(&log);
    /* Again: the same ids. */
    report = feeders_run(&s.feeders, "tributary-importer",
                         (const char *const[]){s.file, "--limit", "500", NULL}, 0);
    free(report);
    feeders_read(&s.feeders, EVENT_TRANSACTION, &log);
    ck_assert_uint_eq(log.count, ROWS - ROWS / BAD_TH + 495);
    ck_assert_uint_eq(log.unique, ROWS - ROWS / BAD_TH);
    feeders_log_done(&log);
    feeders_done(&s.feeders);
}
END_TEST

/* Line that the state file names. */
static unsigned long state_line(const char *path)
{
    FILE *file = fopen(path, "re");
    unsigned long line = 0;

    if (file == NULL)
        return 0;
    if (fscanf(file, "tributary-import 2 file %*s line %lu", &line) != 1)
        line = 0;
    fclose(file);
    return line;
}

START_TEST(a_killed_import_goes_on)
{
    enum { ROWS = 12000, ROUNDS = 3 };
    struct feeders_log log;
    unsigned long line = 0;
    struct setting s;
    char *report;

    set_up(&s, ROWS, 0);
    for (int round = 0; round < ROUNDS; round++) {
        const char *const arguments[] = {s.file, "--resume",   s.state, "--rate",
                                         "2500", "--progress", "none",  NULL};
        char name[16];

        snprintf(name, sizeof name, "import%d", round);
        fleet_start(s.feeders.rig.fleet, name, "tributary-importer", arguments);
        for (int waited = 0; state_line(s.state) <= line + 1000 && waited < WAIT_MS; waited += 20)
            rig_sleep(20);
        fleet_kill(s.feeders.rig.fleet, name);
        ck_assert_uint_gt(state_line(s.state), line);
        line = state_line(s.state);
    }
    ck_assert_uint_lt(line, ROWS);
    report = feeders_run(&s.feeders, "tributary-importer",
                         (const char *const[]){s.file, "--resume", s.state, NULL}, 0);
    /* What was done was not posted again. */
    ck_assert_double_eq(feeders_number(report, "accepted"), (double)(ROWS + 1 - line));
    free(report);
    ck_assert_uint_eq(state_line(s.state), ROWS + 1);
    feeders_read(&s.feeders, EVENT_TRANSACTION, &log);
    ck_assert_uint_eq(log.unique, ROWS);
    feeders_log_done(&log);
    /* The state of one file is not another's. */
    ck_assert_int_eq(rename(s.file, feeders_path(&s.feeders, "other.csv.gz")), 0);
    fleet_run(
        s.feeders.rig.fleet, "tributary-importer",
        (const char *const[]){feeders_path(&s.feeders, "other.csv.gz"), "--resume", s.state, NULL},
        WAIT_MS, &report);
    ck_assert_ptr_nonnull(strstr(report, "another file"));
    free(report);
    feeders_done(&s.feeders);
}
END_TEST

/* A bank's export has one name, month by month. */
START_TEST(a_name_used_again_is_another_file)
{
    enum { ROWS = 300 };
    struct feeders_log log;
    struct setting s;
    char *output;

    set_up(&s, ROWS, 0);
    free(feeders_run(&s.feeders, "tributary-importer",
                     (const char *const[]){s.file, "--resume", s.state, NULL}, 0));
    write_rows(s.file, ROWS + 10, 1 + ROWS);
    free(feeders_run(&s.feeders, "tributary-importer",
                     (const char *const[]){s.file, "--resume", s.state, NULL}, 0));
    feeders_read(&s.feeders, EVENT_TRANSACTION, &log);
    ck_assert_uint_eq(log.count, ROWS + 9); /* it grew: one of the new rows is bad */
    feeders_log_done(&log);
    write_month(s.file, ROWS + 10);
    ck_assert_int_eq(fleet_run(s.feeders.rig.fleet, "tributary-importer",
                               (const char *const[]){s.file, "--resume", s.state, NULL}, WAIT_MS,
                               &output),
                     2);
    ck_assert_ptr_nonnull(strstr(output, "another file"));
    free(output);
    write_month(s.file, 5); /* shorter than what was done of the other */
    ck_assert_int_eq(fleet_run(s.feeders.rig.fleet, "tributary-importer",
                               (const char *const[]){s.file, "--resume", s.state, NULL}, WAIT_MS,
                               &output),
                     2);
    ck_assert_ptr_nonnull(strstr(output, "another file"));
    free(output);
    write_month(s.file, ROWS);
    free(feeders_run(&s.feeders, "tributary-importer", (const char *const[]){s.file, NULL}, 0));
    feeders_read(&s.feeders, EVENT_TRANSACTION, &log);
    ck_assert_uint_eq(log.unique, ROWS + 9 + ROWS);
    feeders_log_done(&log);
    feeders_done(&s.feeders);
}
END_TEST

START_TEST(a_gateway_that_dies_costs_nothing)
{
    enum { ROWS = 10000, KILLS = 4 };
    char journal[PATH_BYTES];
    struct feeders_log log;
    struct setting s;
    size_t accepted;

    set_up(&s, ROWS, 0);
    snprintf(journal, sizeof journal, "%s", feeders_path(&s.feeders, "journal"));
    fleet_start(s.feeders.rig.fleet, "import", "tributary-importer",
                (const char *const[]){s.file, "--rate", "3000", "--journal", journal, NULL});
    for (int i = 0; i < KILLS; i++) {
        rig_sleep(500);
        fleet_kill(s.feeders.rig.fleet, "gateway");
        rig_sleep(100);
        fleet_restart(s.feeders.rig.fleet, "gateway");
    }
    ck_assert_int_eq(fleet_wait_exit(s.feeders.rig.fleet, "import", WAIT_MS), 0);
    accepted = feeders_check_journal(&s.feeders, journal);
    ck_assert_uint_eq(accepted, ROWS);
    feeders_read(&s.feeders, EVENT_TRANSACTION, &log);
    ck_assert_uint_eq(log.unique, ROWS);
    feeders_log_done(&log);
    feeders_done(&s.feeders);
}
END_TEST

/* With events that wait for a request's end, which are not sent any more. */
START_TEST(a_signal_ends_a_busy_import_soon)
{
    enum { ROWS = 100000, STOP_MS = 5000 };
    struct setting s;

    set_up(&s, ROWS, 0);
    fleet_start(s.feeders.rig.fleet, "import", "tributary-importer",
                (const char *const[]){s.file, "--resume", s.state, "--feeder-batch", "1", NULL});
    ck_assert(EVENTUALLY(WAIT_MS, state_line(s.state) > 0));
    ck_assert_int_eq(fleet_terminate(s.feeders.rig.fleet, "import", STOP_MS), 1);
    ck_assert_uint_lt(state_line(s.state), ROWS);
    feeders_done(&s.feeders);
}
END_TEST

/* Wrong answers come back as corrections, each once however often the file is imported, and are
 * learnt from. */
START_TEST(wrong_answers_are_corrected)
{
    enum { ROWS = 3000 };
    const char *arguments[] = {NULL,       "--correct", "1",         "--rate", "1000",
                               "--window", "100",       "--journal", NULL,     NULL};
    char journal[PATH_BYTES];
    struct feeders_log log;
    struct setting s;
    double corrections;
    char *report;

    set_up(&s, ROWS, 0);
    rig_start(&s.feeders.rig, "classifier", "classifier");
    rig_start(&s.feeders.rig, "learner", "learner");
    snprintf(journal, sizeof journal, "%s", feeders_path(&s.feeders, "journal"));
    arguments[0] = s.file;
    arguments[8] = journal;
    report = feeders_run(&s.feeders, "tributary-importer", arguments, 0);
    ck_assert_double_eq(feeders_number(report, "classified"), ROWS);
    ck_assert_double_eq(feeders_number(report, "missing"), 0);
    corrections = feeders_number(report, "corrections");
    ck_assert_double_gt(corrections, 50);
    ck_assert_double_lt(corrections, ROWS);
    /* Users disagree on the labels, so that only who knows them can be right. */
    ck_assert_double_gt(feeders_number(report, "with_users"), 0.8);
    ck_assert_double_lt(feeders_number(report, "global"), feeders_number(report, "with_users"));
    ck_assert_double_gt(feeders_number(report, "p50"), 0);
    ck_assert_double_ge(feeders_number(report, "p99"), feeders_number(report, "p50"));
    free(report);
    feeders_read(&s.feeders, EVENT_FEEDBACK, &log);
    ck_assert_double_eq((double)log.count, corrections);
    ck_assert_uint_eq(log.unique, log.count);
    feeders_log_done(&log);
    ck_assert_uint_eq(feeders_check_journal(&s.feeders, journal), ROWS + (size_t)corrections);
    feeders_done(&s.feeders);
}
END_TEST

START_TEST(silence_ends_it)
{
    enum { ROWS = 300 };
    struct setting s;
    char *report;

    set_up(&s, ROWS, 0);
    report = feeders_run(&s.feeders, "tributary-importer",
                         (const char *const[]){s.file, "--watch", "--quiet", "1s", NULL}, 1);
    ck_assert_double_eq(feeders_number(report, "accepted"), ROWS);
    ck_assert_double_eq(feeders_number(report, "missing"), ROWS);
    ck_assert_ptr_nonnull(strstr(report, "\"complete\":false"));
    ck_assert_ptr_nonnull(strstr(report, "\"accuracy\":null"));
    free(report);
    feeders_done(&s.feeders);
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    static const struct {
        const char *arguments[4];
        const char *text;
    } cases[] = {
        {{NULL}, "one file"},
        {{"/nonexistent.csv", NULL}, "No such file"},
        {{"/dev/stdin", NULL}, "no regular file"},
        {{"FILE", "--map", "date=when", NULL}, "no field \"when\""},
        {{"FILE", "--map", "payee=user,amount=amount,date=occurred_at,currency:=EUR", NULL},
         "no column \"payee\""},
        {{"FILE", "--correct", "2", NULL}, "correct"},
        {{"FILE", "--feeder-url", "ftp://x", NULL}, "neither https nor http"},
    };
    struct setting s;

    set_up(&s, 3, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *arguments[4];
        char *output = NULL;

        for (size_t a = 0; a < 4; a++)
            arguments[a] =
                cases[i].arguments[a] != NULL && strcmp(cases[i].arguments[a], "FILE") == 0
                    ? s.file
                    : cases[i].arguments[a];
        ck_assert_int_eq(
            fleet_run(s.feeders.rig.fleet, "tributary-importer", arguments, WAIT_MS, &output), 2);
        ck_assert_msg(strstr(output, cases[i].text) != NULL, "%zu: %s", i, output);
        free(output);
    }
    feeders_done(&s.feeders);
}
END_TEST

SUITE_MAIN_TIMEOUT("integration/importer", 120, a_file_is_posted, a_killed_import_goes_on,
                   a_name_used_again_is_another_file, a_signal_ends_a_busy_import_soon,
                   a_gateway_that_dies_costs_nothing, wrong_answers_are_corrected, silence_ends_it,
                   what_is_wrong_is_said);
