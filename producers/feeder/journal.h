/* A file that says what became of each event, for whoever checks a fleet against it. Appended to,
 * one write(2) an answer of the gateway: what is written survives the death of this process, and
 * what an answer said is written before anything follows from it. A line an event, fields parted
 * by tabs:
 *
 *     transaction  t-1  accepted  3   17             partition and offset of the topic
 *     feedback     f-1  rejected  422 kind_unknown   status and reason
 *     transaction  t-2  unknown   -   -              sent, and no answer: it may be in the log
 *
 * An event without a line was never answered: as unknown. A last line without its end is none. */
#ifndef TRIBUTARY_FEEDER_JOURNAL_H
#define TRIBUTARY_FEEDER_JOURNAL_H

#include "common/base/buffer.h"
#include "common/base/owned.h"
#include "common/base/status.h"
#include "common/event/event.h"
#include "producers/feeder/answer.h"

struct feeder_journal;

/* REJECT when the file cannot be opened. */
MUST_CHECK enum status feeder_journal_open(struct feeder_journal **ret_journal, const char *path,
                                           struct error *error);
void feeder_journal_free(struct feeder_journal *journal);
OWNED_DEFINE(feeder_journal);

void feeder_journal_add(struct feeder_journal *journal, enum event_kind kind, struct slice id,
                        const struct feeder_outcome *outcome);

/* Writes what was added. FATAL when it cannot. */
MUST_CHECK enum status feeder_journal_flush(struct feeder_journal *journal, struct error *error);

#endif
