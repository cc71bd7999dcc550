/* A delivery that a sender has leased, and what came of it. */
#ifndef TRIBUTARY_SENDER_ATTEMPT_H
#define TRIBUTARY_SENDER_ATTEMPT_H

#include "common/base/random.h"
#include "common/postgres/result.h"
#include "consumers/notifier/channels/channel.h"
#include "consumers/notifier/sender/stats.h"
#include "consumers/notifier/sender/store.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

enum { ATTEMPT_DETAIL_BYTES = 232, ATTEMPT_LEASE_BYTES = 16 };

struct attempt {
    struct channel_message message; /* first: channels give it back */
    TAILQ_ENTRY(attempt) list;
    void *context; /* the sender's */
    uint8_t lease[ATTEMPT_LEASE_BYTES];
    struct crypto_uuid endpoint;
    size_t channel; /* index in channels */
    int attempts;   /* with this one */
    int64_t created_us;
    int64_t begun_us; /* steady */
    /* When it is over: */
    int64_t elapsed_us;
    enum channel_result result;
    int status;
    int64_t retry_after_s;
    char detail[ATTEMPT_DETAIL_BYTES];
    /* As it is written down: */
    enum sender_outcome outcome;
    int64_t delay_ms;
    char texts[]; /* that the message points into */
};
TAILQ_HEAD(attempts, attempt);

/* From a row of store_lease. */
struct attempt *attempt_new(const struct postgres_result *rows, size_t row, const uint8_t *lease);
void attempt_free(struct attempt *attempt);

/* Keeps what the channel said. */
void attempt_end(struct attempt *attempt, const struct channel_outcome *outcome);

/* What becomes of the row: sets outcome and delay_ms. */
void attempt_judge(struct attempt *attempt, struct random *random, double scale);

/* The same for the database. Borrows from the attempt. */
struct mark attempt_mark(const struct attempt *attempt);

#endif
