/* The inside of a run, shared by feeder.c, flow.c and watch.c. */
#ifndef TRIBUTARY_FEEDER_STATE_H
#define TRIBUTARY_FEEDER_STATE_H

#include "producers/feeder/correction.h"
#include "producers/feeder/feeder.h"
#include "producers/feeder/journal.h"
#include "producers/feeder/marks.h"
#include "producers/feeder/pending.h"
#include "producers/feeder/poster.h"
#include "producers/feeder/progress.h"
#include "producers/feeder/report.h"
#include "producers/feeder/sightings.h"

struct loop;
struct loop_timer;

enum { FEEDER_SIGNALS = 2 };

struct feeder {
    const struct feeder_options *options;
    struct loop *loop;
    struct loop_timer *tick;  /* progress, deadlines */
    struct loop_timer *clock; /* the rate's; NULL without one */
    struct loop_signal *signals[FEEDER_SIGNALS];
    struct feeder_poster *poster;
    struct feeder_sightings *sightings; /* NULL: not watched */
    struct feeder_journal *journal;     /* NULL: none */
    struct feeder_display display;
    struct feeder_report report;

    struct buffer line;        /* JSON of the event in hand */
    struct feeder_event event; /* the one in hand, if there is one */
    bool in_hand;
    bool source_ended;
    bool stopping; /* a signal came */
    int64_t stop_us;

    uint64_t taken;        /* from the source, of either kind */
    uint64_t transactions; /* of them; also the index of the next */
    uint64_t refused;      /* here, before posting; also in the report */
    int64_t begin_us;
    int64_t moved_us; /* something was accepted or seen */
    int64_t saved_us;

    struct feeder_marks marks;
    struct feeder_pending pending;
    struct feeder_correction *corrections; /* a ring of as many as the window */
    size_t correction_first;
    size_t correction_count;

    struct error failure; /* what ended it, unless OK */
};

/* flow.c: takes what there is room for, and sends it. */
void feeder_pump(struct feeder *feeder);
void feeder_sent(void *opaque, const struct feeder_batch *batch, enum event_kind kind);
void feeder_settled(void *opaque, enum event_kind kind, const struct feeder_item *item,
                    const struct feeder_outcome *outcome);

/* watch.c: takes what was seen. */
void feeder_look(struct feeder *feeder);

/* feeder.c: ends the run; the first failure is kept. */
void feeder_fail(struct feeder *feeder, const struct error *error);

#endif
