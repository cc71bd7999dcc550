/* From what the engine says of a transaction to the event that is published. Pure. */
#ifndef TRIBUTARY_CLASSIFIER_ANSWER_H
#define TRIBUTARY_CLASSIFIER_ANSWER_H

#include "common/base/arena.h"
#include "common/base/status.h"
#include "common/engine/verdict.h"
#include "common/event/classification.h"

/* Fills everything but the range and the time. The tenant's own opinion, without the user's
 * weights, stands among the reasons with the source `model`, so that the two can be compared on the
 * same events. Borrows from transaction, view and arena. FATAL: no room in the arena. */
enum status answer(const struct transaction *transaction, const struct engine_view *view,
                   struct arena *arena, struct classification *ret, struct error *error) MUST_CHECK;

#endif
