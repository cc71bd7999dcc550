/* Where every group stands: the offset rows as one snapshot of the database has them, what the
 * classifier has committed, and how far the logs go. Read only. */
#ifndef TRIBUTARY_OPERATOR_STANDING_H
#define TRIBUTARY_OPERATOR_STANDING_H

#include "common/base/status.h"
#include "common/kafka/admin.h"
#include "common/postgres/tx.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A row of source_offsets. */
struct standing_row {
    char *group; /* owned */
    char *topic; /* owned */
    int32_t partition;
    bool sequenced; /* counts in offsets of `transactions` */
    int64_t base;
    int64_t next;
    int64_t position;
    int64_t applied;
    int64_t duplicate;
    int64_t rejected;
    int64_t gap;
};

struct standing {
    int32_t partitions;
    struct standing_row *rows; /* by group, topic, partition */
    size_t row_count;
    int64_t *committed;              /* by the classifier; KAFKA_OFFSET_NONE for none */
    struct kafka_watermarks **marks; /* by readers.h's topics, then partition */
};

/* In this order: so no position that is true lies beyond a log's end, and nothing that the
 * classifier has committed is missing from the outputs. The rows: REJECT when the database is not
 * set up, or of another version. */
enum status standing_read_rows(struct standing *standing, struct postgres_tx *tx,
                               struct error *error) MUST_CHECK;
enum status standing_read_logs(struct standing *standing, struct kafka_admin *admin,
                               struct error *error) MUST_CHECK;

/* A zeroed or half read one is fine. */
void standing_done(struct standing *standing);

/* The topic that the row's books count in. */
const char *standing_source(const struct standing_row *row);

int64_t standing_unaccounted(const struct standing_row *row);

/* By partition. NULL for no topic of ours. */
const struct kafka_watermarks *standing_marks(const struct standing *standing, const char *topic);

/* NULL when there is no such row. */
const struct standing_row *standing_find(const struct standing *standing, const char *group,
                                         const char *topic, int32_t partition);

/* ---- Why a partition halts ---- */

enum standing_trouble {
    STANDING_FINE,
    STANDING_BELOW, /* the log begins behind it: retention was faster */
    STANDING_ABOVE, /* the log ends before it: truncated, or another log */
    STANDING_LOST,  /* outputs that the classifier had acknowledged are not in the log */
    STANDING_NONE,  /* no row, or no commit */
};

/* Of a row. The partition must be one of the topic's. */
enum standing_trouble standing_of_row(const struct standing *standing,
                                      const struct standing_row *row);

/* Of the classifier's commit for the partition. */
enum standing_trouble standing_of_commit(const struct standing *standing, int32_t partition);

#endif
