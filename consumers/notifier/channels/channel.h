/* The ways in which a notification reaches people: a table of channels. A new way is a new file and
 * a line in channels.c. A channel delivers once and says what came of it; when to try again is the
 * sender's business.
 *
 * Threads: the loop's. */
#ifndef TRIBUTARY_CHANNELS_CHANNEL_H
#define TRIBUTARY_CHANNELS_CHANNEL_H

#include "common/base/slice.h"
#include "common/base/status.h"
#include "common/crypto/uuid.h"
#include "common/redis/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

enum channel_result {
    CHANNEL_SENT,
    CHANNEL_FAILED,   /* perhaps another time */
    CHANNEL_GONE,     /* the endpoint wants no more, ever */
    CHANNEL_DEFERRED, /* not tried: no room just now */
};

struct channel_outcome {
    enum channel_result result;
    int status;            /* of the answer: HTTP's for webhooks; 0: none */
    int64_t retry_after_s; /* 0: not said */
    const char *detail;    /* one line, borrowed for the call; holds nothing of the payload */
};

/* One attempt. Everything is borrowed until done. */
struct channel_message {
    struct crypto_uuid id; /* the same at every attempt */
    struct slice tenant;
    struct slice user;
    struct slice payload; /* JSON */
    /* Of the endpoint. C strings. */
    const char *url;
    const char *secret;
    const char *previous_secret; /* "": none */
    bool allow_private;
    /* Comes exactly once for each send, in it or later, unless the channel is freed before. */
    void (*done)(struct channel_message *message, const struct channel_outcome *outcome);
};

/* What channels may use. Borrowed for their life. */
struct channel_context {
    struct loop *loop;
    const struct redis_settings *redis;
    int64_t timeout_ms;  /* of an attempt */
    size_t at_once;      /* attempts under way in all endpoints of a channel */
    const char *ca_file; /* PEM; NULL: the system's */
};

struct channel {
    const char *name;    /* as in the table endpoints */
    size_t per_endpoint; /* attempts under way at one endpoint */
    enum status (*open)(void **ret_state, const struct channel_context *context,
                        struct error *error);
    /* wall_us: now. */
    void (*send)(void *state, struct channel_message *message, int64_t wall_us);
    /* After a round of sends; may be NULL. */
    void (*flush)(void *state);
    void (*close)(void *state); /* NULL is fine */
};

enum { CHANNELS = 2 };
extern const struct channel *const channels[CHANNELS];

#endif
