/* The outbox: what people are to be told, written in the transaction of what it tells of. The one
 * table that any sink may append to; senders deliver from it (consumers/notifier/sender).
 *
 * A notification goes to every endpoint of its tenant that is not disabled, one row each, and to
 * the built-in `live` one. Its id is made of (endpoint, kind, subject) alone, so the same cause
 * gives the same id whoever sees it again: a row that is there already is left alone.
 *
 * One thread at a time. */
#ifndef TRIBUTARY_OUTBOX_OUTBOX_H
#define TRIBUTARY_OUTBOX_OUTBOX_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/slice.h"
#include "common/base/status.h"
#include "common/crypto/uuid.h"
#include "common/json/json.h"
#include "common/postgres/array.h"
#include "common/postgres/tx.h"

#include <stddef.h>
#include <stdint.h>

enum {
    OUTBOX_COLUMNS = 7,
    OUTBOX_PAYLOAD_BYTES = 20 * 1024, /* Standard Webhooks 1.0.0 asks for no more */
};

/* Reused parameter arrays. */
struct outbox {
    struct postgres_array tenants;
    struct postgres_array columns[OUTBOX_COLUMNS];
};

void outbox_init(struct outbox *outbox);
void outbox_done(struct outbox *outbox);

/* One notification and, after outbox_append, what became of it. */
struct outbox_item {
    int32_t tenant_key;
    int64_t user_key;
    const char *kind;     /* "transaction.review": a literal of [a-z.] */
    struct slice subject; /* what of the user's it is about; unique within (user, kind) */
    struct slice payload; /* see outbox_payload_begin */
    size_t ret_rows;      /* how many rows it comes to: one an endpoint */
    size_t ret_new;       /* how many of them were not there before */
};

/* Inserts what is new, in the order of ids, so that two writers never wait for each other in a
 * circle. Of two items with the same user, kind and subject the first one's payload counts, and the
 * second has nothing new. Two round trips; none without items. REJECT when the arena has no room.
 */
enum status outbox_append(struct outbox *outbox, struct postgres_tx *tx, struct outbox_item *items,
                          size_t count, struct arena *arena, struct error *error) MUST_CHECK;

/* A payload as Standard Webhooks 1.0.0 has it: {"type":kind,"timestamp":…,"data":{ … }}. What is
 * written between begin and end are members of "data". */
void outbox_payload_begin(struct json_writer *writer, struct buffer *out, const char *kind,
                          int64_t at_us);
void outbox_payload_end(struct json_writer *writer);

/* The id of a notification's row: uuidv5(uuidv5(endpoint, kind), "<user key>/<subject>"). No two
 * users share a subject: a user key is digits. */
struct crypto_uuid outbox_id(struct crypto_uuid endpoint, const char *kind, int64_t user_key,
                             struct slice subject);

#endif
