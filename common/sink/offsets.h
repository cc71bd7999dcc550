/* The offset rows of a group in Postgres: taking a partition, guarding a transaction, keeping the
 * books. All SQL of the runtime's own rows stands in offsets.c. */
#ifndef TRIBUTARY_SINK_OFFSETS_H
#define TRIBUTARY_SINK_OFFSETS_H

#include "common/base/status.h"
#include "common/postgres/array.h"
#include "common/postgres/postgres.h"
#include "common/postgres/tx.h"
#include "common/sink/plan.h"

#include <stddef.h>
#include <stdint.h>

enum { OFFSETS_COLUMNS = 6 };

/* The rows of one thread; indexed by partition * input_count + input. */
struct offsets {
    const char *group;
    const struct input *inputs;
    size_t input_count;
    size_t *order; /* of the inputs by topic name: guards lock in (topic, partition) order */
    int32_t partitions;
    struct offset_row *rows;
    struct postgres_array columns[OFFSETS_COLUMNS]; /* of the statement that is being built */
};

void offsets_init(struct offsets *offsets, const char *group, const struct input *inputs,
                  size_t input_count, int32_t partitions);
void offsets_done(struct offsets *offsets);

/* Takes the partition: raises the epoch of all its rows at once and reads where they stand. It
 * waits for a transaction that holds them, so afterwards what the row says is the truth, whatever
 * became of an earlier COMMIT. REJECT when a row is missing. */
enum status offsets_take(struct offsets *offsets, struct postgres *db, int32_t partition,
                         struct error *error) MUST_CHECK;

/* The first statement of the transaction: all rows of every partition that changes touch move, or
 * TR001 (LOST). */
enum status offsets_guard(struct offsets *offsets, struct postgres_tx *tx,
                          const struct offset_change *changes, struct error *error) MUST_CHECK;

/* The last one: what the batch adds to the books. Updates `unaccounted` of the rows. */
enum status offsets_count(struct offsets *offsets, struct postgres_tx *tx,
                          const struct offset_change *changes, struct error *error) MUST_CHECK;

/* After COMMIT: the rows stand where the changes moved them. */
void offsets_moved(struct offsets *offsets, const struct offset_change *changes);

static inline size_t offsets_index(const struct offsets *offsets, int32_t partition, size_t input)
{
    return (size_t)partition * offsets->input_count + input;
}

#endif
