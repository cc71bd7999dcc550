/* What the files of this folder share. */
#ifndef TRIBUTARY_LOOP_INTERNAL_H
#define TRIBUTARY_LOOP_INTERNAL_H

#include "common/loop/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#include <stdatomic.h>
#include <stdbool.h>

struct loop {
    struct event_base *base; /* owned */
    struct loop_waker *stopper;
    struct loop_timer *heartbeat;
    int64_t now_us;
    uint64_t now_turn; /* the turn in which now_us was read */
    atomic_bool stop;
    _Atomic uint64_t turns; /* written by the loop's thread only */
};

#endif
