/* A connection to Postgres. The only folder that knows libpq.
 *
 * Made without I/O; connects when first used and again after a loss, at the next call. It never
 * retries and never sleeps: a failure says RETRY, and the caller backs off. Every call ends within
 * a deadline: connect_timeout to connect; statement_timeout plus POSTGRES_GRACE_MS to send and
 * hear the answer, after which the connection is closed and the call says RETRY. (Only the look-up
 * of a host name is out of our hands: the resolver's own timeout holds.)
 *
 * Statements have parameters; there is no call that takes SQL text with values in it. The session
 * keeps prepared statements and settings, so a pooler in between must pool by session.
 *
 * One thread at a time. Transactions: tx.h, commit.h. */
#ifndef TRIBUTARY_POSTGRES_POSTGRES_H
#define TRIBUTARY_POSTGRES_POSTGRES_H

#include "common/base/owned.h"
#include "common/base/status.h"
#include "common/postgres/result.h"
#include "common/postgres/settings.h"
#include "common/postgres/statement.h"
#include "common/postgres/value.h"

#include <stdbool.h>
#include <stdint.h>

enum { POSTGRES_GRACE_MS = 2000 };

struct postgres;
struct postgres_tx; /* tx.h */

/* Copies the settings. component becomes application_name. FATAL when the uri cannot be parsed or
 * holds a password. */
enum status postgres_new(const struct postgres_settings *settings, const char *component,
                         struct postgres **ret_db, struct error *error) MUST_CHECK;
void postgres_free(struct postgres *db);
OWNED_DEFINE(postgres);

/* Connects if there is no connection, or only a dead one. OK: a statement can be sent. */
enum status postgres_ready(struct postgres *db, struct error *error) MUST_CHECK;

bool postgres_connected(const struct postgres *db);

/* Closes the connection; the next call opens a new one. The server rolls back what is open. */
void postgres_disconnect(struct postgres *db);

/* From now on no call waits beyond this moment of clock_steady_ms, whatever the settings allow;
 * INT64_MAX takes it back. For draining, and for a caller with a deadline of its own. */
void postgres_set_deadline(struct postgres *db, int64_t steady_ms);

/* Runs one statement in a transaction of its own: when it fails after it was sent (RETRY), it may
 * still have taken effect. values: one for each of statement->types, of that type. ret_result:
 * given to the caller; NULL when it is not wanted. Not while a transaction is open on db. */
enum status postgres_run(struct postgres *db, const struct postgres_statement *statement,
                         const struct postgres_value *values, struct postgres_result **ret_result,
                         struct error *error) MUST_CHECK;

/* Runs text of our own build (migrations): any number of statements, results dropped, in one
 * transaction unless the text says otherwise. Not while a transaction is open on db. */
enum status postgres_script(struct postgres *db, const char *sql, struct error *error) MUST_CHECK;

/* Counted since postgres_new. */
struct postgres_counters {
    int64_t connects;    /* sessions made */
    int64_t prepares;    /* statements prepared */
    int64_t statements;  /* statements sent */
    int64_t round_trips; /* waits for an answer */
};

struct postgres_counters postgres_counters(const struct postgres *db);

#endif
