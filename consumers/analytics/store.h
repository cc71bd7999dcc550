/* The SQL of analytics: ledger, corrections and sums, inside the runtime's transaction. */
#ifndef TRIBUTARY_ANALYTICS_STORE_H
#define TRIBUTARY_ANALYTICS_STORE_H

#include "common/base/status.h"
#include "common/postgres/array.h"
#include "common/postgres/postgres.h"
#include "common/postgres/result.h"
#include "common/postgres/tx.h"
#include "common/worker/batch.h"
#include "consumers/analytics/sums.h"

#include <stdbool.h>
#include <stddef.h>

enum { STORE_COLUMNS = 16 };

/* Reused parameter arrays; one a thread. */
struct store {
    struct postgres_array ledger[STORE_COLUMNS];
    struct postgres_array corrections[STORE_COLUMNS];
    struct postgres_array pairs[STORE_COLUMNS];
    struct postgres_array moves[STORE_COLUMNS];
    struct postgres_array users[STORE_COLUMNS];   /* days, months */
    struct postgres_array tenants[STORE_COLUMNS]; /* hours */
};

void store_init(struct store *store);
void store_done(struct store *store);

/* Inserts the transactions (records of INPUT_CLASSIFICATIONS) that are not there yet, under the
 * category of their latest correction if there is one. Result: user_key, id_hash, category_key of
 * each that was new. No two may have the same (user_key, id_hash). */
enum status store_add_ledger(struct store *store, struct postgres_tx *tx,
                             const struct record *const *records, size_t count,
                             struct postgres_result **ret_new, struct error *error) MUST_CHECK;

/* Inserts the feedback that is not there yet. Result: user_key, feedback_hash of each new one. */
enum status store_add_corrections(struct store *store, struct postgres_tx *tx,
                                  const struct record *const *records, size_t count,
                                  struct postgres_result **ret_new, struct error *error) MUST_CHECK;

/* The full ids that stand under the (user_key, id_hash) of these records. Result: user_key, hash,
 * id. */
enum status store_ids(struct store *store, struct postgres_tx *tx, bool of_feedback,
                      const struct record *const *records, size_t count,
                      struct postgres_result **ret_ids, struct error *error) MUST_CHECK;

/* Locks the ledger rows that these corrections are about. Result, each row once, in any order:
 * user_key, id_hash, event_id, category_key, correction_offset, amount_minor, currency,
 * occurred_at. */
enum status store_lock_ledger(struct store *store, struct postgres_tx *tx,
                              const struct record *const *records, size_t count,
                              struct postgres_result **ret_rows, struct error *error) MUST_CHECK;

/* Gives ledger rows the category of the correction. Each row at most once. */
enum status store_recategorise(struct store *store, struct postgres_tx *tx,
                               const struct record *const *corrections, size_t count,
                               struct error *error) MUST_CHECK;

/* Adds the folded changes to the sums. Result: user_key, month (date of its first day),
 * category (name), currency, sum_minor, events of every month sum that changed, as it is now; in
 * the order of user and month. */
enum status store_add_sums(struct store *store, struct postgres_tx *tx, const struct sum_sets *sets,
                           struct postgres_result **ret_months, struct error *error) MUST_CHECK;

/* In autocommit: every sum of these months, with the columns and in the order of store_add_sums. No
 * month twice. */
struct store_month {
    int64_t user_key;
    int32_t first_day; /* days since 1970 */
};
enum status store_read_months(struct store *store, struct postgres *db,
                              const struct store_month *months, size_t count,
                              struct postgres_result **ret_months, struct error *error) MUST_CHECK;

#endif
