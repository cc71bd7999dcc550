/* The logs, record by record: every offset counted as a gap holds none, and every record that a
 * group has passed has its effect, or a dead letter, or is the repetition of one that had. */
#include "operator/verify_effects.h"

#include "common/base/must.h"
#include "operator/readers.h"
#include "operator/scan.h"

#include <inttypes.h>
#include <string.h>

enum { DEEP_RECORDS_MAX = 2000000 };

/* One source topic being read. */
struct walk {
    struct verify *verify;
    const char *source;
    struct scan_range *ranges;
    int64_t total;
    struct effects *effects; /* NULL: only counting */
    size_t *by_partition;    /* indices of the rows that count in this topic, by partition */
    size_t *ends;            /* of each partition's stretch of by_partition */
};

static bool row_counts_here(const struct walk *walk, const struct standing_row *row)
{
    return row->partition < walk->verify->standing.partitions &&
           strcmp(standing_source(row), walk->source) == 0;
}

/* What can be read of what the row has passed; nothing where its log ends before. */
static void widen(struct walk *walk, const struct standing_row *row, struct verify_reading *reading)
{
    const struct kafka_watermarks *marks =
        &standing_marks(&walk->verify->standing, walk->source)[row->partition];
    struct scan_range *range = &walk->ranges[row->partition];
    int64_t to = row->position < marks->high ? row->position : marks->high;

    reading->from = row->base > marks->low ? row->base : marks->low;
    if (reading->from >= to)
        return;
    if (range->from >= range->to) {
        *range = (struct scan_range){.from = reading->from, .to = to};
        return;
    }
    range->from = reading->from < range->from ? reading->from : range->from;
    range->to = to > range->to ? to : range->to;
}

static void walk_init(struct walk *walk, struct verify *verify, const char *source)
{
    size_t partitions = (size_t)verify->standing.partitions, count = 0;

    *walk = (struct walk){.verify = verify, .source = source};
    walk->ranges = must_alloc(partitions * sizeof *walk->ranges);
    walk->by_partition = must_alloc((verify->standing.row_count + 1) * sizeof *walk->by_partition);
    walk->ends = must_alloc(partitions * sizeof *walk->ends);
    for (size_t p = 0; p < partitions; p++) {
        for (size_t i = 0; i < verify->standing.row_count; i++)
            if (verify->standing.rows[i].partition == (int32_t)p &&
                row_counts_here(walk, &verify->standing.rows[i])) {
                widen(walk, &verify->standing.rows[i], &verify->readings[i]);
                walk->by_partition[count++] = i;
            }
        walk->ends[p] = count;
        walk->total += walk->ranges[p].to - walk->ranges[p].from;
    }
}

static void walk_done(struct walk *walk)
{
    free(walk->ranges);
    free(walk->by_partition);
    free(walk->ends);
}

static enum status on_record(void *opaque, const struct kafka_record *record, struct error *error)
{
    struct walk *walk = opaque;
    size_t p = (size_t)record->partition;
    enum status status = STATUS_OK;

    for (size_t i = p > 0 ? walk->ends[p - 1] : 0; i < walk->ends[p]; i++) {
        const struct standing_row *row = &walk->verify->standing.rows[walk->by_partition[i]];
        struct verify_reading *reading = &walk->verify->readings[walk->by_partition[i]];

        if (record->offset < reading->from || record->offset >= row->position)
            continue;
        reading->records++;
        if (status == STATUS_OK && walk->effects != NULL)
            status = effects_expect(walk->effects, row, record, error);
    }
    return status;
}

static enum status walk_read(struct walk *walk, struct error *error)
{
    char what[64];
    struct progress progress;
    const struct scan scan = {.kafka = walk->verify->context->kafka,
                              .topic = walk->source,
                              .ranges = walk->ranges,
                              .count = (size_t)walk->verify->standing.partitions,
                              .progress = &progress,
                              .record = on_record,
                              .opaque = walk};
    enum status status;

    snprintf(what, sizeof what, "verify: reading %s", walk->source);
    progress_begin(&progress, what, walk->total);
    status = scan_run(&scan, error);
    progress_end(&progress);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < walk->verify->standing.row_count; i++) {
        const struct standing_row *row = &walk->verify->standing.rows[i];

        if (row_counts_here(walk, row))
            walk->verify->readings[i].counted = !walk->ranges[row->partition].lost;
    }
    return walk->effects != NULL ? effects_finish(walk->effects, error) : STATUS_OK;
}

static bool goes_deep(const struct verify *verify, int64_t records)
{
    switch (verify->context->options->deep) {
    case COMMAND_DEEP_YES:
        return true;
    case COMMAND_DEEP_NO:
        return false;
    case COMMAND_DEEP_AUTO:
        break;
    }
    return records < DEEP_RECORDS_MAX;
}

static enum status check_source(struct verify *verify, const char *source,
                                struct report_result *result, struct error *error)
{
    struct effects *effects = NULL;
    struct walk walk;
    enum status status = STATUS_OK;

    walk_init(&walk, verify, source);
    if (goes_deep(verify, walk.total)) {
        status = effects_new(verify, source, result, &effects, error);
        walk.effects = effects;
    } else {
        report_note(result, "%s: %" PRId64 " offsets, their events were not looked up: --deep=yes",
                    source, walk.total);
        result->skipped = true;
    }
    if (status == STATUS_OK)
        status = walk_read(&walk, error);
    effects_free(effects);
    walk_done(&walk);
    return status;
}

/* Reads the logs for the check of the gaps, too. */
static enum status check_events(struct verify *verify, struct report_result *result,
                                struct error *error)
{
    enum status status = check_source(verify, TOPIC_TRANSACTIONS, result, error);

    return status == STATUS_OK ? check_source(verify, TOPIC_FEEDBACK, result, error) : status;
}

static void check_row_gaps(const struct standing_row *row, const struct verify_reading *reading,
                           struct report_result *result)
{
    int64_t empty = row->position - reading->from - reading->records;
    int64_t below = reading->from - row->base;

    if (reading->from >= row->position) {
        if (row->position > row->base)
            report_note(result,
                        "group %s, topic %s, partition %" PRId32
                        ": the log holds nothing any more of what was read",
                        row->group, row->topic, row->partition);
        return;
    }
    if (below > 0)
        report_note(result,
                    "group %s, topic %s, partition %" PRId32 ": %" PRId64
                    " offsets lie below the log",
                    row->group, row->topic, row->partition, below);
    /* Of those below the log any number may have been gaps. */
    if (row->gap < empty || row->gap > empty + below)
        report_difference(result,
                          "group %s, topic %s, partition %" PRId32 ": %" PRId64
                          " offsets are counted as gaps, %" PRId64 " hold no record",
                          row->group, row->topic, row->partition, row->gap, empty);
}

static enum status check_gaps(struct verify *verify, struct report_result *result,
                              struct error *error)
{
    (void)error;
    for (size_t i = 0; i < verify->standing.row_count; i++) {
        const struct standing_row *row = &verify->standing.rows[i];

        if (verify->readings[i].counted)
            check_row_gaps(row, &verify->readings[i], result);
        else
            report_note(result, "group %s, topic %s, partition %" PRId32 ": the log went away",
                        row->group, row->topic, row->partition);
    }
    return STATUS_OK;
}

static const struct verify_check checks[] = {
    {.name = "events",
     .help = "every record that was passed has its effect, or a dead letter, or repeats one",
     .run = check_events},
    {.name = "gaps",
     .help = "every offset that is counted as a gap holds no record",
     .run = check_gaps},
};

const struct verify_subject verify_logs = {
    .checks = checks, .count = sizeof checks / sizeof checks[0], .reads_logs = true};
