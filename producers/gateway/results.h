/* What became of the items of one request, and the answer that says so. Pure.
 *
 *     {"accepted":1,"rejected":1,"results":[
 *       {"index":0,"id":"t1","status":202,"partition":3,"offset":17},
 *       {"index":1,"id":"t2","status":422,"reason":"bad_amount","pointer":"/amount","detail":"…"}]}
 *
 * rejected counts all that are not accepted. Partition and offset are the receipt: with the topic
 * they say where in the log the event is. */
#ifndef TRIBUTARY_PRODUCERS_GATEWAY_RESULTS_H
#define TRIBUTARY_PRODUCERS_GATEWAY_RESULTS_H

#include "common/base/buffer.h"
#include "common/event/event_json.h"

#include <stdint.h>

enum {
    RESULTS_POINTER_MAX = 256,                               /* longer pointers are left out */
    RESULTS_TEXT_BYTES = EVENT_ID_MAX + RESULTS_POINTER_MAX, /* at most, of one item */
    RESULTS_ANSWER_BYTES = 8 * RESULTS_TEXT_BYTES, /* at most, of one item: escapes and words */
};

/* A piece of the results' own text. */
struct results_text {
    uint32_t at;
    uint32_t size;
};

struct result {
    void *owner;       /* the caller's; for the way back from a delivery report */
    uint16_t status;   /* 202, 400, 422, 503; 0: Kafka has not answered yet */
    int32_t partition; /* from the sending on */
    int64_t offset;    /* when 202; below 0: the broker did not say */
    uint32_t bytes;    /* sent to Kafka */
    const char *reason;
    const char *detail;
    struct results_text id;
    struct results_text pointer;
};

struct results {
    struct result *items;
    size_t count;
    size_t capacity;
    struct buffer text; /* ids and pointers, copied: the body goes before the answer does */
};

/* limit: of items. */
void results_init(struct results *results, size_t limit);
void results_done(struct results *results);

/* Empties it and makes room for that many items, all zeroed but for their owner. */
void results_begin(struct results *results, size_t count, void *owner);

/* The result of one item as far as it is known: copies its id, and the fault if it has one. */
void results_set(struct results *results, size_t index, const struct event_json_item *item);

struct results_sum {
    size_t accepted;
    size_t rejected;  /* the item is at fault */
    size_t retryable; /* Kafka is: the item may be sent again */
};
struct results_sum results_sum(const struct results *results);

/* 202 all accepted, 422 all rejected, 503 nothing accepted and something retryable, else 207. */
int results_status(struct results_sum sum);

/* Appends the answer. The buffer holds RESULTS_ANSWER_BYTES an item, and as much again. */
void results_write(const struct results *results, struct results_sum sum, struct buffer *out);

#endif
