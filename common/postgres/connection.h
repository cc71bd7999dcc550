/* The inside of struct postgres. For the files of this folder. */
#ifndef TRIBUTARY_POSTGRES_CONNECTION_H
#define TRIBUTARY_POSTGRES_CONNECTION_H

#include "common/base/status.h"
#include "common/postgres/pipeline.h"
#include "common/postgres/postgres.h"
#include "common/postgres/prepared.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

struct postgres_tx {
    struct postgres *db;
    bool open;            /* the handle is in somebody's hands */
    bool begun;           /* BEGIN is on its way */
    bool snapshot;        /* read only, REPEATABLE READ */
    unsigned cursors;     /* opened so far: their names */
    struct error failure; /* the first; STATUS_OK: none */
};

/* A connection that is up is always in pipeline mode, but during a script or a COPY. */
struct postgres {
    struct postgres_settings settings; /* texts owned */
    char *component;
    PGconn *conn; /* NULL: not connected */
    int64_t deadline_ms;
    struct pipeline pipeline;
    struct prepared prepared;
    struct postgres_tx tx;
    struct postgres_counters counters;
};

/* Connects and sets the session up; there is no connection yet. On failure there is none after. */
enum status postgres_connect(struct postgres *db, struct error *error);

/* The end of an operation that begins now and may take timeout_ms, on clock_steady_ms. */
int64_t postgres_deadline(const struct postgres *db, int64_t timeout_ms);

/* The same for a statement. */
int64_t postgres_statement_deadline(const struct postgres *db);

/* Waits until the socket is ready for `events` (poll(2)). False: the deadline has passed. */
bool postgres_wait(const struct postgres *db, short events, int64_t deadline_ms);

/* Sends what is queued and reads until PQgetResult would not block. On failure the connection is
 * closed. what: for the error's text. */
enum status postgres_settle(struct postgres *db, const char *what, int64_t deadline_ms,
                            struct error *error);

/* Closes the connection with an error made from it. */
enum status postgres_break(struct postgres *db, const char *what, struct error *error);

/* Out of pipeline mode for what it does not know (scripts, COPY), and back. The pipeline is empty;
 * entering needs all results read, and does nothing without a connection. */
enum status postgres_leave_pipeline(struct postgres *db, const char *what, struct error *error);
void postgres_enter_pipeline(struct postgres *db);

#endif
