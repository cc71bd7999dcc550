/* The loss alarm. The classifier commits a source offset only behind outputs that are in the log,
 * so a reader at the end of the output log has applied at least what the classifier has committed.
 * If not, outputs were lost (an unclean election, a truncation): nothing may go on as if not. */
#include "common/sink/life.h"

#include "common/base/must.h"

#include <stdio.h>

enum { LOSS_CALL_MS = 5000 };

static enum status check_partition(struct sink_life *life, size_t input, int32_t partition,
                                   int64_t committed, struct error *error)
{
    const struct offset_row *row =
        &life->offsets.rows[offsets_index(&life->offsets, partition, input)];
    const struct kafka_position position = {.topic = (int32_t)input, .partition = partition};
    struct kafka_watermarks marks;
    char reason[256];
    enum status status = kafka_consumer_watermarks(life->thread->consumer, &position, 1,
                                                   LOSS_CALL_MS, &marks, error);

    if (status != STATUS_OK || row->next < marks.high)
        return status;
    snprintf(
        reason, sizeof reason,
        "outputs are lost: the classifier has committed source offset %lld, but %s ends at %lld "
        "with outputs up to source offset %lld only; run `tributary offsets recover`",
        (long long)committed, life->offsets.inputs[input].topic, (long long)marks.high,
        (long long)row->next_source);
    worker_halt(life->thread, partition, reason);
    return STATUS_OK;
}

/* The commit is read first, then the log's end: the other way round a race would look like a loss.
 */
static enum status check_input(struct sink_life *life, size_t input, struct error *error)
{
    size_t count = (size_t)life->offsets.partitions;
    int64_t *committed = must_alloc(count * sizeof *committed);
    enum status status = kafka_admin_committed(life->admin, LETTERS_CLASSIFIER, LETTERS_SOURCE,
                                               committed, count, error);

    for (int32_t p = 0; status == STATUS_OK && p < life->offsets.partitions; p++) {
        const struct offset_row *row = &life->offsets.rows[offsets_index(&life->offsets, p, input)];

        if (life->taken[p] && row->next_source < committed[p])
            status = check_partition(life, input, p, committed[p], error);
    }
    free(committed);
    return status;
}

enum status sink_check_loss(struct sink_life *life, struct error *error)
{
    for (size_t i = 0; i < life->offsets.input_count; i++) {
        enum status status;

        if (life->offsets.inputs[i].kind != INPUT_CLASSIFICATIONS)
            continue;
        if ((status = check_input(life, i, error)) != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}
