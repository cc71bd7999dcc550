/* Ends the sessions of processes that were stopped in the middle of a transaction.
 *
 * idle_in_transaction_session_timeout does so when a session waits between statements. Stopped
 * inside of a pipeline, whose end the server has not seen, a process leaves a session that the
 * server takes for active: no time-out ends it, and it keeps its locks for as long as the process
 * is stopped. (Tried, on 15. transaction_timeout of 17 would end long work of the living, too.) */
#ifndef TRIBUTARY_SINK_HOLDERS_H
#define TRIBUTARY_SINK_HOLDERS_H

#include "common/base/status.h"
#include "common/postgres/postgres.h"

#include <stdbool.h>

/* True for a failure that such a session may be the cause of: a lock, or the end of a statement,
 * that did not come in time. */
bool holders_suspected(const struct error *error);

/* Ends every session of this program, user and database that is in a transaction and has let the
 * server wait for more than idle_in_transaction_session_timeout. The number of them; 0 where it
 * could not be asked. Not while a transaction is open on db. */
int64_t holders_end(struct postgres *db);

#endif
