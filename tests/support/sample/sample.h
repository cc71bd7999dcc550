/* Random events that pass their checks: any text, every enum, empty and full lists, ends of ranges.
 * What they borrow is in the arena. */
#ifndef TRIBUTARY_TESTS_SUPPORT_SAMPLE_H
#define TRIBUTARY_TESTS_SUPPORT_SAMPLE_H

#include "common/base/arena.h"
#include "common/base/random.h"
#include "common/event/event.h"

struct transaction sample_transaction(struct random *random, struct arena *arena);
struct feedback sample_feedback(struct random *random, struct arena *arena);
struct classification sample_classification(struct random *random, struct arena *arena);

/* min..max bytes of UTF-8 without control characters. */
struct slice sample_text(struct random *random, struct arena *arena, size_t min, size_t max);

/* All that a struct says is the same; pointers aside. */
bool sample_same_transaction(const struct transaction *a, const struct transaction *b);
bool sample_same_feedback(const struct feedback *a, const struct feedback *b);
bool sample_same_classification(const struct classification *a, const struct classification *b);

#endif
