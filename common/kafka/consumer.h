/* A member of a consumer group, for one thread. It joins for co-partitioned topics with the eager
 * range assignor, and never chooses an offset by itself: the group says which partitions are
 * ours, the caller says where each is read from.
 *
 *     new -> join -> poll: callback assigned -> kafka_consumer_assign(positions)
 *         -> poll: records ...
 *         -> poll: callback revoked (still readable and committable) -> poll: assigned ... -> close
 *
 * Without a group it is a plain reader: kafka_consumer_assign takes any partition, no callback
 * comes, and commits are not for it.
 *
 * All calls come from one thread, but kafka_consumer_wake. The callbacks are called from within
 * kafka_consumer_poll and kafka_consumer_close only. Nothing here blocks longer than the timeout it
 * was given. Kafka's protocol promises nothing to a stopped process: records may come out of poll
 * after the partition went to somebody else. Safety is the sink's. */
#ifndef TRIBUTARY_KAFKA_CONSUMER_H
#define TRIBUTARY_KAFKA_CONSUMER_H

#include "common/base/slice.h"
#include "common/base/status.h"
#include "common/kafka/observer.h"
#include "common/kafka/position.h"
#include "common/kafka/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kafka_consumer;

struct kafka_consumer_callbacks {
    /* The whole assignment of this member, from now on; offsets are KAFKA_OFFSET_NONE. Nothing is
     * fetched until kafka_consumer_assign, from in here or later. Positions are borrowed. */
    void (*assigned)(void *opaque, const struct kafka_position *partitions, size_t count);

    /* The whole assignment is taken away when this returns. Until then commits still count, unless
     * it is lost: then others may read these partitions already. That is not always known here; a
     * commit tells. Must not take longer than poll_interval. */
    void (*revoked)(void *opaque, const struct kafka_position *partitions, size_t count, bool lost);

    /* The outcome of a kafka_consumer_commit_async, from a later poll. May be NULL. */
    void (*committed)(void *opaque, const struct error *error);

    void *opaque;
};

struct kafka_consumer_options {
    const struct kafka_settings *settings;
    const char *group;         /* without the prefix; NULL: a reader without a group */
    const char *client_id;     /* shown by brokers, the first 20 bytes; behind instance_id whole */
    const char *const *topics; /* without the prefix; the order gives the indices */
    size_t topic_count;        /* at most KAFKA_TOPICS_MAX */
    struct kafka_consumer_callbacks callbacks;
    struct kafka_observer observer;
};

enum { KAFKA_TOPICS_MAX = 8 };

/* Does not connect. Everything of options is copied, but settings, which must outlive it. FATAL:
 * the settings are refused. */
MUST_CHECK enum status kafka_consumer_new(const struct kafka_consumer_options *options,
                                          struct kafka_consumer **ret_consumer,
                                          struct error *error);

/* Joins the group: from now on it counts on polls. Until then queries work, and it holds up nobody.
 */
MUST_CHECK enum status kafka_consumer_join(struct kafka_consumer *consumer, struct error *error);

/* Leaves the group (calling revoked for what is held) and ends the client's threads. Always takes
 * the consumer. RETRY when that took longer than the timeout: something of the library still runs,
 * and the process should _exit. NULL is fine. */
MUST_CHECK enum status kafka_consumer_close(struct kafka_consumer *consumer, int64_t timeout_ms,
                                            struct error *error);

/* Reads exactly these partitions from exactly these offsets, whatever was read before: again after
 * a loss, with fewer when one is halted. No record of before comes out after it. What was fetched
 * ahead is fetched again, so gather changes. Only from what `assigned` gave; else LOST, and nothing
 * has changed. count 0 stops reading. Forgets a pause. */
MUST_CHECK enum status kafka_consumer_assign(struct kafka_consumer *consumer,
                                             const struct kafka_position *positions, size_t count,
                                             struct error *error);

/* All that is being read. While paused poll gives no records and still has to be called; resumed,
 * it goes on behind the last one given out. What was fetched ahead is fetched again, so for a wait
 * that is short beside the session it is better only not to poll. Idempotent; forgotten by a
 * rebalance. */
MUST_CHECK enum status kafka_consumer_pause(struct kafka_consumer *consumer, struct error *error);
MUST_CHECK enum status kafka_consumer_resume(struct kafka_consumer *consumer, struct error *error);

/* A record, or the place of another event. Key and value are borrowed from `handle`. */
struct kafka_record {
    int32_t topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* the broker's append time; -1 when there is none */
    struct slice key;     /* data NULL: no key */
    struct slice value;   /* data NULL: no value (a tombstone) */
    void *handle;
};

enum kafka_event {
    /* Nothing within the timeout, or woken, or a callback was called. */
    KAFKA_NOTHING,

    /* *ret_record is a record, to be given back with kafka_record_release. Memory: a record holds
     * on to the fetched batch that it came in. */
    KAFKA_RECORD,

    /* The end of a partition: there is nothing at or above `offset` yet. Offsets passed over on the
     * way hold no records (control and aborted ones). Said once each time the end is met. */
    KAFKA_END,

    /* The offset asked for is not in the log, below or above. The partition is no longer read,
     * until assigned again. error is set: REJECT. */
    KAFKA_OUT_OF_LOG,

    /* The partition cannot be read at `offset` (KAFKA_OFFSET_NONE where that is not known): a
     * corrupt batch, a missing topic or right. error is set: RETRY when it is tried again by
     * itself, else REJECT. */
    KAFKA_PARTITION_ERROR,

    /* The client as a whole. error is set. RETRY: it goes on by itself (no broker can be reached).
     * LOST: the group threw us out; revoked follows. FATAL: the consumer is of no use any more. */
    KAFKA_CLIENT_ERROR,
};

/* One event. *ret_record is filled for a record and for the three events of a partition. error is
 * cleared first. */
enum kafka_event kafka_consumer_poll(struct kafka_consumer *consumer, int64_t timeout_ms,
                                     struct kafka_record *ret_record, struct error *error);

void kafka_record_release(struct kafka_record *record);

/* The header of that name (W3C traceparent), the last of several; false when there is none. It
 * parses the headers, so it costs more than a look. Borrowed like the value. */
bool kafka_record_header(const struct kafka_record *record, const char *name,
                         struct slice *ret_value);

/* Ends a poll that blocks now, or else the next one. From any thread, not from a signal handler. */
void kafka_consumer_wake(struct kafka_consumer *consumer);

/* Commits offsets for the group, of any partition: the broker refuses them only when the member or
 * its generation is stale. LOST: that, or not ours any more. RETRY: no answer, or rebalancing.
 * Never FATAL. count 0 is fine. */
MUST_CHECK enum status kafka_consumer_commit(struct kafka_consumer *consumer,
                                             const struct kafka_position *positions, size_t count,
                                             int64_t timeout_ms, struct error *error);

/* The same without waiting; the outcome comes to `committed`. Later commits overtake none. At most
 * 100 are under way; beyond that RETRY. */
MUST_CHECK enum status kafka_consumer_commit_async(struct kafka_consumer *consumer,
                                                   const struct kafka_position *positions,
                                                   size_t count, struct error *error);

/* Fills the offsets of positions with what the group has committed; KAFKA_OFFSET_NONE for none.
 * Unchanged on failure. */
MUST_CHECK enum status kafka_consumer_committed(struct kafka_consumer *consumer,
                                                struct kafka_position *positions, size_t count,
                                                int64_t timeout_ms, struct error *error);

/* Asks the brokers; positions' offsets are not used. ret_watermarks has `count` places. */
MUST_CHECK enum status kafka_consumer_watermarks(struct kafka_consumer *consumer,
                                                 const struct kafka_position *positions,
                                                 size_t count, int64_t timeout_ms,
                                                 struct kafka_watermarks *ret_watermarks,
                                                 struct error *error);

/* What the last fetch said of the log, without asking: for lag. False before the first fetch of
 * that partition. high counts open transactions too. */
bool kafka_consumer_seen_watermarks(const struct kafka_consumer *consumer, int32_t topic,
                                    int32_t partition, struct kafka_watermarks *ret_watermarks);

/* The number of partitions of a topic; 0 when there is no such topic. Asks the brokers. */
MUST_CHECK enum status kafka_consumer_partitions(struct kafka_consumer *consumer, int32_t topic,
                                                 int64_t timeout_ms, int32_t *ret_count,
                                                 struct error *error);

/* Records and events fetched ahead and not polled yet. */
size_t kafka_consumer_queued(const struct kafka_consumer *consumer);

#endif
