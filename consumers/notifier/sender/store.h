/* The SQL of the sender. Every time is the database's: senders need no common clock. */
#ifndef TRIBUTARY_SENDER_STORE_H
#define TRIBUTARY_SENDER_STORE_H

#include "common/base/status.h"
#include "common/crypto/uuid.h"
#include "common/postgres/array.h"
#include "common/postgres/postgres.h"
#include "consumers/notifier/channels/channel.h"

#include <stddef.h>
#include <stdint.h>

enum { STORE_MARK_COLUMNS = 10, STORE_LIMIT_COLUMNS = 2, STORE_CHANNEL_COLUMNS = 2 };

/* Reused parameter arrays. */
struct store {
    struct postgres_array marks[STORE_MARK_COLUMNS];
    struct postgres_array limits[STORE_LIMIT_COLUMNS];     /* of endpoints that have less room */
    struct postgres_array channels[STORE_CHANNEL_COLUMNS]; /* what this program can deliver */
    struct postgres_array gone;
};

void store_init(struct store *store);
void store_done(struct store *store);

/* RETRY while there is no schema, FATAL when it is another one than this program's. */
enum status store_check_schema(struct postgres *db, struct error *error) MUST_CHECK;

/* Before a lease: what endpoints have less room than their channel gives. */
void store_limits_reset(struct store *store);
void store_limits_add(struct store *store, const struct crypto_uuid *endpoint, size_t slots);

/* The columns of what store_lease gives. */
enum {
    LEASED_ID,
    LEASED_ENDPOINT,
    LEASED_CHANNEL,
    LEASED_TENANT,
    LEASED_USER,
    LEASED_PAYLOAD,
    LEASED_URL,
    LEASED_SECRET,
    LEASED_PREVIOUS_SECRET,
    LEASED_ALLOW_PRIVATE,
    LEASED_ATTEMPTS, /* this one counted */
    LEASED_CREATED,
};

/* Takes up to `most` due rows, the oldest first, under this lease: for lease_ms they are ours, and
 * afterwards due again. */
enum status store_lease(struct store *store, struct postgres *db, const uint8_t *lease,
                        int64_t lease_ms, size_t most, struct postgres_result **ret_rows,
                        struct error *error) MUST_CHECK;

/* What came of an attempt. */
struct mark {
    struct crypto_uuid id;
    struct crypto_uuid endpoint;
    const uint8_t *lease;
    const char *state;   /* what the row becomes: due, sent or dead */
    const char *outcome; /* for the log of attempts; NULL: it was not tried, and does not count */
    const char *detail;
    int64_t delay_ms; /* of a row that becomes due again */
    int attempt;
    int status;
    int64_t elapsed_ms;
    bool gone; /* the endpoint wants no more */
};

/* Writes marks down, disables endpoints that are gone, and logs the attempts. Result: the ids of
 * rows that were still under their lease; the others are another sender's now and stay as they are.
 * When it fails it may have taken effect, and may be done again. */
void store_marks_reset(struct store *store);
void store_marks_add(struct store *store, const struct mark *mark);
enum status store_mark(struct store *store, struct postgres *db, struct postgres_result **ret_ids,
                       struct error *error) MUST_CHECK;

/* For how long the oldest row that an endpoint would take has been due; 0: none is. */
enum status store_oldest_s(struct postgres *db, double *ret_age_s, struct error *error) MUST_CHECK;

/* Removes some of the attempts that are older than keep_ms. */
enum status store_prune(struct postgres *db, int64_t keep_ms, struct error *error) MUST_CHECK;

#endif
