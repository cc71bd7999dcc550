/* The inside of a consumer, shared by consumer.c, poll.c, refill.c, rebalance.c, commit.c and
 * close.c. Inside
 * this folder only. */
#ifndef TRIBUTARY_KAFKA_MEMBER_H
#define TRIBUTARY_KAFKA_MEMBER_H

#include "common/kafka/client.h"
#include "common/kafka/consumer.h"
#include "common/kafka/reading.h"
#include "common/kafka/topics.h"

#include <stdatomic.h>

/* What was given out since the library's fetching thread was last seen to. */
struct kafka_refill {
    size_t records, bytes;
    size_t queue_records, queue_bytes; /* how much may be fetched ahead */
};

struct kafka_consumer {
    struct kafka_client client; /* first: the library's opaque */
    struct kafka_consumer_callbacks callbacks;
    struct kafka_topics topics;
    rd_kafka_queue_t *queue;   /* what poll reads */
    rd_kafka_queue_t *commits; /* outcomes of asynchronous commits */
    size_t commits_pending;
    struct kafka_position *owned; /* what the group has given us */
    size_t owned_count;
    struct kafka_reading reading; /* what of it is read */
    bool paused;
    bool grouped; /* else everything may be read, and nothing is committed */
    atomic_bool woken;
    struct kafka_refill refill;

    /* A rebalance that the library has told and the caller does not know of yet. */
    rd_kafka_topic_partition_list_t *rebalance; /* NULL: none */
    bool rebalance_assigns;
    bool rebalance_lost;
};

/* Frees what is left when the library's handle is gone. */
void kafka_member_release(struct kafka_client *client);

/* Ends the library's handle without a word to the group, then releases. False when that took longer
 * than the timeout: a thread goes on with it. */
bool kafka_member_end(struct kafka_consumer *consumer, int64_t timeout_ms);

/* The library's callback: only notes what happened and ends the poll. */
void kafka_member_note_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                                 rd_kafka_topic_partition_list_t *list, void *opaque);

/* Tells the caller and answers the library. */
void kafka_member_serve_rebalance(struct kafka_consumer *consumer);

bool kafka_member_owns(const struct kafka_consumer *consumer, int32_t topic, int32_t partition);

/* Starts over at the next offsets that were not given out. */
MUST_CHECK enum status kafka_member_restart(struct kafka_consumer *consumer, struct error *error);

/* Calls revoked, if anything is owned, and gives it up. */
void kafka_member_give_up(struct kafka_consumer *consumer, bool lost);

/* Sees to it that fetching goes on: a record of that size is given out. */
void kafka_member_refill(struct kafka_consumer *consumer, size_t size);

/* Hands outcomes of asynchronous commits to the caller, those that are there. */
void kafka_member_serve_commits(struct kafka_consumer *consumer);

#endif
