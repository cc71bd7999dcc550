/* An installation with a gateway, for tests of what posts to it: importer and simulator. */
#ifndef TRIBUTARY_TESTS_SUPPORT_FEEDERS_H
#define TRIBUTARY_TESTS_SUPPORT_FEEDERS_H

#include "common/event/event.h"
#include "tests/support/rig/rig.h"

struct feeders {
    struct rig rig;
    int port; /* the gateway's */
};

/* The gateway is not started yet: rig_start(&f->rig, "gateway", "gateway"). Importer and simulator
 * of the fleet find it and its key. */
void feeders_init(struct feeders *feeders);
void feeders_done(struct feeders *feeders);

/* Runs a program to its end, which must be that exit code; the report that it writes, to be freed.
 * arguments: NULL-terminated. */
char *feeders_run(struct feeders *feeders, const char *program, const char *const *arguments,
                  int code);

/* A number of a report by its name, the first of them; NAN when it is not there. */
double feeders_number(const char *report, const char *name);

/* A path in the fleet's folder; borrowed until the next call. */
const char *feeders_path(struct feeders *feeders, const char *name);

/* Everything in a topic. */
struct feeders_record {
    char id[EVENT_ID_MAX + 1];
    int32_t partition;
    int64_t offset;
};

struct feeders_log {
    struct feeders_record *records; /* by id, then as in the log */
    size_t count;
    size_t unique; /* ids */
};

void feeders_read(struct feeders *feeders, enum event_kind kind, struct feeders_log *ret_log);
void feeders_log_done(struct feeders_log *log);

/* The first with that id; NULL when there is none. */
const struct feeders_record *feeders_find(const struct feeders_log *log, const char *id);

/* Fails the test unless every accepted line of the journal is in the log where it says. How many
 * there were. */
size_t feeders_check_journal(struct feeders *feeders, const char *path);

#endif
