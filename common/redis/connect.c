/* The life of a connection: made and opened, closed, and kept from being tried too often. */
#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/redis/pipeline.h"
#include "common/redis/redis_error.h"
#include "common/redis/socket.h"

#include <inttypes.h>
#include <unistd.h>

enum { BACKOFF_BASE_MS = 50 };

struct redis *redis_new(const struct redis_settings *settings)
{
    struct redis *redis = must_alloc(sizeof *redis);
    uint64_t seed = (uint64_t)clock_steady_us() ^ (uint64_t)getpid() << 32;

    MUST(settings->prefix == NULL || strlen(settings->prefix) <= REDIS_PREFIX_BYTES);
    redis->settings = settings;
    redis->limit_ms = INT64_MAX;
    buffer_init(&redis->out, REDIS_FLUSH_BYTES + 2 * REDIS_COMMAND_BYTES);
    random_init(&redis->random, seed ^ (uint64_t)(uintptr_t)redis);
    return redis;
}

void redis_set_deadline(struct redis *redis, int64_t steady_ms)
{
    redis->limit_ms = steady_ms;
}

int64_t redis_deadline(const struct redis *redis, int64_t timeout_ms)
{
    int64_t deadline_ms = clock_steady_ms() + timeout_ms;

    return deadline_ms < redis->limit_ms ? deadline_ms : redis->limit_ms;
}

static void forget_reply(struct redis *redis)
{
    if (redis->reply != NULL)
        freeReplyObject(redis->reply);
    redis->reply = NULL;
}

void redis_close(struct redis *redis)
{
    if (redis->context != NULL)
        redisFree(redis->context);
    redis->context = NULL;
    redis->script_loaded = false;
    redis->pending = 0;
    redis->in_flight = 0;
    redis->head = 0;
    buffer_reset(&redis->out);
}

void redis_free(struct redis *redis)
{
    if (redis == NULL)
        return;
    forget_reply(redis);
    redis_close(redis);
    buffer_done(&redis->out);
    free(redis);
}

void redis_drop(struct redis *redis)
{
    forget_reply(redis);
    if (redis->pending > 0)
        redis_close(redis);
}

void redis_back_off(struct redis *redis)
{
    redis_close(redis);
    redis->next_try_ms =
        clock_steady_ms() + random_backoff_ms(&redis->random, BACKOFF_BASE_MS,
                                              redis->settings->reconnect_cap_ms, redis->attempt);
    if (redis->attempt < 30)
        redis->attempt++;
}

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* With a round trip of its own: no command may reach a server to which we are still a stranger. */
static enum status authenticate(struct redis *redis, int64_t deadline_ms, struct error *error)
{
    const struct redis_settings *settings = redis->settings;
    redisReply *reply = NULL;
    enum status status;

    if (!is_set(settings->password))
        return STATUS_OK;
    redis_begin_command(redis, "AUTH");
    if (is_set(settings->username))
        redis_add_word(redis, slice_of(settings->username));
    redis_add_word(redis, slice_of(settings->password));
    status = redis_end_command(redis, true, error);
    if (status == STATUS_OK)
        status = redis_send(redis->context, settings->address, &redis->out, deadline_ms, error);
    if (status == STATUS_OK)
        status = redis_receive(redis->context, settings->address, deadline_ms, &reply, error);
    redis->in_flight = 0;
    if (status != STATUS_OK)
        return status;
    if (reply->type == REDIS_REPLY_ERROR) {
        /* Whatever it says, an operator can mend it. */
        (void)redis_error_reply((struct slice){reply->str, reply->len}, error);
        status = error->status = STATUS_RETRY;
    }
    freeReplyObject(reply);
    return status;
}

static enum status connect_now(struct redis *redis, struct error *error)
{
    const struct redis_settings *settings = redis->settings;
    int64_t now_ms = clock_steady_ms();
    int64_t deadline_ms = redis_deadline(redis, settings->connect_timeout_ms);
    enum status status;

    if (now_ms < redis->next_try_ms)
        return error_set(error, STATUS_RETRY, "redis %.100s: away, next attempt in %" PRId64 " ms",
                         settings->address, redis->next_try_ms - now_ms);
    status = redis_connect(settings->address, deadline_ms, &redis->context, error);
    if (status == STATUS_OK)
        status = authenticate(redis, deadline_ms, error);
    if (status != STATUS_OK)
        redis_back_off(redis);
    return status;
}

enum status redis_open(struct redis *redis, struct error *error)
{
    forget_reply(redis);
    if (redis->context != NULL && redis->in_flight == 0 && redis_is_stale(redis->context))
        redis_close(redis);
    return redis->context != NULL ? STATUS_OK : connect_now(redis, error);
}
