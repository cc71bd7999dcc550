/* Habits that a grep can hold: banned calls, sizes, and words that do not belong into the project.
 */
#include "tests/lint/sources.h"
#include "tests/support/suite/suite.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { FILE_LINES_MAX = 500, FUNCTION_LINES_MAX = 60 };

static const char *const banned[] = {"strcpy(", "strcat(", "sprintf(", "vsprintf(", "strtok(",
                                     "gets(",   "atoi(",   "atol(",    "rand(",     "alloca(",
                                     "system(", "popen(",  "asctime(", "ctime(",    "strncpy("};

static const char *const product[] = {"common",   "producers", "consumers",
                                      "operator", "deploy",    NULL};

struct habits {
    int faults;
    char path[512];
    size_t function_start; /* line of the brace; 0: outside */
};

static void fault(struct habits *habits, const struct source_line *line, const char *what)
{
    printf("%s:%zu: %s\n", line->path, line->number, what);
    habits->faults++;
}

static void check_banned(struct habits *habits, const struct source_line *line)
{
    for (size_t i = 0; i < sizeof banned / sizeof banned[0]; i++) {
        const char *at = strstr(line->text, banned[i]);

        if (at != NULL && (at == line->text || (!isalnum((unsigned char)at[-1]) && at[-1] != '_')))
            fault(habits, line, banned[i]);
    }
}

/* clang-format puts a function's braces into the first column. */
static void check_function(struct habits *habits, const struct source_line *line)
{
    if (strcmp(line->text, "{") == 0)
        habits->function_start = line->number;
    if (line->text[0] == '}' && habits->function_start > 0) {
        if (line->number - habits->function_start > FUNCTION_LINES_MAX)
            fault(habits, line, "a function of more than 60 lines");
        habits->function_start = 0;
    }
}

static void check_line(void *context, const struct source_line *line)
{
    struct habits *habits = context;

    if (strcmp(habits->path, line->path) != 0) {
        snprintf(habits->path, sizeof habits->path, "%s", line->path);
        habits->function_start = 0;
    }
    check_banned(habits, line);
    check_function(habits, line);
    if (line->number == FILE_LINES_MAX + 1)
        fault(habits, line, "a file of more than 500 lines");
}

START_TEST(habits_are_kept)
{
    struct habits habits = {0};

    ck_assert_uint_gt(sources_walk(product, check_line, &habits), 100);
    ck_assert_int_eq(habits.faults, 0);
}
END_TEST

START_TEST(a_bad_habit_is_found)
{
    struct habits habits = {0};
    const struct source_line bad = {"x.c", "    strcpy(a, b);", 1},
                             good = {"x.c", "my_strcpy(a);", 2};

    check_line(&habits, &bad);
    check_line(&habits, &good);
    ck_assert_int_eq(habits.faults, 1);
}
END_TEST

SUITE_MAIN("lint/habits", habits_are_kept, a_bad_habit_is_found);
