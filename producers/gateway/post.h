/* From a request to events in the log and back to its answer. One thread's. */
#ifndef TRIBUTARY_PRODUCERS_GATEWAY_POST_H
#define TRIBUTARY_PRODUCERS_GATEWAY_POST_H

#include "producers/gateway/ingest_state.h"

enum {
    POST_QUEUE_PERCENT = 80, /* of the producer's queue; beyond, requests are answered 503 */
};

/* POST /v1/transactions and /v1/feedback. */
void post_handle(struct ingest *ingest, struct http_request *request, enum stats_route route);

/* A report of the producer. */
void post_delivered(struct ingest *ingest, const struct kafka_delivery *delivery);

/* No reports will come any more for what was sent so far. */
void post_lose_all(struct ingest *ingest);

/* Answers every request under way with what is known by now. */
void post_answer_all(struct ingest *ingest);

/* Events or bytes in the queue are above that share of its limits, with so many more. */
bool post_queue_above(const struct ingest *ingest, unsigned percent, size_t events, size_t bytes);

void post_free(struct post *post);

#endif
