#include "producers/feeder/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum {
    BAR_CELLS = 24,
    LINE_BYTES = 256,
    BAR_US = 200000,    /* between two drawings */
    LINES_US = 5000000, /* between two lines */
    SECOND_US = 1000000,
};

void feeder_progress_number(struct buffer *out, uint64_t number)
{
    if (number < 1000) {
        buffer_format(out, "%" PRIu64, number);
        return;
    }
    feeder_progress_number(out, number / 1000);
    buffer_format(out, ",%03" PRIu64, number % 1000);
}

static void write_bar(struct buffer *out, uint64_t cells)
{
    buffer_append_byte(out, '[');
    for (uint64_t i = 0; i < BAR_CELLS; i++)
        buffer_append_byte(out, i < cells ? '#' : '.');
    buffer_append_text(out, "] ");
}

static void write_left(struct buffer *out, uint64_t seconds)
{
    if (seconds >= 3600)
        buffer_format(out, "  %" PRIu64 ":%02" PRIu64 ":%02" PRIu64 " left", seconds / 3600,
                      seconds / 60 % 60, seconds % 60);
    else
        buffer_format(out, "  %" PRIu64 ":%02" PRIu64 " left", seconds / 60, seconds % 60);
}

void feeder_progress_write(const struct feeder_progress *progress, bool bar, struct buffer *out)
{
    uint64_t done = progress->done, total = progress->total;

    if (done > total && total > 0)
        done = total;
    buffer_format(out, "%s ", progress->program);
    if (bar && total > 0)
        write_bar(out, (uint64_t)((double)done / (double)total * (double)BAR_CELLS));
    if (total > 0)
        buffer_format(out, "%3d %%  ", (int)((double)done / (double)total * 100));
    feeder_progress_number(out, done);
    if (total > 0) {
        buffer_append_byte(out, '/');
        feeder_progress_number(out, total);
    }
    buffer_append_text(out, "  ");
    feeder_progress_number(out, (uint64_t)(progress->rate + 0.5));
    buffer_append_text(out, "/s");
    if (total > done && progress->rate >= 0.01)
        write_left(out, (uint64_t)((double)(total - done) / progress->rate + 0.5));
    if (progress->rejected > 0) {
        buffer_append_text(out, "  ");
        feeder_progress_number(out, progress->rejected);
        buffer_append_text(out, " rejected");
    }
}

void feeder_display_init(struct feeder_display *display, const char *program,
                         enum feeder_display_mode mode, uint64_t total, int64_t now_us)
{
    *display = (struct feeder_display){.progress = {.program = program, .total = total},
                                       .updated_us = now_us,
                                       .said_us = now_us,
                                       .quiet = mode == FEEDER_QUIET};
    display->bar = mode == FEEDER_BAR || (mode == FEEDER_AUTO && isatty(STDERR_FILENO) == 1);
}

/* The rate of the last seconds: each older one counts for half as much. */
static void update_rate(struct feeder_display *display, uint64_t done, int64_t now_us)
{
    double seconds = (double)(now_us - display->updated_us) / (double)SECOND_US;
    double rate = (double)(done - display->updated_done) / seconds;
    double weight = seconds / (seconds + 1);

    display->progress.rate =
        display->updated_done == 0 ? rate : display->progress.rate * (1 - weight) + rate * weight;
    display->updated_us = now_us;
    display->updated_done = done;
}

static void say(struct feeder_display *display)
{
    struct buffer line;

    buffer_init(&line, LINE_BYTES);
    if (display->bar)
        buffer_append_text(&line, "\r");
    feeder_progress_write(&display->progress, display->bar, &line);
    buffer_append_text(&line, display->bar ? "\x1b[K" : "\n");
    fwrite(line.data, 1, line.size, stderr);
    fflush(stderr);
    display->drawn = display->bar;
    buffer_done(&line);
}

void feeder_display_update(struct feeder_display *display, uint64_t done, uint64_t rejected,
                           int64_t now_us)
{
    if (display->quiet || now_us - display->updated_us < BAR_US)
        return;
    update_rate(display, done, now_us);
    display->progress.done = done;
    display->progress.rejected = rejected;
    if (!display->bar && now_us - display->said_us < LINES_US)
        return;
    display->said_us = now_us;
    say(display);
}

void feeder_display_clear(struct feeder_display *display)
{
    if (display->drawn)
        fputs("\r\x1b[K", stderr);
    display->drawn = false;
}
