/* One run: takes events from a source, posts them through the gateway, and perhaps watches what the
 * classifier says of them and corrects it. Draws the progress, keeps the journal, prints the
 * report.
 *
 * SIGINT, SIGTERM: takes nothing more, waits for the answers under way for at most 10 s, reports;
 * a second one does not wait. Exit codes: 0 all was posted (rejected events are counted, they are
 * no failure) and, when watching, seen classified; 1 not all; 2 it cannot begin like this. */
#ifndef TRIBUTARY_FEEDER_FEEDER_H
#define TRIBUTARY_FEEDER_FEEDER_H

#include "common/config/config.h"
#include "common/kafka/settings.h"
#include "common/log/log_settings.h"
#include "producers/feeder/feeder_event.h"
#include "producers/feeder/settings.h"

enum feeder_exit { FEEDER_EXIT_OK = 0, FEEDER_EXIT_INCOMPLETE = 1, FEEDER_EXIT_USAGE = 2 };

struct feeder_options {
    const char *name; /* in progress and report: "importer" */
    const struct feeder_settings *settings;
    const struct feeder_flags *flags;
    const struct kafka_settings *kafka;
    struct feeder_source source;

    /* All up to this place is done; now and then, and at the end. May be NULL. */
    void (*reached)(void *opaque, struct feeder_place place);
    void *opaque;
    struct feeder_place place; /* where the source begins */
};

/* The exit code. */
int feeder_run(const struct feeder_options *options);

/* One line on stderr, "importer: ...", and the exit code for what could not begin. */
int feeder_refuse(const char *name, const struct error *error);

#endif
