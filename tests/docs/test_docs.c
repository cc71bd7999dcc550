/* The tables of docs/configuration.md and docs/metrics.md say what the programs say: settings as
 * printed by
 * --help, metrics as their specs stand in the sources. With TRIBUTARY_WRITE_DOCS set the tables are
 * written instead of compared. */
#include "tests/lint/sources.h"
#include "tests/support/suite/suite.h"

#include "common/base/buffer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 1 << 20, LINES_MAX = 4096, LINE_BYTES = 1024 };

#define BEGIN "<!-- begin: made by tests/docs -->\n"
#define END   "<!-- end -->"

static const char *const product[] = {"common", "producers", "consumers", "operator", NULL};

/* ---- Files ---- */

static char *read_file(const char *path)
{
    char *text = calloc(1, TEXT_BYTES);
    FILE *file = fopen(path, "r");
    size_t size = file != NULL ? fread(text, 1, TEXT_BYTES - 1, file) : 0;

    if (file != NULL)
        fclose(file);
    text[size] = '\0';
    return text;
}

/* Compares what stands between the marks with the table, or writes it there. */
static void hold(const char *name, const struct buffer *table)
{
    char path[512];
    char *text, *begin, *end;

    snprintf(path, sizeof path, "%s/docs/%s", SOURCE_ROOT, name);
    text = read_file(path);
    begin = strstr(text, BEGIN);
    end = strstr(text, END);
    ck_assert_msg(begin != NULL && end != NULL, "%s has no table to hold", path);
    begin += strlen(BEGIN);
    if (getenv("TRIBUTARY_WRITE_DOCS") != NULL) {
        FILE *file = fopen(path, "w");

        ck_assert_ptr_nonnull(file);
        fprintf(file, "%.*s%.*s%s", (int)(begin - text), text, (int)table->size, table->data, end);
        fclose(file);
    } else {
        ck_assert_msg((size_t)(end - begin) == table->size &&
                          memcmp(begin, table->data, table->size) == 0,
                      "%s is not what the code says: run docs_test_docs with "
                      "TRIBUTARY_WRITE_DOCS=1 and look at the difference",
                      path);
    }
    free(text);
}

/* ---- Settings ---- */

/* One setting as --help prints it: a line with the flag, one with its help, one with type and
 * default. */
struct setting_lines {
    char lines[LINES_MAX][LINE_BYTES];
    char programs[LINES_MAX][LINE_BYTES];
    size_t count;
};

static void keep(struct setting_lines *settings, const char *line, const char *program)
{
    size_t i = 0;

    while (i < settings->count && strcmp(settings->lines[i], line) != 0)
        i++;
    ck_assert_uint_lt(i, LINES_MAX);
    if (i == settings->count) {
        snprintf(settings->lines[i], LINE_BYTES, "%s", line);
        settings->programs[i][0] = '\0';
        settings->count++;
    }
    if (strstr(settings->programs[i], program) == NULL) {
        size_t size = strlen(settings->programs[i]);

        snprintf(settings->programs[i] + size, LINE_BYTES - size, "%s%s", size > 0 ? ", " : "",
                 program);
    }
}

static void trim(char *line)
{
    size_t size = strcspn(line, "\n");

    line[size] = '\0';
}

static void read_help(struct setting_lines *settings, const char *program)
{
    char command[512], flag[256], help[512], type[512], row[LINE_BYTES];
    FILE *pipe;

    snprintf(command, sizeof command, "%s/%s --help", BIN, program);
    pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    while (fgets(flag, sizeof flag, pipe) != NULL) {
        char *dash, *equals;

        if (strncmp(flag, "  --", 4) != 0 || (equals = strstr(flag, "=VALUE")) == NULL ||
            (dash = strchr(flag + 4, '-')) == NULL || dash > equals)
            continue;
        ck_assert_ptr_nonnull(fgets(help, sizeof help, pipe));
        ck_assert_ptr_nonnull(fgets(type, sizeof type, pipe));
        *equals = '\0';
        trim(help);
        trim(type);
        *dash = '.';
        for (char *c = dash; *c != '\0'; c++)
            *c = *c == '-' ? '_' : *c;
        snprintf(row, sizeof row, "`%s` | %s | %s", flag + 4, help + strspn(help, " "),
                 type + strspn(type, " "));
        keep(settings, row, strncmp(program, "tributary-", 10) == 0 ? program + 10 : "operator");
    }
    ck_assert_msg(pclose(pipe) == 0, "%s failed", command);
}

static int compare_rows(const void *left, const void *right)
{
    return strcmp(left, right);
}

START_TEST(every_setting_is_documented)
{
    struct setting_lines *settings = calloc(1, sizeof *settings);
    static char rows[LINES_MAX][2 * LINE_BYTES];
    char programs[] = PROGRAMS;
    struct buffer table;

    for (char *program = strtok(programs, " "); program != NULL; program = strtok(NULL, " "))
        read_help(settings, program);
    ck_assert_uint_gt(settings->count, 30);
    for (size_t i = 0; i < settings->count; i++)
        snprintf(rows[i], sizeof rows[i], "| %s | %s |\n", settings->lines[i],
                 settings->programs[i]);
    qsort(rows, settings->count, sizeof rows[0], compare_rows);
    buffer_init(&table, TEXT_BYTES);
    buffer_append_text(&table, "| setting | meaning | type, default, range | programs |\n"
                               "| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < settings->count; i++)
        buffer_append_text(&table, rows[i]);
    hold("configuration.md", &table);
    buffer_done(&table);
    free(settings);
}
END_TEST

/* ---- Metrics ---- */

/* A spec is read as it is written: .name, .type, .help (of one or more literals), .labels, up to
 * "};". */
struct specs {
    char rows[LINES_MAX][LINE_BYTES];
    size_t count;
    bool inside;
    bool in_help;
    char name[128], type[32], help[512], labels[256];
};

static void append_literals(char *to, size_t limit, const char *text, const char *between)
{
    const char *open = strchr(text, '"');

    while (open != NULL) {
        const char *close = strchr(open + 1, '"');
        size_t size = strlen(to);

        if (close == NULL)
            return;
        snprintf(to + size, limit - size, "%s%.*s", size > 0 ? between : "",
                 (int)(close - open - 1), open + 1);
        open = strchr(close + 1, '"');
    }
}

static void end_spec(struct specs *specs)
{
    ck_assert_uint_lt(specs->count, LINES_MAX);
    snprintf(specs->rows[specs->count], LINE_BYTES, "| `%s` | %s | %s | %s |\n", specs->name,
             specs->type, specs->labels, specs->help);
    specs->count++;
    specs->inside = specs->in_help = false;
}

static void read_type(struct specs *specs, const char *text)
{
    static const struct {
        const char *constant;
        const char *word;
    } types[] = {{"METRICS_COUNTER", "counter"},
                 {"METRICS_GAUGE", "gauge"},
                 {"METRICS_REAL", "gauge"},
                 {"METRICS_HISTOGRAM", "histogram"}};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strstr(text, types[i].constant) != NULL)
            snprintf(specs->type, sizeof specs->type, "%s", types[i].word);
}

static void read_spec_line(void *context, const struct source_line *line)
{
    struct specs *specs = context;
    const char *name = strstr(line->text, ".name = \"");
    bool metric = name != NULL && (strncmp(name + 9, "tributary_", 10) == 0 ||
                                   strncmp(name + 9, "process_", 8) == 0);

    if (metric) {
        specs->inside = true;
        specs->name[0] = specs->type[0] = specs->help[0] = specs->labels[0] = '\0';
        append_literals(specs->name, sizeof specs->name, name, "");
        specs->name[strcspn(specs->name, " ")] = '\0';
    }
    if (!specs->inside)
        return;
    read_type(specs, line->text);
    if (strstr(line->text, ".help =") != NULL)
        specs->in_help = true;
    else if (strstr(line->text, ".labels =") != NULL)
        append_literals(specs->labels, sizeof specs->labels, line->text, ", ");
    if (specs->in_help && strstr(line->text, ".labels =") == NULL)
        append_literals(
            specs->help, sizeof specs->help,
            strstr(line->text, ".help =") != NULL ? strstr(line->text, ".help =") : line->text, "");
    if (specs->in_help && strchr(line->text, '"') != NULL &&
        line->text[strlen(line->text) - 1] == ',')
        specs->in_help = false;
    if (strstr(line->text, "};") != NULL || strcmp(line->text, "    },") == 0)
        end_spec(specs);
}

START_TEST(every_metric_is_documented)
{
    struct specs *specs = calloc(1, sizeof *specs);
    struct buffer table;

    sources_walk(product, read_spec_line, specs);
    ck_assert_uint_gt(specs->count, 20);
    qsort(specs->rows, specs->count, sizeof specs->rows[0], compare_rows);
    buffer_init(&table, TEXT_BYTES);
    buffer_append_text(&table, "| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < specs->count; i++)
        buffer_append_text(&table, specs->rows[i]);
    hold("metrics.md", &table);
    buffer_done(&table);
    free(specs);
}
END_TEST

SUITE_MAIN("docs", every_setting_is_documented, every_metric_is_documented);
