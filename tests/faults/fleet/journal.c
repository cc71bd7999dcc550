#include "tests/faults/fleet/journal.h"

#include "common/base/buffer.h"
#include "common/base/must.h"
#include "tests/support/database/database.h"
#include "tests/support/process/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SQL_BYTES = 1 << 20, FLUSH_BYTES = SQL_BYTES - 1024, LINE_BYTES = 512 };

#define INSERT "INSERT INTO journal VALUES "

struct loading {
    const char *uri;
    struct buffer sql;
    int64_t lines;
};

static void flush(struct loading *loading)
{
    if (loading->sql.size > sizeof INSERT) {
        loading->sql.data[loading->sql.size - 1] = '\0'; /* the last comma */
        database_execute(loading->uri, loading->sql.data);
    }
    buffer_reset(&loading->sql);
    buffer_append_text(&loading->sql, INSERT);
}

/* Ids of the simulator need no quoting. A line cut off by a death is none. */
static void add_line(struct loading *loading, char *line)
{
    char kind[16], id[64], outcome[16];
    int32_t partition = -1;
    int64_t offset = -1;

    if (strchr(line, '\n') == NULL)
        return;
    if (sscanf(line, "%15s %63s %15s %" SCNd32 " %" SCNd64, kind, id, outcome, &partition,
               &offset) < 3)
        process_fail(NULL, "journal: %s", line);
    buffer_format(&loading->sql, "('%s','%s','%s',%" PRId32 ",%" PRId64 "),", kind, id, outcome,
                  partition, offset);
    loading->lines++;
    if (loading->sql.size > FLUSH_BYTES)
        flush(loading);
}

void journal_open(const char *uri)
{
    database_execute(uri, "CREATE TABLE journal (kind text, id text, outcome text,"
                          " partition integer, log_offset bigint)");
}

void journal_load(const char *uri, const char *path)
{
    struct loading loading = {.uri = uri};
    FILE *file = fopen(path, "re");
    char line[LINE_BYTES];

    if (file == NULL)
        process_fail(NULL, "no journal %s", path);
    buffer_init(&loading.sql, SQL_BYTES);
    flush(&loading);
    while (fgets(line, sizeof line, file) != NULL)
        add_line(&loading, line);
    flush(&loading);
    buffer_done(&loading.sql);
    fclose(file);
    if (loading.lines == 0)
        process_fail(NULL, "the journal %s is empty", path);
}

/* A kind of event and the table that has a row for each. The simulator's ids belong to one user
 * each. */
struct effect {
    const char *kind, *table, *id;
};
static const struct effect effects[] = {{"transaction", "ledger", "event_id"},
                                        {"transaction", "shown", "event_id"},
                                        {"feedback", "corrections", "feedback_id"},
                                        {"feedback", "lessons", "feedback_id"}};

static void expect_none(const char *uri, const char *what, const char *sql)
{
    int64_t count = database_number(uri, sql);
    char *rows;

    if (count == 0)
        return;
    rows = database_text(uri, "SELECT outcome, count(*) FROM journal GROUP BY 1");
    process_fail(NULL, "%" PRId64 " %s: %s\nthe journal has\n%s", count, what, sql, rows);
}

static void check_effect(const char *uri, const struct effect *effect)
{
    char sql[1024];

    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM (SELECT id, partition, min(log_offset) AS first FROM journal"
             " WHERE kind = '%s' AND outcome = 'accepted' GROUP BY id, partition) AS accepted"
             " LEFT JOIN tributary.%s AS effect ON effect.%s = id AND effect.partition ="
             " accepted.partition WHERE effect.source_offset IS NULL OR source_offset > first",
             effect->kind, effect->table, effect->id);
    expect_none(uri, "accepted events have no effect", sql);
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM (SELECT %s FROM tributary.%s GROUP BY 1 HAVING count(*) > 1) AS"
             " twice",
             effect->id, effect->table);
    expect_none(uri, "events took effect twice", sql);
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM tributary.%s WHERE %s NOT IN (SELECT id FROM journal WHERE kind"
             " = '%s' AND outcome <> 'rejected')",
             effect->table, effect->id, effect->kind);
    expect_none(uri, "effects of what was never sent", sql);
}

void journal_check(const char *uri)
{
    expect_none(uri, "events were refused",
                "SELECT count(*) FROM journal WHERE outcome = 'rejected'");
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++)
        check_effect(uri, &effects[i]);
}
