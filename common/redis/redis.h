/* A connection to Redis, with pipelining. Redis is a cache and a bus here: whatever fails may be
 * given up, nothing is lost by it, so every failure that time or an operator can mend is
 * STATUS_RETRY (wrong passwords too), and STATUS_REJECT is a command that Redis will never take.
 *
 *     redis_append(redis, &get_a, error), redis_append(redis, &get_b, error);   one round trip
 *     redis_next(redis, &reply, error), redis_next(redis, &reply, error);
 *
 * Connects by itself on the next use. While it is away, attempts are spaced by a jittered back-off
 * and calls in between fail at once. Commands go out with the first redis_next. When the
 * connection is lost, all that is in flight is lost with it: redis_pending falls to 0, and the
 * caller drops his pipeline. Whether the server carried the commands out is then unknown; what is
 * written here may be written twice. A host name is resolved by the system, whose waits are not
 * ours; use an address or a socket where that matters.
 *
 * Not for a Redis Cluster, nor for subscriptions. One thread at a time. */
#ifndef TRIBUTARY_REDIS_REDIS_H
#define TRIBUTARY_REDIS_REDIS_H

#include "common/base/owned.h"
#include "common/base/slice.h"
#include "common/base/status.h"
#include "common/redis/settings.h"

#include <stdbool.h>
#include <stdint.h>

struct redis;

enum {
    REDIS_IN_FLIGHT_MAX = 1024,    /* commands between two redis_next; more is a MUST */
    REDIS_ARGUMENTS_MAX = 4096,    /* of one command */
    REDIS_COMMAND_BYTES = 1 << 20, /* what is larger is rejected */
    REDIS_REPLY_BYTES = 16 << 20,  /* a larger one ends the connection */
    REDIS_KEY_BYTES = 1024,        /* without the prefix */
};

/* Does not connect. settings are borrowed as long as the connection. Never NULL. */
struct redis *redis_new(const struct redis_settings *settings);
void redis_free(struct redis *redis);
OWNED_DEFINE(redis);

/* From now on no call waits beyond this moment of clock_steady_ms, whatever the settings allow;
 * INT64_MAX takes it back. */
void redis_set_deadline(struct redis *redis, int64_t steady_ms);

/* A command as Redis documents it; bytes of any kind, borrowed for the call. */
struct redis_command {
    const char *name; /* "HMGET" */
    struct slice key; /* the key or channel, without the prefix; data NULL: the command has none */
    const struct slice *arguments; /* the others */
    size_t count;
};

/* Puts a command into the pipeline. Failure: it is not in it; with STATUS_RETRY (connection lost
 * or away) nothing else is either. */
MUST_CHECK enum status redis_append(struct redis *redis, const struct redis_command *command,
                                    struct error *error);

/* PUBLISH; the reply is the number of receivers. */
MUST_CHECK enum status redis_append_publish(struct redis *redis, struct slice channel,
                                            struct slice message, struct error *error);

/* Set if newer: a hash with its version in the field "v". Sets the given fields and a new time to
 * live, in one step, only when the stored version is lower or there is none; other fields stay.
 * The reply is 1 when it was stored, 0 when what is there is as new. One value as a whole is one
 * field, REDIS_VALUE; read back by HMGET key v d. */
#define REDIS_VERSION SLICE_LITERAL("v")
#define REDIS_VALUE   SLICE_LITERAL("d")

struct redis_newer {
    struct slice key;
    int64_t version;            /* 0 or more */
    int64_t ttl_ms;             /* above 0 */
    const struct slice *fields; /* name, value, name, value, … */
    size_t count;               /* of slices: twice the fields, at least 2 */
    bool only_there;            /* where there is none, none is made: the reply is REDIS_ABSENT */
};
enum { REDIS_ABSENT = -1 };

MUST_CHECK enum status redis_append_newer(struct redis *redis, const struct redis_newer *newer,
                                          struct error *error);

enum redis_type { REDIS_TYPE_NIL, REDIS_TYPE_TEXT, REDIS_TYPE_INTEGER, REDIS_TYPE_ARRAY };

/* Valid until the next call with the same connection. */
struct redis_reply {
    enum redis_type type;
    struct slice text;
    int64_t integer;
    size_t count;      /* items of an array */
    const void *items; /* use redis_item */
};

struct redis_reply redis_item(const struct redis_reply *reply, size_t index);

/* The reply of the oldest command in flight. Failure: either Redis refused that one command and
 * the replies behind it can still be had (redis_pending says how many), or all are lost and
 * redis_pending is 0. Without a command in flight: STATUS_RETRY. */
MUST_CHECK enum status redis_next(struct redis *redis, struct redis_reply *ret_reply,
                                  struct error *error);

/* Replies that are to come. */
size_t redis_pending(const struct redis *redis);

/* One command and its reply; nothing else may be in flight. */
MUST_CHECK enum status redis_call(struct redis *redis, const struct redis_command *command,
                                  struct redis_reply *ret_reply, struct error *error);

/* Gives up what is in flight, by closing the connection when there is anything. */
void redis_drop(struct redis *redis);

#endif
