#include "tests/support/purchases/purchases.h"

#include "common/base/must.h"
#include "common/base/timestamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

enum { TEXT_LIMIT = 64 << 20, COLUMNS = 6 };

static char *read_file(const char *path)
{
    gzFile file = gzopen(path, "rb");
    char *text;
    int size;

    if (file == NULL)
        return NULL;
    text = must_alloc(TEXT_LIMIT + 1);
    size = gzread(file, text, TEXT_LIMIT);
    gzclose(file);
    MUST(size >= 0);
    text[size] = '\0';
    return must_realloc(text, (size_t)size + 1);
}

static char *read_shared(void)
{
    const char *shared = getenv("TRIBUTARY_SHARED");
    char path[4096];
    char *text;

    snprintf(path, sizeof path, "%s/data/purchase_cards_2014_2017h1.csv.gz",
             shared != NULL ? shared : TRIBUTARY_SOURCE "/../shared");
    text = read_file(path);
    if (text == NULL)
        printf("skipped: %s is absent\n", path);
    return text;
}

/* One field, quoted or not; ends it in place and returns what follows it. */
static char *take_field(char *at, struct slice *ret)
{
    char *write = at;
    char *begin = at;
    int quoted = *at == '"';

    for (at += quoted; *at != '\0' && *at != '\r' && *at != '\n'; at++) {
        if (*at == '"' && quoted && at[1] == '"')
            at++;
        else if (*at == '"' && quoted)
            quoted = 0;
        else if (*at == ',' && !quoted)
            break;
        if (*at != '"' || quoted)
            *write++ = *at;
    }
    *ret = (struct slice){begin, (size_t)(write - begin)};
    return *at == ',' ? at + 1 : at;
}

/* YYYY-MM-DD. Not by sscanf: that measures the whole of the text for each call. */
static int32_t day_of(struct slice date)
{
    MUST(date.size == sizeof "YYYY-MM-DD" - 1);
    return timestamp_days_of_date((int32_t)strtol(date.data, NULL, 10),
                                  (int32_t)strtol(date.data + 5, NULL, 10),
                                  (int32_t)strtol(date.data + 8, NULL, 10));
}

static void parse_row(char *line, struct purchase *row)
{
    struct slice fields[COLUMNS];
    double amount;

    for (int i = 0; i < COLUMNS; i++)
        line = take_field(line, &fields[i]);
    amount = strtod(fields[2].data, NULL) * 100;
    row->day = day_of(fields[0]);
    row->user = (int32_t)strtol(fields[1].data + 1, NULL, 10);
    row->amount_minor = (int64_t)(amount + (amount < 0 ? -0.5 : 0.5));
    row->merchant = fields[3];
    row->detail = fields[4];
    row->primary = fields[5];
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;

    for (; *text != '\0'; text++)
        lines += *text == '\n' ? 1u : 0u;
    return lines;
}

struct purchases *purchases_load(void)
{
    char *text = read_shared();
    struct purchases *purchases;
    char *line;

    if (text == NULL)
        return NULL;
    purchases = must_alloc(sizeof *purchases);
    purchases->text = text;
    purchases->rows = must_alloc((count_lines(text) + 1) * sizeof *purchases->rows);
    for (line = strchr(text, '\n'); line != NULL && line[1] != '\0';) {
        struct purchase *row = &purchases->rows[purchases->count++];
        char *next = strchr(line + 1, '\n');

        parse_row(line + 1, row);
        line = next;
        if (row->user >= purchases->users)
            purchases->users = row->user + 1;
    }
    return purchases;
}

void purchases_free(struct purchases *purchases)
{
    if (purchases == NULL)
        return;
    free(purchases->rows);
    free(purchases->text);
    free(purchases);
}

size_t purchases_from(const struct purchases *purchases, int32_t day)
{
    size_t i = 0;

    while (i < purchases->count && purchases->rows[i].day < day)
        i++;
    return i;
}
