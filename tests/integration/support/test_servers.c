/* with_servers: its servers are there for the command, and never longer. */
#include "tests/support/process/place.h"
#include "tests/support/process/process.h"
#include "tests/support/suite/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 20000, END_MS = 5000 };

static const char program[] = TRIBUTARY_BIN "/with_servers";

/* A folder with the output of what was run in it, and all that with_servers makes. */
struct place {
    char folder[PLACE_PATH_SIZE];
    char log[PLACE_PATH_SIZE + 8];
    char setting[PLACE_PATH_SIZE + 32];
};

static struct place place_open(void)
{
    struct place place;

    place_make("s", place.folder); /* short: unix sockets lie deep in it */
    snprintf(place.log, sizeof place.log, "%s/log", place.folder);
    snprintf(place.setting, sizeof place.setting, "TRIBUTARY_TEST_FOLDER=%s", place.folder);
    return place;
}

static struct process *start(const struct place *place, const char *const *argv)
{
    const char *const environment[] = {place->setting, "TRIBUTARY_TEST_REDIS=", NULL};

    return process_start(&(struct process_options){
        .argv = argv, .environment = environment, .log_path = place->log});
}

static int run(const struct place *place, const char *const *argv)
{
    OWNED(process) process = start(place, argv);

    return process_wait(process, WAIT_MS);
}

static int logged_number(const struct place *place, const char *format)
{
    char *text = place_read_end(place->log, 4096);
    int number = 0;
    int count = sscanf(text, format, &number);

    free(text);
    return count == 1 ? number : 0;
}

START_TEST(exits_as_the_command)
{
    struct place place = place_open();
    const char *const good[] = {program, "--redis", "--", "sh", "-c", "exit 7", NULL};
    const char *const none[] = {program, "--redis", "--", NULL};
    const char *const wrong[] = {program, "--oracle", "--", "true", NULL};

    ck_assert_int_eq(run(&place, good), 7);
    ck_assert_int_eq(run(&place, none), 2);
    ck_assert_int_eq(run(&place, wrong), 2);
    place_remove(place.folder);
}
END_TEST

START_TEST(servers_are_there_and_then_gone)
{
    struct place place = place_open();
    const char *const argv[] = {program,
                                "--redis",
                                "--",
                                "sh",
                                "-c",
                                "echo $TRIBUTARY_TEST_REDIS; echo $TRIBUTARY_TEST_FOLDER; "
                                "redis-cli -p ${TRIBUTARY_TEST_REDIS#*:} ping",
                                NULL};
    char folder[512] = "";
    char *text;
    int port = 0;

    ck_assert_int_eq(run(&place, argv), 0);
    text = place_read_end(place.log, 1000);
    ck_assert_int_eq(sscanf(text, "127.0.0.1:%d\n%511s\n", &port, folder), 2);
    ck_assert_ptr_nonnull(strstr(text, "\nPONG\n"));
    free(text);
    ck_assert(!place_wait_port(port, 0));
    ck_assert_int_ne(access(folder, F_OK), 0);
    place_remove(place.folder);
}
END_TEST

START_TEST(inside_another_it_starts_nothing)
{
    struct place place = place_open();
    const char *const argv[] = {program,
                                "--redis",
                                "--",
                                "sh",
                                "-c",
                                "echo $TRIBUTARY_TEST_REDIS >&2; "
                                "exec $0 --redis -- sh -c 'echo $TRIBUTARY_TEST_REDIS >&2'",
                                program,
                                NULL};
    char *text;
    int first = 0;
    int second = 1;

    ck_assert_int_eq(run(&place, argv), 0);
    text = place_read_end(place.log, 1000);
    ck_assert_int_eq(sscanf(text, "127.0.0.1:%d\n127.0.0.1:%d\n", &first, &second), 2);
    ck_assert_int_eq(first, second);
    free(text);
    place_remove(place.folder);
}
END_TEST

static void end_by(int signal_number)
{
    struct place place = place_open();
    const char *const argv[] = {program,
                                "--redis",
                                "--",
                                "sh",
                                "-c",
                                "echo ${TRIBUTARY_TEST_REDIS#*:} $TRIBUTARY_TEST_FOLDER; "
                                "exec sleep 1000",
                                NULL};
    OWNED(process) process = start(&place, argv);
    int port;

    ck_assert(EVENTUALLY(WAIT_MS, logged_number(&place, "%d") != 0));
    port = logged_number(&place, "%d");
    ck_assert(place_wait_port(port, 0));
    process_signal(process, signal_number);
    ck_assert_int_ne(process_wait(process, END_MS), 0);
    ck_assert(EVENTUALLY(END_MS, !place_wait_port(port, 0)));
    place_remove(place.folder);
}

START_TEST(a_signal_ends_command_and_servers)
{
    end_by(SIGTERM);
    end_by(SIGINT);
}
END_TEST

START_TEST(servers_die_with_it)
{
    end_by(SIGKILL);
}
END_TEST

SUITE_MAIN_TIMEOUT("servers", 40, exits_as_the_command, servers_are_there_and_then_gone,
                   inside_another_it_starts_nothing, a_signal_ends_command_and_servers,
                   servers_die_with_it);
