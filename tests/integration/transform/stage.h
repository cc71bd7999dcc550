/* What the tests of transforms share: a source topic with events, bad records and control records,
 * processes of the transform test-upper, and a reader that holds what came out against what went
 * in. */
#ifndef TRIBUTARY_TESTS_TRANSFORM_STAGE_H
#define TRIBUTARY_TESTS_TRANSFORM_STAGE_H

#include "tests/integration/kafka/harness.h"
#include "tests/support/feed/feed.h"
#include "tests/support/fleet/fleet.h"
#include "tests/support/proxy/proxy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STAGE_PARTITIONS = 4 };

struct stage {
    struct broker *broker;
    struct proxy *proxy; /* between the transforms and the broker; NULL: none */
    struct harness harness;
    struct fleet *fleet;
    struct feed *feed;
    size_t fed; /* events so far; they count their ids */
    int readers;
};

enum stage_kind {
    STAGE_SHARED,      /* the shared broker; `tributary init`'s part is done */
    STAGE_UNCOMMITTED, /* the same, but for the group's commit */
    STAGE_PROXIED,     /* a broker of its own, and the transforms reach it through a proxy */
};
void stage_open(struct stage *stage, enum stage_kind kind);
void stage_close(struct stage *stage);

/* Offset 0, for all partitions. */
void stage_commit(struct stage *stage);

/* Events of many users in all partitions; one in 50 undecodable, one in 50 that the group refuses.
 */
void stage_feed(struct stage *stage, size_t count);

/* In each partition: a transaction of two bad records, committed, and one that is aborted. Both
 * leave offsets that hold nothing. */
void stage_feed_control(struct stage *stage);

void stage_start(struct stage *stage, const char *member);

/* Waits until the members together have made so many outputs. */
void stage_wait_outputs(struct stage *stage, const char *member, double outputs);

/* Waits until the group has committed the source's end in every partition. */
void stage_wait_end(struct stage *stage, int timeout_ms);

/* What a reader by the go-back rule saw. */
struct stage_report {
    size_t applied; /* outputs, markers included */
    size_t markers;
    size_t rejected;
    size_t reruns;
    size_t ahead;
};

/* Reads source and output to their ends. Every record of the source must be applied once, in order,
 * with its own content, and nothing else; the reader must end where the source ends. */
struct stage_report stage_check(struct stage *stage);

/* The log of a member holds the text. */
bool stage_logged(struct stage *stage, const char *member, const char *text);

#endif
