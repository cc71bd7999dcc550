/* One thread's way out: the window of what is not acknowledged (window.h) and the producer that
 * sends it, through its incarnations. After any doubt (a failed delivery, a report out of order, a
 * producer that has failed for good) the producer is thrown away and a new one sends again what the
 * window holds, from the first; when that comes to nothing, after a pause. For one thread. */
#ifndef TRIBUTARY_TRANSFORM_SENDER_H
#define TRIBUTARY_TRANSFORM_SENDER_H

#include "common/base/owned.h"
#include "common/base/status.h"
#include "common/kafka/settings.h"
#include "common/transform/stats.h"
#include "common/transform/window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sender;

/* All pointers are borrowed for the sender's life. */
struct sender_options {
    const struct kafka_settings *kafka;
    const char *client_id;
    const char *topic; /* without the prefix */
    int32_t partitions;
    size_t window_bytes;
    int64_t delivery_timeout_ms;
    struct transform_stats *stats;
};

/* Does not connect. Never NULL. */
struct sender *sender_new(const struct sender_options *options);
void sender_free(struct sender *sender); /* what is not sent stays unsent: settle first */
OWNED_DEFINE(sender);

/* The first producer, ready to send. RETRY: no answer, or no such topic yet. REJECT: the topic has
 * another number of partitions. Again until OK. */
MUST_CHECK enum status sender_open(struct sender *sender, int64_t timeout_ms, struct error *error);

/* What is retained, to be asked, not changed. */
const struct window *sender_window(const struct sender *sender);

/* As window_take and window_drop. Giving up what is not acknowledged ends the incarnation. */
void sender_take(struct sender *sender, int32_t partition, int64_t committed);
void sender_drop(struct sender *sender, int32_t partition);

/* Retains the output for covered .. to, and sends it as soon as that can be: now, mostly. False: no
 * room, turn first. */
bool sender_push(struct sender *sender, int32_t partition, int64_t to, struct slice key,
                 struct slice value);

/* Takes the reports that are there, waiting up to wait_ms for the first; sends what is unsent; ends
 * and begins incarnations. FATAL: the settings are refused. */
MUST_CHECK enum status sender_turn(struct sender *sender, int64_t wait_ms, struct error *error);

/* Turns without lingering until all is acknowledged. RETRY: not all is within the time. */
MUST_CHECK enum status sender_settle(struct sender *sender, int64_t timeout_ms,
                                     struct error *error);

/* Why the last incarnation ended; status OK when none has. */
const struct error *sender_doubt(const struct sender *sender);

#endif
