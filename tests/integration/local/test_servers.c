/* deploy/local/servers where the path is none for a socket: it starts them elsewhere, and removes
 * all of it. */
#include "tests/support/process/place.h"
#include "tests/support/process/process.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 60000, TEXT_BYTES = 4096 };

static int sh(const char *command, const char *folder)
{
    const char *const argv[] = {"bash", "-c", command, "bash", folder, NULL};
    const char *const environment[] = {"SERVERS=" TRIBUTARY_SOURCE "/deploy/local/servers",
                                       "QUANTILE=" TRIBUTARY_SOURCE "/deploy/local/quantile.awk",
                                       NULL};

    return process_run(&(struct process_options){.argv = argv, .environment = environment},
                       WAIT_MS);
}

/* All is taken down before anything is asserted. */
START_TEST(a_folder_with_a_blank)
{
    char parent[PLACE_PATH_SIZE], folder[PLACE_PATH_SIZE + 8], link[PLACE_PATH_SIZE + 16],
        data[PLACE_PATH_SIZE] = "";
    int started, answers, removed;

    place_make("local", parent);
    snprintf(folder, sizeof folder, "%s/a b", parent);
    snprintf(link, sizeof link, "%s/servers", folder);
    started = sh("\"$SERVERS\" start \"$1\"", folder);
    ck_assert_int_lt(readlink(link, data, sizeof data - 1), (ssize_t)sizeof data - 1);
    answers =
        sh(". \"$1/servers.env\" && psql -X -q -A -t -c 'SELECT 1' \"$TRIBUTARY_POSTGRES_URI\"",
           folder);
    removed = sh("\"$SERVERS\" remove \"$1\"", folder);
    ck_assert_int_eq(started, 0);
    ck_assert_int_eq(answers, 0);
    ck_assert_int_eq(removed, 0);
    ck_assert_msg(strncmp(data, "/var/tmp/tributary-", 19) == 0, "%s", data);
    ck_assert_int_ne(access(data, F_OK), 0);
    ck_assert_int_eq(sh("[ ! -e \"$1/servers\" ]", folder), 0);
    place_remove(parent);
}
END_TEST

/* Three of four below 0.1 s, half of them below 0.05 s; the rest below 1 s. */
#define PAGE                                                                                       \
    "tributary_event_age_seconds_bucket{le=\"0.05\"} 2\n"                                          \
    "tributary_event_age_seconds_bucket{le=\"0.1\"} 3\n"                                           \
    "tributary_event_age_seconds_bucket{le=\"1\"} 4\n"                                             \
    "tributary_event_age_seconds_bucket{le=\"+Inf\"} 4\n"

static void expect_quantile(const char *page, const char *wanted, const char *expected)
{
    char *command = NULL;

    ck_assert_int_gt(asprintf(&command,
                              "got=$(printf '%s' | awk -v wanted=%s -f \"$QUANTILE\"); "
                              "[ \"$got\" = %s ] || { echo \"$got, not %s\"; exit 1; }",
                              page, wanted, expected, expected),
                     0);
    ck_assert_int_eq(sh(command, "."), 0);
    free(command);
}

START_TEST(quantiles_of_a_histogram)
{
    expect_quantile(PAGE, "0.25", "25.0");
    expect_quantile(PAGE, "0.5", "50.0");
    expect_quantile(PAGE, "0.75", "100.0");
    expect_quantile(PAGE, "1", "1000.0");
    expect_quantile("tributary_batches_total 3\n", "0.5", "null");
}
END_TEST

SUITE_MAIN_TIMEOUT("local servers", 200, a_folder_with_a_blank, quantiles_of_a_histogram);
