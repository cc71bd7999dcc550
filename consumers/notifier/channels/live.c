#include "consumers/notifier/channels/live.h"

#include "common/base/must.h"
#include "common/redis/redis.h"

#include <stdio.h>
#include <stdlib.h>

enum { LIVE_IN_FLIGHT = 256, LIVE_NAME_BYTES = 256 };

struct live {
    struct redis *redis;
    struct channel_message *messages[LIVE_IN_FLIGHT]; /* published, in the order of the replies */
    size_t count;
};

static void live_close(void *state)
{
    struct live *live = state;

    if (live == NULL)
        return;
    redis_free(live->redis);
    free(live);
}

static enum status live_open(void **ret_state, const struct channel_context *context,
                             struct error *error)
{
    struct live *live = must_alloc(sizeof *live);

    (void)error;
    live->redis = redis_new(context->redis);
    *ret_state = live;
    return STATUS_OK;
}

static void live_tell(struct channel_message *message, enum status status,
                      const struct error *error)
{
    struct channel_outcome outcome = {.result = status == STATUS_OK ? CHANNEL_SENT : CHANNEL_FAILED,
                                      .detail = status == STATUS_OK ? "" : error->text};

    message->done(message, &outcome);
}

static void live_flush(void *state)
{
    struct live *live = state;
    size_t count = live->count;

    live->count = 0;
    for (size_t i = 0; i < count; i++) {
        struct error error = {0};
        struct redis_reply reply;
        enum status status = redis_next(live->redis, &reply, &error);

        live_tell(live->messages[i], status, &error);
    }
    redis_drop(live->redis);
}

static void live_send(void *state, struct channel_message *message, int64_t wall_us)
{
    struct live *live = state;
    struct error error = {0};
    char name[LIVE_NAME_BYTES];
    int size = snprintf(name, sizeof name, "live:%.*s:%.*s", SLICE_FORMAT(message->tenant),
                        SLICE_FORMAT(message->user));
    enum status status;

    (void)wall_us;
    MUST(size > 0 && size < LIVE_NAME_BYTES);
    if (live->count == LIVE_IN_FLIGHT)
        live_flush(live);
    status = redis_append_publish(live->redis, (struct slice){name, (size_t)size}, message->payload,
                                  &error);
    if (status == STATUS_OK) {
        live->messages[live->count++] = message;
        return;
    }
    /* Away: what was in the pipeline is lost with it, and hears so from its own replies. */
    live_flush(live);
    live_tell(message, status, &error);
}

const struct channel live_channel = {
    .name = "live",
    .per_endpoint = LIVE_IN_FLIGHT,
    .open = live_open,
    .send = live_send,
    .flush = live_flush,
    .close = live_close,
};
