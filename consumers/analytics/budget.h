/* Budgets: when a batch carries the sum of a user's month over a limit of his, he is told, in the
 * batch's own transaction: analytics has the exact sum in hand. Once a (month, category, currency,
 * limit), for ever: a sum that falls and rises again is the same notification (common/outbox).
 *
 * What a batch makes of a sum counts as a whole: one that rises and falls back within it crosses
 * nothing. */
#ifndef TRIBUTARY_ANALYTICS_BUDGET_H
#define TRIBUTARY_ANALYTICS_BUDGET_H

#include "common/base/arena.h"
#include "common/base/status.h"
#include "common/outbox/outbox.h"
#include "common/postgres/array.h"
#include "common/postgres/tx.h"
#include "consumers/analytics/sums.h"

#include <stdint.h>

enum { BUDGET_COLUMNS = 5 };

/* Reused parameter arrays. */
struct budget {
    struct postgres_array changes[BUDGET_COLUMNS];
    struct outbox outbox;
};

void budget_init(struct budget *budget);
void budget_done(struct budget *budget);

/* months: the folded changes, which the sums have in them already. One statement; more only where a
 * limit is crossed. */
enum status budget_tell(struct budget *budget, struct postgres_tx *tx, const struct sums *months,
                        struct arena *arena, int64_t wall_us, struct error *error) MUST_CHECK;

#endif
