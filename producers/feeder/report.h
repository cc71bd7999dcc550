/* What a run came to, for people and as JSON. Pure. */
#ifndef TRIBUTARY_FEEDER_REPORT_H
#define TRIBUTARY_FEEDER_REPORT_H

#include "common/base/buffer.h"
#include "producers/feeder/poster.h"
#include "producers/feeder/scores.h"

enum { FEEDER_REASONS_MAX = 32, FEEDER_REASON_BYTES = 32 };

/* Of one kind of event. */
struct feeder_tally {
    uint64_t accepted;
    uint64_t rejected;
    uint64_t unknown; /* sent, and no answer to the end */
};

struct feeder_reason {
    char name[FEEDER_REASON_BYTES];
    uint64_t count;
};

struct feeder_report {
    const char *program;
    bool complete;    /* all was posted and, when watching, seen */
    const char *ends; /* why not; empty when complete */
    int64_t elapsed_us;
    struct feeder_tally events; /* transactions */
    struct feeder_tally feedback;
    struct feeder_reason reasons[FEEDER_REASONS_MAX]; /* of the rejected; the last: all others */
    size_t reason_count;
    struct feeder_poster_counts posts;

    bool watched;
    uint64_t classified;
    uint64_t unclassified; /* rejected by the classifier */
    uint64_t missing;      /* accepted, and not seen to the end */
    uint64_t corrections;  /* sent */
    struct feeder_scores scores;
};

/* One more with that reason. */
void feeder_report_reject(struct feeder_report *report, struct slice reason);

void feeder_report_write_json(const struct feeder_report *report, struct buffer *out);
void feeder_report_write_text(const struct feeder_report *report, struct buffer *out);

enum { FEEDER_REPORT_BYTES = 16 * 1024 }; /* at most, of either */

#endif
