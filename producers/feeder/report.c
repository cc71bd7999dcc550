#include "producers/feeder/report.h"

#include "common/json/json.h"
#include "producers/feeder/progress.h"

#include <stdio.h>

void feeder_report_reject(struct feeder_report *report, struct slice reason)
{
    struct feeder_reason *place = NULL;
    char name[FEEDER_REASON_BYTES];

    snprintf(name, sizeof name, "%.*s", (int)(reason.size < sizeof name ? reason.size : 0),
             reason.size > 0 ? reason.data : "");
    if (name[0] == '\0')
        snprintf(name, sizeof name, "unspecified");
    for (size_t i = 0; i < report->reason_count && place == NULL; i++)
        if (strcmp(report->reasons[i].name, name) == 0)
            place = &report->reasons[i];
    if (place == NULL && report->reason_count == FEEDER_REASONS_MAX) {
        place = &report->reasons[FEEDER_REASONS_MAX - 1];
        snprintf(place->name, sizeof place->name, "other");
    } else if (place == NULL) {
        place = &report->reasons[report->reason_count++];
        memcpy(place->name, name, sizeof name);
    }
    place->count++;
}

static void write_count(struct json_writer *json, const char *name, uint64_t count)
{
    json_write_key(json, name);
    json_write_integer(json, (int64_t)count);
}

static void write_real(struct json_writer *json, const char *name, double value)
{
    json_write_key(json, name);
    json_write_double(json, value);
}

static void write_tally(struct json_writer *json, const char *name,
                        const struct feeder_tally *tally)
{
    json_write_key(json, name);
    json_write_object_begin(json);
    write_count(json, "accepted", tally->accepted);
    write_count(json, "rejected", tally->rejected);
    write_count(json, "unknown", tally->unknown);
    json_write_object_end(json);
}

static double share(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : (double)part / (double)whole;
}

static double seconds_of(const struct feeder_report *report)
{
    return (double)report->elapsed_us / 1e6;
}

static double rate_of(const struct feeder_report *report)
{
    return report->elapsed_us <= 0 ? 0 : (double)report->events.accepted / seconds_of(report);
}

static double milliseconds(const struct feeder_report *report, double percent)
{
    return (double)feeder_latency_percentile(&report->scores.latency, percent) / 1000;
}

static void write_watched(struct json_writer *json, const struct feeder_report *report)
{
    const struct feeder_scores *scores = &report->scores;

    write_count(json, "classified", report->classified);
    write_count(json, "unclassified", report->unclassified);
    write_count(json, "missing", report->missing);
    write_count(json, "corrections", report->corrections);
    json_write_key(json, "accuracy");
    if (scores->count == 0) {
        json_write_null(json);
    } else {
        json_write_object_begin(json);
        write_count(json, "events", scores->count);
        write_real(json, "global", share(scores->global_right, scores->count));
        write_real(json, "with_users", share(scores->users_right, scores->count));
        json_write_object_end(json);
    }
    json_write_key(json, "latency_ms");
    if (scores->latency.count == 0) {
        json_write_null(json);
        return;
    }
    json_write_object_begin(json);
    write_real(json, "p50", milliseconds(report, 50));
    write_real(json, "p99", milliseconds(report, 99));
    json_write_object_end(json);
}

void feeder_report_write_json(const struct feeder_report *report, struct buffer *out)
{
    struct json_writer json;

    json_writer_init(&json, out);
    json_write_object_begin(&json);
    json_write_key(&json, "program");
    json_write_text(&json, report->program);
    json_write_key(&json, "complete");
    json_write_boolean(&json, report->complete);
    json_write_key(&json, "ends");
    json_write_text(&json, report->ends);
    write_real(&json, "seconds", seconds_of(report));
    write_real(&json, "events_per_second", rate_of(report));
    write_tally(&json, "events", &report->events);
    write_tally(&json, "feedback", &report->feedback);
    json_write_key(&json, "reasons");
    json_write_object_begin(&json);
    for (size_t i = 0; i < report->reason_count; i++)
        write_count(&json, report->reasons[i].name, report->reasons[i].count);
    json_write_object_end(&json);
    write_count(&json, "requests", report->posts.requests);
    write_count(&json, "repeats", report->posts.repeats);
    write_count(&json, "refusals", report->posts.refusals);
    write_count(&json, "unreached", report->posts.unreached);
    if (report->watched)
        write_watched(&json, report);
    json_write_object_end(&json);
    buffer_append_byte(out, '\n');
}

static void say_count(struct buffer *out, const char *before, uint64_t count, const char *after)
{
    buffer_append_text(out, before);
    feeder_progress_number(out, count);
    buffer_append_text(out, after);
}

static void say_tally(struct buffer *out, const char *what, const struct feeder_tally *tally)
{
    buffer_format(out, "%-13s", what);
    say_count(out, "", tally->accepted, " accepted");
    say_count(out, ", ", tally->rejected, " rejected");
    if (tally->unknown > 0)
        say_count(out, ", ", tally->unknown, " unknown");
    buffer_append_byte(out, '\n');
}

static void say_watched(struct buffer *out, const struct feeder_report *report)
{
    const struct feeder_scores *scores = &report->scores;

    say_count(out, "classified   ", report->classified, "");
    if (report->unclassified > 0)
        say_count(out, ", ", report->unclassified, " rejected by the classifier");
    if (report->missing > 0)
        say_count(out, ", ", report->missing, " not seen");
    if (report->corrections > 0)
        say_count(out, ", ", report->corrections, " corrected");
    buffer_append_byte(out, '\n');
    if (scores->latency.count > 0)
        buffer_format(out, "latency      %.1f ms p50, %.1f ms p99, posted to classified\n",
                      milliseconds(report, 50), milliseconds(report, 99));
    if (scores->count > 0)
        buffer_format(out,
                      "accuracy     %.3f with users, %.3f global alone (second half of the "
                      "stream, %llu events)\n",
                      share(scores->users_right, scores->count),
                      share(scores->global_right, scores->count),
                      (unsigned long long)scores->count);
}

void feeder_report_write_text(const struct feeder_report *report, struct buffer *out)
{
    const struct feeder_tally *feedback = &report->feedback;

    say_tally(out, "transactions", &report->events);
    if (feedback->accepted + feedback->rejected + feedback->unknown > 0)
        say_tally(out, "feedback", feedback);
    for (size_t i = 0; i < report->reason_count; i++) {
        say_count(out, i == 0 ? "rejected     " : "             ", report->reasons[i].count, " ");
        buffer_format(out, "%s\n", report->reasons[i].name);
    }
    say_count(out, "speed        ", (uint64_t)(rate_of(report) + 0.5), " events/s");
    buffer_format(out, ", %.1f s", seconds_of(report));
    say_count(out, ", ", report->posts.requests, " requests");
    say_count(out, " (", report->posts.repeats, " repeated)\n");
    if (report->watched)
        say_watched(out, report);
    if (!report->complete)
        buffer_format(out, "INCOMPLETE   %s\n", report->ends);
}
