/* What the classifier says, as any reader of its topic sees it: read by a thread of its own from
 * the end of the log at the start, under the go-back rule, so that what is written twice is seen
 * once. Without a group: nothing is committed. */
#ifndef TRIBUTARY_FEEDER_SIGHTINGS_H
#define TRIBUTARY_FEEDER_SIGHTINGS_H

#include "common/base/owned.h"
#include "common/base/status.h"
#include "common/event/event.h"
#include "common/kafka/settings.h"

struct loop;
struct feeder_sightings;

enum { FEEDER_SIGHTINGS_MAX = 4096 }; /* waiting to be taken; then the thread waits */

struct feeder_sighting {
    uint64_t key;    /* feeder_pending_key of its transaction */
    int64_t seen_us; /* steady */
    bool classified; /* else it is rejected */
    uint8_t category_size, global_size;
    char category[EVENT_CATEGORY_MAX]; /* the answer */
    char global[EVENT_CATEGORY_MAX];   /* the global engine's own opinion; empty: none */
};

/* Asks Kafka where the logs end, for at most some seconds, so that nothing posted from now on is
 * missed; then `changed` comes in the loop when there is something to take, or it has failed. RETRY
 * when Kafka does not answer, REJECT when it lacks the topics. */
MUST_CHECK enum status feeder_sightings_new(struct feeder_sightings **ret_sightings,
                                            struct loop *loop, const struct kafka_settings *kafka,
                                            void (*changed)(void *opaque), void *opaque,
                                            struct error *error);
void feeder_sightings_free(struct feeder_sightings *sightings);
OWNED_DEFINE(feeder_sightings);

/* What has been seen since the last call, in order; borrowed until the next. */
size_t feeder_sightings_take(struct feeder_sightings *sightings,
                             const struct feeder_sighting **ret_items);

/* Not OK: the topic can no longer be read. */
MUST_CHECK enum status feeder_sightings_status(struct feeder_sightings *sightings,
                                               struct error *error);

/* One record as a sighting; false for a marker, or when its transaction cannot be known. Pure. */
bool feeder_sighting_of(const struct classification *classification, struct feeder_sighting *ret);

#endif
