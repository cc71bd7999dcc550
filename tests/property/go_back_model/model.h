/* The go-back rule as a state machine, small enough that every state can be visited. The writers'
 * and readers' decisions are those of common/worker/go_back; the rest of the world is chance:
 *
 * - A source of a few offsets, some of them empty. A reject is an event like any other: the
 * identity of an answer is its entry in the log, so two writers' answers to one offset always
 * differ.
 * - Writers. Each starts at any source offset up to the highest that ever was committable: that is
 *   what commits that come late, twice, backwards or from a zombie amount to. It makes outputs in
 *   order, with a marker for any part of the empty offsets before it, a few in flight.
 * - The network. An output in flight lands in the log or not, in any order. Landed ones are
 *   reported, in any order, or the answer is lost. At any moment a writer may doubt: its
 * incarnation ends, all that is not acknowledged is in flight again, and what had not landed may
 * still land later (a held request), at any time, or never. A writer that crashes leaves the same
 * behind. A zombie is a writer that goes on while others start.
 * - Two readers, each as far behind as it likes.
 *
 * An entry of the log that both readers have passed is forgotten, and of a writer's log offsets
 * only their order is kept. So resends are not bounded, and yet the states are finite. */
#ifndef TRIBUTARY_TESTS_GO_BACK_MODEL_H
#define TRIBUTARY_TESTS_GO_BACK_MODEL_H

#include "common/worker/go_back.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MODEL_OFFSETS = 6,
    MODEL_WRITERS = 3,
    MODEL_IN_FLIGHT = 3,
    MODEL_HELD = 4,
    MODEL_UNREAD = 4,
    MODEL_READERS = 2,
};

struct model_bounds {
    int offsets;
    int writers;   /* alive at one time */
    int in_flight; /* of a writer: made and not acknowledged */
    int held;      /* requests of ended incarnations that may still land */
    int unread;    /* log entries before the slower reader; 0: both read at once */
};

/* What is left out of the rule, to see the model find it. */
enum model_variant {
    MODEL_RULE,
    MODEL_NO_OUTPUT_ORDER, /* a report counts although its offset is below the last */
    MODEL_NO_REPORT_ORDER, /* a report counts although an earlier output has none */
    MODEL_STALE_REPORTS,   /* reports of an incarnation that has ended count */
    MODEL_COMMIT_EARLY,    /* committable when sent */
    MODEL_NO_NEXT_SOURCE,  /* readers apply whatever comes */
    MODEL_AHEAD_APPLIED,   /* readers drop reruns, but apply what is out of sequence */
    MODEL_VARIANTS,
};
const char *model_variant_name(enum model_variant variant);

struct model_world {
    struct model_bounds bounds;
    enum model_variant variant;
    unsigned events; /* bits: the source offsets that hold an event */
};

struct model_flight {
    uint8_t to;
    uint8_t place; /* among the writer's entries in the log, from 1; 0: has not landed */
};

struct model_writer {
    uint8_t alive;
    uint8_t committable;
    uint8_t last; /* place of the last report taken; 0: none, or below all in flight */
    uint8_t count;
    struct model_flight flights[MODEL_IN_FLIGHT];
};

struct model_reader {
    uint8_t position; /* in unread */
    uint8_t next;     /* next_source */
    uint8_t applied;  /* bits: source offsets */
};

enum model_violation {
    MODEL_FINE,
    MODEL_TWICE,       /* a reader applies an offset a second time */
    MODEL_OUT_OF_TURN, /* a reader applies an offset below one that it has applied */
    MODEL_SKIPPED,     /* a reader passes over an offset that it has not applied */
    MODEL_DISAGREE,    /* the readers do not decide by the same log entry */
    MODEL_UNSAFE,      /* a commit beyond what the log offers: lost for all that starts there */
    MODEL_STUCK,       /* one writer runs calmly, and a reader does not reach the end */
};
const char *model_violation_name(enum model_violation violation);

/* Bytes without padding, always normal: compared and hashed as they are. A range in one byte is
 * from << 4 | to + 1; 0 is none. */
struct model_state {
    struct model_writer writers[MODEL_WRITERS]; /* sorted */
    struct model_reader readers[MODEL_READERS]; /* the slower first; its position is 0 */
    uint8_t unread[MODEL_UNREAD];               /* ranges */
    uint8_t decided;          /* bits: unread entries applied by the faster reader */
    uint8_t held[MODEL_HELD]; /* ranges, sorted */
    uint8_t committable;      /* bits: source offsets 0 .. offsets */
    uint8_t crashes;
    uint8_t violation;
};

enum model_step_kind {
    MODEL_START,  /* a writer starts at source offset `detail` */
    MODEL_MAKE,   /* it makes and sends the output up to source offset `detail` */
    MODEL_LAND,   /* its flight number `detail` lands in the log */
    MODEL_REPORT, /* its flight number `detail` is reported, and that counts */
    MODEL_DOUBT,  /* its incarnation ends; `detail` (bits): which flights are held */
    MODEL_CRASH,  /* it crashes; `detail` as above */
    MODEL_HELD_LANDS,
    MODEL_READ,
};

struct model_step {
    enum model_step_kind kind;
    int actor; /* writer, held request or reader; as numbered before the step */
    int detail;
};

typedef void model_visit(void *context, const struct model_state *next,
                         const struct model_step *step);

struct model_state model_start(void);

/* Every state that one step can lead to. */
void model_steps(const struct model_world *world, const struct model_state *state,
                 model_visit *visit, void *context);

/* What must hold in every state: model_state.violation, no unsafe commit, and that a single calm
 * writer, new or one of those there, brings the readers to the end. */
enum model_violation model_check(const struct model_world *world, const struct model_state *state);

/* The reader's decision, and what it does with the next log entry. */
enum go_back_verdict model_verdict(enum model_variant variant, int64_t next_source,
                                   struct go_back_range range);
void model_read(const struct model_world *world, struct model_state *state, int reader);

/* Where a reader of the whole log stands. */
int64_t model_next_at_end(const struct model_world *world, const struct model_state *state);

struct go_back_range model_unpack(uint8_t range);
struct go_back_range model_flight_range(const struct model_writer *writer, int flight);
size_t model_unread_count(const struct model_state *state);

#endif
