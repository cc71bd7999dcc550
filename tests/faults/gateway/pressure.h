/* Clients that post small batches without a pause, each on a connection and a thread of its own,
 * whatever becomes of the gateway. They never send an event twice. */
#ifndef TRIBUTARY_TESTS_FAULTS_GATEWAY_PRESSURE_H
#define TRIBUTARY_TESTS_FAULTS_GATEWAY_PRESSURE_H

#include "tests/faults/gateway/journal.h"

struct pressure;

struct pressure *pressure_start(int port);

/* Ends the clients, each after the answer that it waits for. */
void pressure_stop(struct pressure *pressure);
void pressure_free(struct pressure *pressure);

/* So far. */
size_t pressure_accepted(const struct pressure *pressure); /* events */
size_t pressure_refused(const struct pressure *pressure);  /* requests with 503 and Retry-After */

/* After the stop. */
struct journal_sum pressure_check(struct pressure *pressure, const struct door *door);

#endif
