/* `tributary status`: who is there, how far everybody is, and what stands still. */
#include "operator/status.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/postgres/commit.h"
#include "operator/readers.h"
#include "operator/scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ADMIN_CALL_MS = 10000, OUT_BYTES = 4 << 20 };

static const struct postgres_statement letters_statement = {
    .name = "status_letters",
    .sql = "SELECT consumer_group, reason, count(*) FROM dead_letters GROUP BY 1, 2 ORDER BY 1, 2",
    .once = true,
};

/* ---- The database ---- */

static enum status read_in(struct status_view *view, struct postgres_tx *tx, struct error *error)
{
    enum status status = standing_read_rows(&view->standing, tx, error);

    if (status == STATUS_OK)
        status = postgres_tx_run(tx, &letters_statement, NULL, &view->letters, error);
    return status;
}

static enum status read_database(struct status_view *view, struct error *error)
{
    struct postgres_tx *tx;
    enum status status = postgres_tx_begin_snapshot(view->db, &tx, error);

    if (status != STATUS_OK)
        return status;
    status = read_in(view, tx, error);
    postgres_tx_rollback(tx);
    return status;
}

/* ---- Kafka's groups ---- */

static enum status read_group(struct status_view *view, const char *name, struct error *error)
{
    struct status_group *group = &view->groups[view->group_count];

    for (size_t i = 0; i < view->group_count; i++)
        if (strcmp(view->groups[i].name, name) == 0)
            return STATUS_OK;
    MUST(view->group_count < STATUS_GROUPS_MAX);
    group->name = name;
    view->group_count++;
    return kafka_admin_group(view->admin, name, &group->kafka, error);
}

static enum status read_groups(struct status_view *view, struct error *error)
{
    enum status status = read_group(view, GROUP_CLASSIFIER, error);

    for (size_t r = 0; status == STATUS_OK && r < reader_count; r++)
        status = read_group(view, readers[r].group, error);
    return status;
}

/* ---- The oldest unread record ---- */

struct oldest {
    struct scan_range *ranges;
    int64_t appended_ms; /* INT64_MAX: none */
};

/* One record a partition is enough. */
static enum status on_oldest(void *opaque, const struct kafka_record *record, struct error *error)
{
    struct oldest *oldest = opaque;

    (void)error;
    if (record->timestamp_ms >= 0 && record->timestamp_ms < oldest->appended_ms)
        oldest->appended_ms = record->timestamp_ms;
    oldest->ranges[record->partition].to = record->offset + 1;
    return STATUS_OK;
}

static enum status read_oldest(const struct status_view *view, struct status_reading *reading,
                               struct scan_range *ranges, struct error *error)
{
    struct oldest oldest = {.ranges = ranges, .appended_ms = INT64_MAX};
    const struct scan scan = {.kafka = view->context->kafka,
                              .topic = reading->topic,
                              .ranges = ranges,
                              .count = (size_t)view->standing.partitions,
                              .record = on_oldest,
                              .opaque = &oldest};
    int64_t age_ms;
    enum status status;

    reading->oldest_ms = -1;
    if (reading->lag == 0)
        return STATUS_OK;
    if ((status = scan_run(&scan, error)) != STATUS_OK || oldest.appended_ms == INT64_MAX)
        return status;
    age_ms = clock_wall_us() / 1000 - oldest.appended_ms;
    reading->oldest_ms = age_ms > 0 ? age_ms : 0;
    return STATUS_OK;
}

/* ---- Readings ---- */

/* What a reader at `next` has still to read; what lies outside of the log cannot be. */
static void add_lag(struct status_reading *reading, struct scan_range *range,
                    struct kafka_watermarks marks, int64_t next)
{
    int64_t from = next > marks.low ? next : marks.low;

    if (from >= marks.high)
        return;
    *range = (struct scan_range){.from = from, .to = marks.high};
    reading->lag += marks.high - from;
}

static void add_books(const struct status_view *view, struct status_reading *reading,
                      const struct standing_row *row)
{
    int64_t unaccounted = standing_unaccounted(row);
    const struct kafka_watermarks *source = standing_marks(&view->standing, standing_source(row));

    reading->applied += row->applied;
    reading->duplicate += row->duplicate;
    reading->rejected += row->rejected;
    reading->gap += row->gap;
    reading->unaccounted += unaccounted < 0 ? -unaccounted : unaccounted;
    reading->in_flight += source[row->partition].high - row->position;
}

static enum status read_classifier(struct status_view *view, struct scan_range *ranges,
                                   struct error *error)
{
    struct status_reading *reading = &view->readings[view->reading_count++];
    const struct kafka_watermarks *marks = standing_marks(&view->standing, TOPIC_TRANSACTIONS);

    *reading = (struct status_reading){.group = GROUP_CLASSIFIER, .topic = TOPIC_TRANSACTIONS};
    for (int32_t p = 0; p < view->standing.partitions; p++)
        add_lag(reading, &ranges[p], marks[p], view->standing.committed[p]);
    return read_oldest(view, reading, ranges, error);
}

static enum status read_reader(struct status_view *view, const struct reader *reader,
                               struct scan_range *ranges, struct error *error)
{
    struct status_reading *reading = &view->readings[view->reading_count++];
    const struct kafka_watermarks *marks = standing_marks(&view->standing, reader->topic);

    *reading =
        (struct status_reading){.group = reader->group, .topic = reader->topic, .has_books = true};
    for (int32_t p = 0; p < view->standing.partitions; p++) {
        const struct standing_row *row =
            standing_find(&view->standing, reader->group, reader->topic, p);

        if (row == NULL)
            continue;
        add_lag(reading, &ranges[p], marks[p], row->next);
        add_books(view, reading, row);
    }
    return read_oldest(view, reading, ranges, error);
}

static enum status read_readings(struct status_view *view, struct error *error)
{
    size_t size = (size_t)view->standing.partitions * sizeof(struct scan_range);
    struct scan_range *ranges = must_alloc(size);
    enum status status = read_classifier(view, ranges, error);

    MUST(reader_count < STATUS_READINGS_MAX);
    for (size_t r = 0; status == STATUS_OK && r < reader_count; r++) {
        memset(ranges, 0, size);
        status = read_reader(view, &readers[r], ranges, error);
    }
    free(ranges);
    return status;
}

/* ---- The command ---- */

static void view_clear(struct status_view *view)
{
    standing_done(&view->standing);
    postgres_result_free(view->letters);
    view->letters = NULL;
    view->group_count = view->reading_count = 0;
}

static enum status view_read(struct status_view *view, struct error *error)
{
    enum status status;

    if ((status = read_database(view, error)) != STATUS_OK ||
        (status = standing_read_logs(&view->standing, view->admin, error)) != STATUS_OK ||
        (status = read_groups(view, error)) != STATUS_OK)
        return status;
    return read_readings(view, error);
}

static void count_trouble(void *opaque, const char *line)
{
    (void)line;
    (*(int *)opaque)++;
}

/* Found: something stands still, or books do not add up. */
static int view_code(const struct status_view *view)
{
    int troubles = 0;

    status_troubles(view, count_trouble, &troubles);
    for (size_t i = 0; i < view->reading_count; i++)
        if (view->readings[i].unaccounted != 0)
            troubles++;
    return troubles > 0 ? COMMAND_FOUND : COMMAND_OK;
}

static int show(struct status_view *view, struct error *error)
{
    struct buffer out;

    if (view_read(view, error) != STATUS_OK)
        return command_failed(error);
    buffer_init(&out, OUT_BYTES);
    if (view->context->options->json)
        status_write(view, &out);
    else
        status_print(view, &out);
    fwrite(out.data, 1, out.size, stdout);
    fflush(stdout);
    buffer_done(&out);
    return view_code(view);
}

/* Until it is interrupted; a server that is away for a while is no reason to stop looking. */
static _Noreturn void watch(struct status_view *view, struct error *error)
{
    const int64_t pause_ms = view->context->options->watch_ms;
    const struct timespec pause = {.tv_sec = pause_ms / 1000, .tv_nsec = pause_ms % 1000 * 1000000};

    for (;;) {
        if (!view->context->options->json && isatty(STDOUT_FILENO) == 1)
            printf("\033[H\033[2J");
        show(view, error);
        view_clear(view);
        error_clear(error);
        nanosleep(&pause, NULL);
    }
}

static int run_status(const struct command_context *context, struct error *error)
{
    const struct kafka_admin_options options = {
        .settings = context->kafka, .client_id = "tributary-status", .timeout_ms = ADMIN_CALL_MS};
    struct status_view view = {.context = context};
    OWNED(kafka_admin) admin = NULL;
    OWNED(postgres) db = NULL;
    int code;

    if (postgres_new(context->postgres, "tributary-status", &db, error) != STATUS_OK ||
        kafka_admin_new(&options, &admin, error) != STATUS_OK)
        return command_failed(error);
    view.admin = admin;
    view.db = db;
    if (context->options->watch_ms > 0)
        watch(&view, error);
    code = show(&view, error);
    view_clear(&view);
    return code;
}

const struct command command_status = {
    .words = "status",
    .help = "groups, lag, books, dead letters, and what stands still",
    .more = "Exits with 1 if a partition stands still or the books do not add up.",
    .example = "tributary status --watch=2s",
    .options = "json watch",
    .sections = COMMAND_KAFKA | COMMAND_POSTGRES,
    .run = run_status,
};
