/* The sender: takes what is due from the outbox and delivers it, at least once, under one stable
 * id. Any number of senders are safe beside each other, and beside zombies of them: a row is leased
 * under a token in a transaction that is over before anything is sent, and written down only under
 * that token. A sender that dies leaves leases that end.
 *
 * It works on one loop. Its statements are short and block the loop; deliveries do not. */
#ifndef TRIBUTARY_SENDER_SENDER_H
#define TRIBUTARY_SENDER_SENDER_H

#include "common/base/status.h"
#include "common/metrics/metrics.h"
#include "common/postgres/settings.h"
#include "common/redis/settings.h"
#include "consumers/notifier/sender/settings.h"

#include <stdbool.h>

struct loop;
struct sender;

struct sender_options {
    struct loop *loop;
    struct metrics *metrics;
    const struct sender_settings *settings;
    const struct postgres_settings *postgres;
    const struct redis_settings *redis;
};

/* Begins at once, on the loop. Borrows all options for its life. */
enum status sender_new(struct sender **ret_sender, const struct sender_options *options,
                       struct error *error) MUST_CHECK;
void sender_free(struct sender *sender);

/* Takes nothing more and stops the loop when what is under way is written down, or the time for it
 * is over. */
void sender_drain(struct sender *sender);

/* The last look into the outbox succeeded. */
bool sender_is_well(const struct sender *sender);

/* Why it stopped the loop; STATUS_OK: it was drained. */
const struct error *sender_failure(const struct sender *sender);

#endif
