/* The life of a run: set-up, timers, signals, the end and the report. */
#include "producers/feeder/feeder.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/log/log.h"
#include "common/loop/loop.h"
#include "producers/feeder/state.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

enum {
    TICK_US = 100000,
    RATE_US = 5000,
    SAVE_US = 1000000,
    STOP_US = 10000000, /* for answers under way, after a signal */
    LINE_BYTES_MAX = FEEDER_BODY_BYTES_MAX - 1,
};

int feeder_refuse(const char *name, const struct error *error)
{
    fprintf(stderr, "%s: %s\n", name, error->text);
    return error->status == STATUS_REJECT ? FEEDER_EXIT_USAGE : FEEDER_EXIT_INCOMPLETE;
}

void feeder_fail(struct feeder *feeder, const struct error *error)
{
    if (feeder->failure.status == STATUS_OK)
        feeder->failure = *error;
    loop_stop(feeder->loop);
}

static void save(struct feeder *feeder)
{
    if (feeder->options->reached != NULL)
        feeder->options->reached(feeder->options->opaque, feeder_marks_place(&feeder->marks));
    feeder->saved_us = clock_steady_us();
}

/* Everything is posted and answered. */
static bool all_posted(const struct feeder *feeder)
{
    return feeder->source_ended && !feeder->in_hand && feeder->correction_count == 0 &&
           feeder_poster_idle(feeder->poster);
}

static void check_end(struct feeder *feeder, int64_t now_us)
{
    struct error error = {0};

    if (feeder->failure.status != STATUS_OK)
        return;
    if (all_posted(feeder) && feeder->pending.count == 0) {
        loop_stop(feeder->loop);
    } else if (feeder->stopping) {
        /* What waits behind the requests under way is not sent any more. */
        if (!feeder_poster_busy(feeder->poster) || now_us - feeder->stop_us > STOP_US)
            loop_stop(feeder->loop);
    } else if (feeder->pending.count > 0 && feeder_poster_idle(feeder->poster) &&
               now_us - feeder->moved_us > feeder->options->flags->quiet_ms * 1000) {
        (void)error_set(&error, STATUS_RETRY, "nothing was classified for %" PRId64 " s",
                        feeder->options->flags->quiet_ms / 1000);
        feeder_fail(feeder, &error);
    }
}

static void advance(struct feeder *feeder)
{
    if (!feeder->stopping && feeder->failure.status == STATUS_OK)
        feeder_pump(feeder);
    check_end(feeder, clock_steady_us());
}

static void answered(void *opaque)
{
    struct feeder *feeder = opaque;
    struct error error = {0};

    if (feeder->journal != NULL && feeder_journal_flush(feeder->journal, &error) != STATUS_OK)
        feeder_fail(feeder, &error);
    advance(feeder);
}

static void posting_failed(void *opaque, const struct error *error)
{
    feeder_fail(opaque, error);
}

static void seen(void *opaque)
{
    struct feeder *feeder = opaque;
    struct error error = {0};

    feeder_look(feeder);
    if (feeder_sightings_status(feeder->sightings, &error) != STATUS_OK)
        feeder_fail(feeder, &error);
    advance(feeder);
}

static void rate_tick(void *context)
{
    advance(context);
}

static void tick(void *context)
{
    struct feeder *feeder = context;
    const struct feeder_tally *events = &feeder->report.events;
    int64_t now_us = clock_steady_us();

    feeder_display_update(&feeder->display, events->accepted + events->rejected, events->rejected,
                          now_us);
    if (now_us - feeder->saved_us > SAVE_US)
        save(feeder);
    advance(feeder);
}

static void signalled(void *context)
{
    struct feeder *feeder = context;

    if (feeder->stopping)
        loop_stop(feeder->loop);
    feeder->stopping = true;
    feeder->stop_us = clock_steady_us();
}

static enum status open_signals(struct feeder *feeder, struct error *error)
{
    static const int numbers[FEEDER_SIGNALS] = {SIGINT, SIGTERM};
    enum status status = STATUS_OK;

    for (size_t i = 0; i < FEEDER_SIGNALS && status == STATUS_OK; i++)
        status = loop_signal_new(&feeder->signals[i], feeder->loop, numbers[i], signalled, feeder,
                                 error);
    return status;
}

static enum status open_poster(struct feeder *feeder, struct error *error)
{
    const struct feeder_poster_options options = {
        .loop = feeder->loop,
        .settings = feeder->options->settings,
        .seed = (uint64_t)clock_wall_us(),
        .sent = feeder_sent,
        .settled = feeder_settled,
        .answered = answered,
        .failed = posting_failed,
        .opaque = feeder,
    };

    return feeder_poster_new(&feeder->poster, &options, error);
}

static enum status open_watch(struct feeder *feeder, struct error *error)
{
    const struct feeder_flags *flags = feeder->options->flags;
    size_t window = (size_t)flags->window;

    if (!flags->watch && flags->correct <= 0)
        return STATUS_OK;
    feeder->report.watched = true;
    feeder->report.scores.from = feeder->options->source.total / 2;
    feeder_pending_init(&feeder->pending, window);
    feeder->corrections = must_alloc(window * sizeof *feeder->corrections);
    return feeder_sightings_new(&feeder->sightings, feeder->loop, feeder->options->kafka, seen,
                                feeder, error);
}

static enum status open_all(struct feeder *feeder, struct error *error)
{
    const struct feeder_flags *flags = feeder->options->flags;
    enum status status = loop_new(&feeder->loop, error);

    if (status == STATUS_OK)
        status = open_signals(feeder, error);
    if (status == STATUS_OK)
        status = open_poster(feeder, error);
    if (status == STATUS_OK && flags->journal != NULL)
        status = feeder_journal_open(&feeder->journal, flags->journal, error);
    if (status == STATUS_OK)
        status = open_watch(feeder, error);
    if (status != STATUS_OK)
        return status;
    feeder->tick = loop_timer_new(feeder->loop, tick, feeder);
    loop_timer_every(feeder->tick, TICK_US);
    if (flags->rate > 0) {
        feeder->clock = loop_timer_new(feeder->loop, rate_tick, feeder);
        loop_timer_every(feeder->clock, RATE_US);
    }
    return STATUS_OK;
}

static void close_all(struct feeder *feeder)
{
    feeder_sightings_free(feeder->sightings);
    feeder_poster_free(feeder->poster);
    feeder_journal_free(feeder->journal);
    loop_timer_free(feeder->clock);
    loop_timer_free(feeder->tick);
    for (size_t i = 0; i < FEEDER_SIGNALS; i++)
        loop_signal_free(feeder->signals[i]);
    loop_free(feeder->loop);
    feeder_pending_done(&feeder->pending);
    feeder_marks_done(&feeder->marks);
    free(feeder->corrections);
    buffer_done(&feeder->line);
}

static enum status write_file(const char *path, const struct buffer *text, struct error *error)
{
    FILE *file = fopen(path, "we");
    bool written;

    if (file == NULL)
        return error_set(error, STATUS_FATAL, "report %.150s: %s", path, strerror(errno));
    written = fwrite(text->data, 1, text->size, file) == text->size;
    if (fclose(file) != 0 || !written)
        return error_set(error, STATUS_FATAL, "report %.150s: %s", path, strerror(errno));
    return STATUS_OK;
}

static enum status print_report(struct feeder *feeder, struct error *error)
{
    const struct feeder_flags *flags = feeder->options->flags;
    enum status status = STATUS_OK;
    struct buffer json, text;

    buffer_init(&json, FEEDER_REPORT_BYTES);
    buffer_init(&text, FEEDER_REPORT_BYTES);
    feeder_report_write_json(&feeder->report, &json);
    feeder_report_write_text(&feeder->report, &text);
    feeder_display_clear(&feeder->display);
    fwrite(flags->json ? json.data : text.data, 1, flags->json ? json.size : text.size, stdout);
    if (fflush(stdout) != 0)
        status = error_set(error, STATUS_FATAL, "stdout: %s", strerror(errno));
    if (flags->report != NULL && status == STATUS_OK)
        status = write_file(flags->report, &json, error);
    buffer_done(&json);
    buffer_done(&text);
    return status;
}

/* What is still open is told, not waited for. */
static void finish(struct feeder *feeder)
{
    struct feeder_report *report = &feeder->report;
    bool done = all_posted(feeder) && feeder->pending.count == 0;
    struct error error = {0};

    feeder_poster_abandon(feeder->poster);
    if (feeder->journal != NULL && feeder_journal_flush(feeder->journal, &error) != STATUS_OK)
        feeder_fail(feeder, &error);
    save(feeder);
    report->missing = feeder->pending.count;
    report->posts = feeder_poster_counts(feeder->poster);
    report->elapsed_us = clock_steady_us() - feeder->begin_us;
    report->complete = done && feeder->failure.status == STATUS_OK;
    report->ends = report->complete                      ? ""
                   : feeder->failure.status != STATUS_OK ? feeder->failure.text
                                                         : "stopped by a signal";
}

static int run(struct feeder *feeder)
{
    struct error error = {0};

    feeder->begin_us = feeder->moved_us = feeder->saved_us = clock_steady_us();
    feeder_display_init(&feeder->display, feeder->options->name, feeder->options->flags->progress,
                        feeder->options->source.total, feeder->begin_us);
    feeder_pump(feeder);
    check_end(feeder, feeder->begin_us);
    if (loop_run(feeder->loop, &error) != STATUS_OK)
        feeder_fail(feeder, &error);
    finish(feeder);
    if (print_report(feeder, &error) != STATUS_OK)
        return feeder_refuse(feeder->options->name, &error);
    if (feeder->failure.status != STATUS_OK)
        return feeder_refuse(feeder->options->name, &feeder->failure);
    return feeder->report.complete ? FEEDER_EXIT_OK : FEEDER_EXIT_INCOMPLETE;
}

int feeder_run(const struct feeder_options *options)
{
    struct feeder *feeder = must_alloc(sizeof *feeder);
    struct error error = {0};
    int code;

    feeder->options = options;
    feeder->report.program = options->name;
    feeder_marks_init(&feeder->marks, options->place);
    buffer_init(&feeder->line, LINE_BYTES_MAX);
    if (open_all(feeder, &error) == STATUS_OK)
        code = run(feeder);
    else
        code = feeder_refuse(options->name, &error);
    close_all(feeder);
    log_close();
    free(feeder);
    return code;
}
