/* What a source gives to the feeder: one event to post, with what only the source knows of it. */
#ifndef TRIBUTARY_FEEDER_FEEDER_EVENT_H
#define TRIBUTARY_FEEDER_FEEDER_EVENT_H

#include "common/base/status.h"
#include "common/event/event.h"
#include "producers/feeder/marks.h"

#include <stdbool.h>
#include <stdint.h>

struct feeder_event {
    enum event_kind kind; /* EVENT_TRANSACTION or EVENT_FEEDBACK */
    union {
        struct transaction transaction; /* tenant is not posted */
        struct feedback feedback;
    };
    struct slice label; /* the category that its user wants; empty: not known */
    struct feeder_place place;
    bool again; /* the id was posted before: not watched */
};

enum feeder_next {
    FEEDER_EVENT,
    FEEDER_REFUSED, /* there is something at this place that is no acceptable event */
    FEEDER_END,
    FEEDER_FAILED, /* error is set: nothing more can be had */
};

/* Borrows what it gives until the next call. */
struct feeder_source {
    enum feeder_next (*next)(void *state, struct feeder_event *ret_event,
                             struct event_fault *ret_fault, struct error *error);
    void *state;
    uint64_t total; /* events that it will give, for the progress; 0: not known */
};

#endif
