/* Posts events through the gateway: NDJSON in requests of bounded size, a bounded number of them
 * under way, each repeated with the same ids until every item of it is accepted or refused.
 *
 * Users are spread over lanes, and a lane has one request under way, so the events of a user keep
 * their order whatever is repeated. While its request is under way a lane collects the next one:
 * requests are as large as the gateway is slow. One loop's thread. */
#ifndef TRIBUTARY_FEEDER_POSTER_H
#define TRIBUTARY_FEEDER_POSTER_H

#include "common/base/owned.h"
#include "producers/feeder/answer.h"
#include "producers/feeder/batch.h"
#include "producers/feeder/settings.h"

struct loop;
struct feeder_poster;

struct feeder_poster_options {
    struct loop *loop;
    const struct feeder_settings *settings;
    uint64_t seed; /* of the jitter */

    /* A request goes out, for the first time or again. May be NULL. */
    void (*sent)(void *opaque, const struct feeder_batch *batch, enum event_kind kind);

    /* The last word on an item. */
    void (*settled)(void *opaque, enum event_kind kind, const struct feeder_item *item,
                    const struct feeder_outcome *outcome);

    /* An answer has been dealt with: there is room perhaps. */
    void (*answered)(void *opaque);

    /* Nothing more will be sent: the gateway refuses us, or was away for longer than the patience.
     */
    void (*failed)(void *opaque, const struct error *error);
    void *opaque;
};

struct feeder_poster_counts {
    uint64_t requests;
    uint64_t repeats;   /* of them, not the first of their items */
    uint64_t refusals;  /* answers 429 and 503 */
    uint64_t unreached; /* requests without an answer */
};

MUST_CHECK enum status feeder_poster_new(struct feeder_poster **ret_poster,
                                         const struct feeder_poster_options *options,
                                         struct error *error);

/* Gives up what is under way, without callbacks. */
void feeder_poster_free(struct feeder_poster *poster);
OWNED_DEFINE(feeder_poster);

/* Takes the event into its user's lane; false when that is full. Copies. */
bool feeder_poster_put(struct feeder_poster *poster, const struct feeder_post *post);

/* Sends what has been put and can go. After a round of puts. */
void feeder_poster_flush(struct feeder_poster *poster);

/* Nothing is under way or waits. */
bool feeder_poster_idle(const struct feeder_poster *poster);

/* A request is under way, or waits to be repeated. */
bool feeder_poster_busy(const struct feeder_poster *poster);

/* Ends: all that was sent and has no answer is settled as unknown. Nothing is sent any more. */
void feeder_poster_abandon(struct feeder_poster *poster);

struct feeder_poster_counts feeder_poster_counts(const struct feeder_poster *poster);

#endif
