/* The parent's parts: when it restarts, what lists it takes, how logs stay bounded. */
#include "deploy/local/parent/parent_list.h"
#include "deploy/local/parent/parent_output.h"
#include "deploy/local/parent/parent_restarts.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MINUTE_MS = 60000 };

/* One that ends `life_ms` after each start, for ten minutes: its start times. */
static size_t crash_on(uint64_t seed, int64_t life_ms, int64_t *starts_ms, size_t limit)
{
    struct parent_restarts restarts;
    int64_t now_ms = 1;
    size_t count = 0;

    parent_restarts_init(&restarts, seed);
    parent_restarts_started(&restarts, now_ms);
    while (now_ms < 10 * MINUTE_MS && count < limit) {
        int64_t next_ms = parent_restarts_next_ms(&restarts, now_ms + life_ms);

        ck_assert_int_gt(next_ms, now_ms + life_ms);
        now_ms = next_ms;
        parent_restarts_again(&restarts, now_ms);
        starts_ms[count++] = now_ms;
    }
    return count;
}

START_TEST(never_more_than_ten_in_any_minute)
{
    static int64_t starts_ms[1000];

    for (uint64_t seed = 1; seed <= 50; seed++) {
        size_t count = crash_on(seed, 0, starts_ms, 1000);

        ck_assert_uint_gt(count, 50);
        ck_assert_uint_le(count, 101);
        for (size_t i = PARENT_RESTARTS_A_MINUTE; i < count; i++)
            ck_assert_int_ge(starts_ms[i] - starts_ms[i - PARENT_RESTARTS_A_MINUTE], MINUTE_MS);
    }
}
END_TEST

START_TEST(the_first_restart_is_soon_and_others_differ)
{
    int64_t first_ms[2];

    ck_assert_uint_eq(crash_on(7, 0, &first_ms[0], 1), 1);
    ck_assert_uint_eq(crash_on(8, 0, &first_ms[1], 1), 1);
    ck_assert_int_le(first_ms[0], 201);
    ck_assert_int_le(first_ms[1], 201);
    ck_assert_int_ne(first_ms[0], first_ms[1]);
}
END_TEST

START_TEST(a_long_life_is_forgiven)
{
    struct parent_restarts restarts;
    int64_t now_ms = 1;

    parent_restarts_init(&restarts, 1);
    parent_restarts_started(&restarts, now_ms);
    for (int i = 0; i < 30; i++) {
        int64_t next_ms;

        now_ms += 10 * MINUTE_MS;
        next_ms = parent_restarts_next_ms(&restarts, now_ms);
        ck_assert_int_le(next_ms - now_ms, 200);
        now_ms = next_ms;
        parent_restarts_again(&restarts, now_ms);
    }
}
END_TEST

static const char list_path[] = "/tmp/tributary-list-XXXXXX";

static void write_file(char *path, const char *text)
{
    int file;

    memcpy(path, list_path, sizeof list_path);
    file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, text, strlen(text)), (int)strlen(text));
    close(file);
}

START_TEST(a_list_is_names_and_words)
{
    OWNED(parent_list) list = NULL;
    struct error error = {0};
    char path[64];

    write_file(path, "# a comment\n\none  run  --a=1\t-b\n  two-2 x\n#end");
    ck_assert_int_eq(parent_list_read(path, &list, &error), STATUS_OK);
    ck_assert_uint_eq(list->count, 2);
    ck_assert_str_eq(list->entries[0].name, "one");
    ck_assert_str_eq(list->entries[0].words[0], "run");
    ck_assert_str_eq(list->entries[0].words[1], "--a=1");
    ck_assert_str_eq(list->entries[0].words[2], "-b");
    ck_assert_ptr_null(list->entries[0].words[3]);
    ck_assert_str_eq(list->entries[1].name, "two-2");
    unlink(path);
}
END_TEST

static const char *const bad_lists[][2] = {
    {"", "no process in it"},
    {"# one\n", "no process in it"},
    {"one\n", ":1: a command is missing"},
    {"one x\none y\n", ":2: this name is there already"},
    {"One x\n", ":1: a name has small letters"},
    {"../one x\n", ":1: a name has small letters"},
    {"a-name-that-is-longer-than-a-file-name-may-be x\n", ":1: a name has small letters"},
};

START_TEST(a_wrong_list_is_told_by_line)
{
    for (size_t i = 0; i < sizeof bad_lists / sizeof bad_lists[0]; i++) {
        struct parent_list *list = NULL;
        struct error error = {0};
        char path[64];

        write_file(path, bad_lists[i][0]);
        ck_assert_int_eq(parent_list_read(path, &list, &error), STATUS_REJECT);
        ck_assert_ptr_null(list);
        ck_assert_msg(strstr(error.text, bad_lists[i][1]) != NULL, "%s", error.text);
        unlink(path);
    }
}
END_TEST

START_TEST(a_list_that_is_not_there_or_too_large)
{
    struct parent_list *list = NULL;
    struct error error = {0};
    char *text = malloc(PARENT_LIST_BYTES + 1);
    char path[64];

    ck_assert_int_eq(parent_list_read("/no/such/list", &list, &error), STATUS_REJECT);
    error_clear(&error);
    memset(text, '#', PARENT_LIST_BYTES);
    text[PARENT_LIST_BYTES] = '\0';
    write_file(path, text);
    ck_assert_int_eq(parent_list_read(path, &list, &error), STATUS_REJECT);
    unlink(path);
    free(text);
}
END_TEST

static char *file_text(const char *path)
{
    char *text = calloc(1, 4096);
    FILE *file = fopen(path, "r");

    if (file != NULL) {
        ck_assert_uint_lt(fread(text, 1, 4095, file), 4095);
        fclose(file);
    }
    return text;
}

static void check_file(const char *path, const char *wanted)
{
    char *text = file_text(path);

    ck_assert_str_eq(text, wanted);
    free(text);
}

START_TEST(logs_rotate_between_lines_and_stay_bounded)
{
    struct parent_output output;
    struct error error = {0};
    char path[64];

    write_file(path, "old\n");
    ck_assert_int_eq(parent_output_open(&output, path, 20, &error), STATUS_OK);
    parent_output_write(&output, slice_of("first line\n"));
    check_file(path, "old\nfirst line\n");
    parent_output_write(&output, slice_of("x\nsecond"));
    check_file(output.old_path, "old\nfirst line\nx\n");
    check_file(path, "second");
    parent_output_write(&output, slice_of(" goes on and on"));
    check_file(output.old_path, "second");
    check_file(path, " goes on and on");
    parent_output_done(&output);
    unlink(output.old_path);
    unlink(path);
}
END_TEST

START_TEST(a_log_that_cannot_be_written_is_counted)
{
    struct parent_output output;
    struct error error = {0};

    ck_assert_int_eq(parent_output_open(&output, "/no/such/folder/log", 20, &error), STATUS_FATAL);
    error_clear(&error);
    ck_assert_int_eq(parent_output_open(&output, "/dev/full", 20, &error), STATUS_OK);
    parent_output_write(&output, slice_of("lost\n"));
    ck_assert_int_eq(output.lost_bytes, 5);
    parent_output_done(&output);
}
END_TEST

SUITE_MAIN("parent", never_more_than_ten_in_any_minute, the_first_restart_is_soon_and_others_differ,
           a_long_life_is_forgiven, a_list_is_names_and_words, a_wrong_list_is_told_by_line,
           a_list_that_is_not_there_or_too_large, logs_rotate_between_lines_and_stay_bounded,
           a_log_that_cannot_be_written_is_counted);
