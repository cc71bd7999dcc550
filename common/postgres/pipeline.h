/* Statements on their way and the order in which their answers come: libpq's pipeline mode. Every
 * statement of ours goes through here. For the files of this folder.
 *
 * After an error the server skips everything up to the next sync, so the first error is the one
 * that counts and the rest is drained. */
#ifndef TRIBUTARY_POSTGRES_PIPELINE_H
#define TRIBUTARY_POSTGRES_PIPELINE_H

#include "common/base/status.h"
#include "common/postgres/prepared.h"
#include "common/postgres/statement.h"
#include "common/postgres/tx.h"
#include "common/postgres/value.h"

#include <libpq-fe.h>
#include <stdbool.h>

struct postgres;

enum pending_kind {
    PENDING_POSTED,  /* a statement whose rows are dropped */
    PENDING_WANTED,  /* a statement whose rows somebody asks for */
    PENDING_PREPARE, /* of `slot` */
    PENDING_SYNC,
};

/* An answer that is still to come. */
struct pending {
    enum pending_kind kind;
    const char *name; /* for error lines; lives as long as the program */
    struct prepared_slot *slot;
};

/* A statement takes two entries when it is prepared first; BEGIN and syncs take one. */
enum { PIPELINE_ENTRIES = 3 * POSTGRES_TX_OPEN_MAX };

struct pipeline {
    struct pending entries[PIPELINE_ENTRIES]; /* a ring */
    unsigned first;
    unsigned count;
    unsigned wanted; /* of them PENDING_WANTED */
    bool unsynced;   /* the newest is no sync */
};

/* Queues a statement, prepared first where needed. On failure nothing is queued (REJECT), or the
 * connection is closed (RETRY). kind: posted or wanted. */
enum status pipeline_queue(struct postgres *db, enum pending_kind kind,
                           const struct postgres_statement *statement,
                           const struct postgres_value *values, struct error *error);

/* Reads answers up to that of the oldest wanted statement, given to the caller; with none wanted,
 * all answers, and NULL. On failure everything that was pending has been read and dropped, or the
 * connection is closed. */
enum status pipeline_receive(struct postgres *db, int64_t deadline_ms, PGresult **ret_result,
                             struct error *error);

/* Reads all answers; rows are dropped, wanted or not. Failure as above. */
enum status pipeline_finish(struct postgres *db, int64_t deadline_ms, struct error *error);

/* The connection is gone, and with it the answers. */
void pipeline_forget(struct pipeline *pipeline);

#endif
