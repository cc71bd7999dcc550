/* The SQL of the learner, inside the runtime's transaction. */
#ifndef TRIBUTARY_LEARNER_STORE_H
#define TRIBUTARY_LEARNER_STORE_H

#include "common/base/status.h"
#include "common/postgres/array.h"
#include "common/postgres/postgres.h"
#include "common/postgres/tx.h"
#include "common/worker/batch.h"
#include "consumers/learner/lessons.h"

enum { STORE_COLUMNS = 13 };

/* Reused parameter arrays; one a thread. */
struct store {
    struct postgres_array shown[STORE_COLUMNS];
    struct postgres_array parked[STORE_COLUMNS];
    struct postgres_array pairs[STORE_COLUMNS];
    struct postgres_array audit[STORE_COLUMNS];
    struct postgres_array weights[STORE_COLUMNS];
    struct postgres_array counts[STORE_COLUMNS];
    struct postgres_array counters[STORE_COLUMNS];
};

void store_init(struct store *store);
void store_done(struct store *store);

/* Inserts what was shown (records of INPUT_CLASSIFICATIONS) and what was said (of INPUT_FEEDBACK)
 * where it is not there yet. No two may have the same (user_key, id_hash). Result: user_key and
 * hash of each that was new. Left out is what was said of a transaction that was not shown, where
 * 256 others wait for it already. */
enum status store_add(struct store *store, struct postgres_tx *tx, bool said,
                      const struct record *const *records, size_t count,
                      struct postgres_result **ret_new, struct error *error) MUST_CHECK;

/* The full ids under the (user_key, id_hash) of these records. Result: user_key, hash, id. */
enum status store_ids(struct store *store, struct postgres_tx *tx, bool said,
                      const struct record *const *records, size_t count,
                      struct postgres_result **ret_ids, struct error *error) MUST_CHECK;

/* Both halves are there and were not learnt yet, among the transactions that these records are or
 * are about. Fills lessons->items from the arena; the texts live as long as the result. REJECT
 * (no_room) where a batch of several records has too many. */
enum status store_find_lessons(struct store *store, struct postgres_tx *tx,
                               const struct batch *batch, struct lessons *lessons,
                               struct postgres_result **ret_rows, struct error *error) MUST_CHECK;

/* Raises the counters by what the lessons need, and reads the pupils' states; both results must
 * live until lessons_learn is done. */
enum status store_start_learning(struct store *store, struct postgres_tx *tx,
                                 struct lessons *lessons, struct postgres_result **ret_states,
                                 struct error *error) MUST_CHECK;

/* Weights, audit, counts; and the lessons are marked as learnt. */
enum status store_finish_learning(struct store *store, struct postgres_tx *tx,
                                  const struct lessons *lessons, int64_t now_us,
                                  struct error *error) MUST_CHECK;

#endif
