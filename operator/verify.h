/* What the checks of `tributary verify` share: the offset rows and the tables as one snapshot of
 * the database has them, and the logs up to there. */
#ifndef TRIBUTARY_OPERATOR_VERIFY_H
#define TRIBUTARY_OPERATOR_VERIFY_H

#include "common/base/status.h"
#include "common/postgres/tx.h"
#include "operator/command.h"
#include "operator/report.h"
#include "operator/standing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What reading the source log gave for an offset row. */
struct verify_reading {
    int64_t from;    /* max(base, what the log still holds) */
    int64_t records; /* in the log from there to the row's position */
    bool counted;    /* all of them were */
};

struct verify {
    const struct command_context *context;
    struct postgres *db;
    struct postgres_tx *tx; /* the snapshot; NULL once the logs are read */
    struct standing standing;
    struct verify_reading *readings; /* one for each row of standing */
};

/* One thing that must hold. Either SQL or a function. */
struct verify_check {
    const char *name;
    const char *help; /* what holds */
    /* Rows of (count over all of them ::int8, a line ::text), at most REPORT_EXAMPLES; none when it
     * holds. Up to the first without text. */
    struct postgres_statement sql[4];
    /* Says what differs; a failure is one to look, not what was found. */
    enum status (*run)(struct verify *verify, struct report_result *result, struct error *error);
};

/* The checks by subject: one file each. */
struct verify_subject {
    const struct verify_check *checks;
    size_t count;
    bool reads_logs; /* takes as long as they are: in no transaction */
};
extern const struct verify_subject verify_books, verify_logs, verify_analytics, verify_learner;

#endif
