/* The gateway's answer, item by item. Pure.
 *
 *     {"accepted":1,"rejected":1,"results":[
 *       {"index":0,"id":"t1","status":202,"partition":3,"offset":17},
 *       {"index":1,"id":"t2","status":422,"reason":"amount_scale","pointer":"/amount"}]} */
#ifndef TRIBUTARY_FEEDER_ANSWER_H
#define TRIBUTARY_FEEDER_ANSWER_H

#include "common/base/arena.h"
#include "common/base/status.h"
#include "common/json/json.h"

#include <stddef.h>
#include <stdint.h>

enum feeder_result {
    FEEDER_UNKNOWN,  /* no word of it: it may have been accepted; to be sent again */
    FEEDER_ACCEPTED, /* in the log, there: partition and offset */
    FEEDER_REJECTED, /* never will be */
};

struct feeder_outcome {
    enum feeder_result result;
    int status;
    int32_t partition; /* -1: not said */
    int64_t offset;
    struct slice reason; /* of a rejected one; in the answer or the arena */
    struct slice pointer;
};

/* Fills outcomes[index] for each result that is there; the others become unknown. REJECT when the
 * body is no such answer, or speaks of an item that was not sent. */
MUST_CHECK enum status feeder_answer_parse(struct json_parser *parser, struct slice body,
                                           struct arena *arena, struct feeder_outcome *outcomes,
                                           size_t count, struct error *error);

#endif
