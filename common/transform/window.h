/* What a transform has sent and not seen acknowledged: the encoded outputs of one thread, kept to
 * be sent again, and what each partition has of acknowledgements (common/worker/go_back.h). Pure:
 * no clock, no Kafka. For one thread.
 *
 * One ring of bytes holds the outputs of all partitions in the order of sending; the limit is on
 * that ring, so one partition that gets no answers stops the thread, not the memory. After new,
 * nothing is allocated. */
#ifndef TRIBUTARY_TRANSFORM_WINDOW_H
#define TRIBUTARY_TRANSFORM_WINDOW_H

#include "common/base/owned.h"
#include "common/base/slice.h"
#include "common/worker/go_back.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct window;

/* An output as it was pushed. key and value are borrowed until it is acknowledged or dropped. */
struct window_output {
    uint64_t sequence; /* its number in this window: ascending, never used again */
    int32_t partition;
    struct go_back_range range;
    struct slice key; /* data NULL: no key */
    struct slice value;
};

/* limit_bytes: of all that is retained, with 56 bytes an output for its place. Never NULL. */
struct window *window_new(size_t limit_bytes, int32_t partitions);
void window_free(struct window *window);
OWNED_DEFINE(window);

/* The partition is ours; its outputs start at `committed`. Drops what it had before. */
void window_take(struct window *window, int32_t partition, int64_t committed);

/* Forgets the partition with all its outputs; reports for them are stale from now on. The number of
 * outputs that were not acknowledged: when it is not 0 the caller ends the incarnation, so that
 * they are not sent any more and share no request with later ones of the same partition. */
size_t window_drop(struct window *window, int32_t partition);

bool window_holds(const struct window *window, int32_t partition);

/* The first source offset that no output covers yet. Of a held partition. */
int64_t window_covered(const struct window *window, int32_t partition);

/* The source offset that may be committed. Of a held partition. */
int64_t window_committable(const struct window *window, int32_t partition);

/* Retains the output that covers covered .. to. Copies key and value. False when there is no room
 * now; an output above half of the limit never has. */
bool window_push(struct window *window, int32_t partition, int64_t to, struct slice key,
                 struct slice value);

/* The first output that is not sent in this incarnation; false when there is none. Once it is sent:
 * window_sent. */
bool window_unsent(const struct window *window, struct window_output *ret_output);
void window_sent(struct window *window);

enum window_verdict {
    WINDOW_TAKEN,  /* the first of its partition that was waiting is acknowledged */
    WINDOW_STALE,  /* of an incarnation that has ended, or a partition that was dropped: ignored */
    WINDOW_BROKEN, /* this incarnation ends here: window_restart */
};

/* A delivery report. Broken: the delivery failed, the offset is none or not above the last, or an
 * earlier output of the partition has no report yet. All later ones of the incarnation are stale.
 */
enum window_verdict window_report(struct window *window, uint64_t incarnation, int32_t partition,
                                  uint64_t sequence, bool delivered, int64_t offset);

/* Ends the incarnation, if that has not happened, and begins the next one: all that is not
 * acknowledged is unsent again, from the first. */
void window_restart(struct window *window);

/* Counts from 1. */
uint64_t window_incarnation(const struct window *window);

/* Retained outputs, and what they take of the limit. */
size_t window_count(const struct window *window);
size_t window_bytes(const struct window *window);

#endif
