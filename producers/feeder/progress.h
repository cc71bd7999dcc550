/* How far it is, on stderr: a bar that is drawn again on a terminal, else a line now and then. */
#ifndef TRIBUTARY_FEEDER_PROGRESS_H
#define TRIBUTARY_FEEDER_PROGRESS_H

#include "common/base/buffer.h"
#include "producers/feeder/settings.h"

#include <stdbool.h>
#include <stdint.h>

struct feeder_progress {
    const char *program;
    uint64_t done;
    uint64_t total; /* 0: not known */
    uint64_t rejected;
    double rate; /* a second, lately */
};

/* One line without its end: "importer [#####     ] 50 %  76,826/153,652  31,204/s  0:03 left".
 * Pure. */
void feeder_progress_write(const struct feeder_progress *progress, bool bar, struct buffer *out);

/* 76826 as "76,826". */
void feeder_progress_number(struct buffer *out, uint64_t number);

struct feeder_display {
    struct feeder_progress progress;
    bool bar;
    bool quiet;
    bool drawn; /* there is a bar on the last line */
    int64_t updated_us;
    int64_t said_us;
    uint64_t updated_done;
};

void feeder_display_init(struct feeder_display *display, const char *program,
                         enum feeder_display_mode mode, uint64_t total, int64_t now_us);

/* Says it when it is time to. now_us: steady. */
void feeder_display_update(struct feeder_display *display, uint64_t done, uint64_t rejected,
                           int64_t now_us);

/* Leaves the bar, so that something else can be written. */
void feeder_display_clear(struct feeder_display *display);

#endif
