/* The offset rows by themselves, and the dead letters that they count. */
#include "operator/readers.h"
#include "operator/verify.h"

#include <inttypes.h>
#include <string.h>

#define ROW_FORMAT     "group %s, topic %s, partition %" PRId32
#define ROW_VALUES(r)  (r)->group, (r)->topic, (r)->partition
#define CLASSIFIER_SQL "'" GROUP_CLASSIFIER "'"

static enum status check_present(struct verify *verify, struct report_result *result,
                                 struct error *error)
{
    (void)error;
    for (size_t r = 0; r < reader_count; r++)
        for (int32_t p = 0; p < verify->standing.partitions; p++)
            if (standing_find(&verify->standing, readers[r].group, readers[r].topic, p) == NULL)
                report_difference(result, ROW_FORMAT " has no offset row: run `tributary init`",
                                  readers[r].group, readers[r].topic, p);
    return STATUS_OK;
}

static enum status check_books(struct verify *verify, struct report_result *result,
                               struct error *error)
{
    (void)error;
    for (size_t i = 0; i < verify->standing.row_count; i++) {
        const struct standing_row *row = &verify->standing.rows[i];
        int64_t counted = row->applied + row->duplicate + row->rejected + row->gap;

        if (row->position - row->base != counted)
            report_difference(result,
                              ROW_FORMAT ": from %" PRId64 " to %" PRId64 " are %" PRId64
                                         " offsets, %" PRId64 " are counted",
                              ROW_VALUES(row), row->base, row->position, row->position - row->base,
                              counted);
        if (row->applied < 0 || row->duplicate < 0 || row->rejected < 0 || row->gap < 0)
            report_difference(result, ROW_FORMAT ": a count is negative", ROW_VALUES(row));
    }
    return STATUS_OK;
}

/* No row stands beyond the end of a log: that log was truncated, or is another one. */
static enum status check_ends(struct verify *verify, struct report_result *result,
                              struct error *error)
{
    (void)error;
    for (size_t i = 0; i < verify->standing.row_count; i++) {
        const struct standing_row *row = &verify->standing.rows[i];
        const struct kafka_watermarks *own = standing_marks(&verify->standing, row->topic);
        const struct kafka_watermarks *source =
            standing_marks(&verify->standing, standing_source(row));

        if (own == NULL || source == NULL || row->partition >= verify->standing.partitions) {
            report_difference(result, ROW_FORMAT " is of no topic or partition of ours",
                              ROW_VALUES(row));
            continue;
        }
        if (row->next > own[row->partition].high)
            report_difference(result,
                              ROW_FORMAT ": next is %" PRId64 ", but the log ends at %" PRId64,
                              ROW_VALUES(row), row->next, own[row->partition].high);
        if (row->sequenced && row->position > source[row->partition].high)
            report_difference(
                result, ROW_FORMAT ": next_source is %" PRId64 ", but %s ends at %" PRId64,
                ROW_VALUES(row), row->position, standing_source(row), source[row->partition].high);
    }
    return STATUS_OK;
}

/* ---- Dead letters ---- */

static const struct postgres_statement letters_statement = {
    .name = "verify_letters",
    .sql = "SELECT s.consumer_group, s.topic, s.partition,"
           "  (SELECT count(*) FROM dead_letters d WHERE d.consumer_group = s.consumer_group"
           "    AND d.topic = src.topic AND d.partition = s.partition"
           "    AND d.record_offset >= s.base AND d.record_offset < s.position),"
           "  (SELECT count(*) FROM dead_letters d WHERE s.next_source IS NOT NULL"
           "    AND d.consumer_group = " CLASSIFIER_SQL " AND d.topic = src.topic"
           "    AND d.partition = s.partition"
           "    AND d.record_offset >= s.base AND d.record_offset < s.position)"
           " FROM source_offsets s, LATERAL (SELECT CASE WHEN s.next_source IS NULL THEN s.topic"
           "   ELSE '" TOPIC_TRANSACTIONS "' END AS topic) src",
    .once = true,
};

/* The classifier's letters are written by analytics: where it has not been, they are not there. */
static bool letters_complete(const struct verify *verify, const struct standing_row *row)
{
    const struct standing_row *keeper =
        standing_find(&verify->standing, "analytics", TOPIC_CLASSIFICATIONS, row->partition);

    return !row->sequenced ||
           (keeper != NULL && keeper->base <= row->base && keeper->position >= row->position);
}

static void check_row_letters(const struct verify *verify, const struct standing_row *row,
                              int64_t letters, struct report_result *result)
{
    if (letters_complete(verify, row)) {
        if (letters != row->rejected)
            report_difference(result,
                              ROW_FORMAT ": %" PRId64 " are counted as rejected, there are %" PRId64
                                         " dead letters",
                              ROW_VALUES(row), row->rejected, letters);
        return;
    }
    if (letters > row->rejected)
        report_difference(
            result, ROW_FORMAT ": %" PRId64 " dead letters, %" PRId64 " are counted as rejected",
            ROW_VALUES(row), letters, row->rejected);
    else if (letters < row->rejected)
        report_note(result,
                    ROW_FORMAT ": %" PRId64 " rejected, %" PRId64 " dead letters: analytics, which"
                               " writes the classifier's, has not been everywhere",
                    ROW_VALUES(row), row->rejected, letters);
}

static enum status check_letters(struct verify *verify, struct report_result *result,
                                 struct error *error)
{
    OWNED(postgres_result) rows = NULL;
    enum status status = postgres_tx_run(verify->tx, &letters_statement, NULL, &rows, error);

    for (size_t i = 0; status == STATUS_OK && i < postgres_result_rows(rows); i++) {
        const char *group = postgres_result_text(rows, i, 0).data;
        const struct standing_row *row =
            standing_find(&verify->standing, group, postgres_result_text(rows, i, 1).data,
                          postgres_result_int4(rows, i, 2));

        if (row != NULL)
            check_row_letters(verify, row,
                              postgres_result_int8(rows, i, 3) + postgres_result_int8(rows, i, 4),
                              result);
    }
    return status;
}

static const struct verify_check checks[] = {
    {.name = "rows", .help = "every group has a row a topic and partition", .run = check_present},
    {.name = "books",
     .help = "position - base = applied + duplicate + rejected + gap, in every row",
     .run = check_books},
    {.name = "ends", .help = "no row stands beyond the end of its log", .run = check_ends},
    {.name = "letters",
     .help = "what is counted as rejected is a dead letter",
     .run = check_letters},
};

const struct verify_subject verify_books = {.checks = checks,
                                            .count = sizeof checks / sizeof checks[0]};
