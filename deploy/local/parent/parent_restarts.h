/* When an ended process starts again: pure logic. Soon after the first end, later after each that
 * follows quickly, with jitter; never more than PARENT_RESTARTS_A_MINUTE in any minute. */
#ifndef TRIBUTARY_PARENT_RESTARTS_H
#define TRIBUTARY_PARENT_RESTARTS_H

#include "common/base/random.h"

#include <stddef.h>
#include <stdint.h>

enum { PARENT_RESTARTS_A_MINUTE = 10 };

struct parent_restarts {
    struct random random;
    int64_t last_ms[PARENT_RESTARTS_A_MINUTE]; /* of the last restarts, a ring */
    uint64_t count;                            /* of all restarts */
    unsigned attempt;                          /* quick ends in a row */
    int64_t started_ms;
};

void parent_restarts_init(struct parent_restarts *restarts, uint64_t seed);

/* It was started for the first time, or again. */
void parent_restarts_started(struct parent_restarts *restarts, int64_t now_ms);
void parent_restarts_again(struct parent_restarts *restarts, int64_t now_ms);

/* It ended at now_ms: when to start it again. */
int64_t parent_restarts_next_ms(struct parent_restarts *restarts, int64_t now_ms);

#endif
