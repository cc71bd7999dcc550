/* Inside common/event: the steps that the checks of the kinds share. */
#ifndef TRIBUTARY_EVENT_CHECK_H
#define TRIBUTARY_EVENT_CHECK_H

#include "common/event/event.h"

/* One text of a struct: where it lies and how long it may be. */
struct event_check_text {
    const char *field;
    size_t offset;
    size_t min;
    size_t max;
    const char *detail; /* for a wrong size */
};

/* What is inside a classification is named "transaction.id"; on its own it is "id": the same
 * constant, of which `skip` characters are left out. */
struct event_check {
    struct event_fault *fault;
    size_t skip;
};

/* Fills the fault in; false, to be returned. */
bool event_check_fail(const struct event_check *check, const char *reason, const char *field,
                      const char *detail);

bool event_check_texts(const struct event_check *check, const void *event,
                       const struct event_check_text *texts, size_t count);

/* The number, size and text of pairs, and that no key is there twice. */
bool event_check_metadata(const struct event_check *check, const char *field,
                          const struct text_pair *pairs, size_t count);

/* A time that an event can have at all. */
bool event_check_time(const struct event_check *check, const char *field, int64_t us);

/* occurred_at against received_at, and each for itself. */
bool event_check_times(const struct event_check *check, const char *occurred_field,
                       int64_t occurred_at, const char *received_field, int64_t received_at);

bool event_check_transaction_in(const struct event_check *check, const struct transaction *event);

#endif
