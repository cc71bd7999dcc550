#include "operator/recovery.h"

#include "common/base/must.h"
#include "operator/readers.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A row gives at most one step and one problem; so does each partition's commit. */
void recovery_init(struct recovery *recovery, const struct standing *standing)
{
    size_t most = standing->row_count + 2 * (size_t)standing->partitions * (1 + reader_count);

    *recovery = (struct recovery){.standing = standing};
    recovery->steps = must_alloc(most * sizeof *recovery->steps);
    recovery->problems = must_alloc(most * sizeof *recovery->problems);
}

void recovery_done(struct recovery *recovery)
{
    free(recovery->steps);
    free(recovery->problems);
}

static void __attribute__((format(printf, 2, 3)))
problem(struct recovery *recovery, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    vsnprintf(recovery->problems[recovery->problem_count++].text, RECOVERY_LINE_BYTES, format,
              values);
    va_end(values);
}

static void step(struct recovery *recovery, struct recovery_step made)
{
    recovery->steps[recovery->step_count++] = made;
}

/* ---- Rows ---- */

static void plan_sequenced(struct recovery *recovery, const struct standing_row *row)
{
    struct kafka_watermarks marks = standing_marks(recovery->standing, row->topic)[row->partition];

    step(recovery,
         (struct recovery_step){.kind = RECOVERY_NEXT,
                                .row = row,
                                .partition = row->partition,
                                .from = row->next,
                                .to = marks.low,
                                .why = "it stands outside of the log: reads again what is there"});
}

static void plan_direct(struct recovery *recovery, const struct standing_row *row,
                        enum standing_trouble trouble)
{
    struct kafka_watermarks marks = standing_marks(recovery->standing, row->topic)[row->partition];

    if (trouble == STANDING_BELOW)
        problem(recovery,
                "records %" PRId64 " to %" PRId64 " of %s, partition %" PRId32
                ", were deleted unread by %s; to give them up: tributary offsets recover"
                " --group=%s --topic=%s --partition=%" PRId32 " --skip-to=%" PRId64,
                row->next, marks.low - 1, row->topic, row->partition, row->group, row->group,
                row->topic, row->partition, marks.low);
    else
        problem(recovery,
                "%s, partition %" PRId32 ", ends at %" PRId64 ", before %s's %" PRId64
                ": it was truncated or made anew, and nothing safe is left to do here",
                row->topic, row->partition, marks.high, row->group, row->next);
}

/* True when the classifier must write again what this row lacks. */
static bool plan_row(struct recovery *recovery, const struct standing_row *row,
                     const struct recovery_scope *scope)
{
    enum standing_trouble trouble = standing_of_row(recovery->standing, row);

    if (trouble == STANDING_FINE)
        return false;
    if (scope->group == NULL || strcmp(scope->group, row->group) == 0) {
        if (!row->sequenced)
            plan_direct(recovery, row, trouble);
        else if (trouble != STANDING_LOST)
            plan_sequenced(recovery, row);
    }
    return row->sequenced;
}

static bool plan_rows(struct recovery *recovery, int32_t partition,
                      const struct recovery_scope *scope)
{
    bool lacking = false;

    for (size_t r = 0; r < reader_count; r++) {
        const struct standing_row *row =
            standing_find(recovery->standing, readers[r].group, readers[r].topic, partition);

        if (row == NULL)
            problem(recovery,
                    "group %s has no row for %s, partition %" PRId32 ": run `tributary init`",
                    readers[r].group, readers[r].topic, partition);
        else if (plan_row(recovery, row, scope))
            lacking = true;
    }
    return lacking;
}

/* ---- The classifier ---- */

/* The lowest source offset that any reader still wants; INT64_MAX: a row is missing. */
static int64_t wanted(const struct standing *standing, int32_t partition)
{
    int64_t lowest = INT64_MAX;

    for (size_t r = 0; r < reader_count; r++) {
        const struct standing_row *row;

        if (!readers[r].sequenced)
            continue;
        row = standing_find(standing, readers[r].group, readers[r].topic, partition);
        if (row == NULL)
            return INT64_MAX;
        lowest = row->position < lowest ? row->position : lowest;
    }
    return lowest;
}

/* Readers that want what was deleted have to give it up, one by one. */
static void plan_given_up(struct recovery *recovery, int32_t partition, int64_t low)
{
    for (size_t r = 0; r < reader_count; r++) {
        const struct standing_row *row =
            standing_find(recovery->standing, readers[r].group, readers[r].topic, partition);

        if (readers[r].sequenced && row->position < low)
            problem(recovery,
                    "events %" PRId64 " to %" PRId64 " of partition %" PRId32
                    " were deleted before %s had them; to give them up: tributary offsets recover"
                    " --group=%s --topic=%s --partition=%" PRId32 " --skip-to=%" PRId64,
                    row->position, low - 1, partition, row->group, row->group, row->topic,
                    partition, low);
    }
}

static const char *why_commit(const struct standing *standing, int32_t partition, bool lacking)
{
    switch (standing_of_commit(standing, partition)) {
    case STANDING_NONE:
        return "there is no commit";
    case STANDING_BELOW:
    case STANDING_ABOVE:
        return "the commit is outside of the log";
    default:
        return lacking ? "outputs that a reader lacks are not in the log" : "--all";
    }
}

static void plan_commit(struct recovery *recovery, int32_t partition, bool lacking, bool all)
{
    const struct standing *standing = recovery->standing;
    struct kafka_watermarks marks = standing_marks(standing, TOPIC_TRANSACTIONS)[partition];
    int64_t to = wanted(standing, partition);

    if (!lacking && !all && standing_of_commit(standing, partition) == STANDING_FINE)
        return;
    if (to == INT64_MAX || to == standing->committed[partition])
        return; /* the missing row was told; or it is there already */
    if (to < marks.low) {
        plan_given_up(recovery, partition, marks.low);
        return;
    }
    if (to > marks.high) {
        problem(recovery,
                "%s, partition %" PRId32 ", ends at %" PRId64 ", before the readers' %" PRId64
                ": it was truncated or made anew, and nothing safe is left to do here",
                TOPIC_TRANSACTIONS, partition, marks.high, to);
        return;
    }
    step(recovery, (struct recovery_step){.kind = RECOVERY_COMMIT,
                                          .partition = partition,
                                          .from = standing->committed[partition],
                                          .to = to,
                                          .why = why_commit(standing, partition, lacking)});
}

void recovery_plan(struct recovery *recovery, const struct recovery_scope *scope)
{
    for (int32_t p = 0; p < recovery->standing->partitions; p++)
        if (scope->partition < 0 || scope->partition == p) {
            bool lacking = plan_rows(recovery, p, scope);

            plan_commit(recovery, p, lacking, scope->all);
        }
}

/* ---- Giving up ---- */

void recovery_skip(struct recovery *recovery, const struct standing_row *row, int64_t to)
{
    struct kafka_watermarks marks =
        standing_marks(recovery->standing, standing_source(row))[row->partition];

    if (to <= row->position)
        problem(recovery, "%s stands at %" PRId64 " already: it cannot go back", row->group,
                row->position);
    else if (to > marks.high)
        problem(recovery, "%s, partition %" PRId32 ", ends at %" PRId64, standing_source(row),
                row->partition, marks.high);
    else
        step(recovery, (struct recovery_step){
                           .kind = RECOVERY_SKIP,
                           .row = row,
                           .partition = row->partition,
                           .from = row->position,
                           .to = to,
                           .why = "given up, and counted as a gap: where the log still holds"
                                  " records there, verify reports a difference from now on"});
}
