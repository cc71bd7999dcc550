#include "common/redis/pipeline.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/redis/redis_error.h"
#include "common/redis/socket.h"

void redis_begin_command(struct redis *redis, const char *name)
{
    redis->word_count = 0;
    redis_add_word(redis, slice_of(name));
}

void redis_add_word(struct redis *redis, struct slice word)
{
    MUST(redis->word_count < REDIS_WORDS_MAX);
    redis->words[redis->word_count] = word.size == 0 ? "" : word.data;
    redis->sizes[redis->word_count++] = word.size;
}

void redis_add_key(struct redis *redis, struct slice key)
{
    const char *prefix = redis->settings->prefix;
    size_t size = prefix == NULL ? 0 : strlen(prefix);

    if (size > 0)
        memcpy(redis->key, prefix, size);
    if (key.size > 0)
        memcpy(redis->key + size, key.data, key.size);
    redis_add_word(redis, (struct slice){redis->key, size + key.size});
}

static enum status flush(struct redis *redis, struct error *error)
{
    enum status status;

    if (redis->out.size == 0)
        return STATUS_OK;
    redis->deadline_ms = redis_deadline(redis, redis->settings->command_timeout_ms);
    status = redis_send(redis->context, redis->settings->address, &redis->out, redis->deadline_ms,
                        error);
    if (status != STATUS_OK)
        redis_back_off(redis);
    return status;
}

enum status redis_end_command(struct redis *redis, bool internal, struct error *error)
{
    char *command = NULL;
    long long size =
        redisFormatCommandArgv(&command, (int)redis->word_count, redis->words, redis->sizes);

    MUST(size > 0 && redis->in_flight < REDIS_RING_SIZE);
    buffer_append(&redis->out, command, (size_t)size);
    redisFreeCommand(command);
    MUST(!redis->out.overflow);
    redis->internal[(redis->head + redis->in_flight) % REDIS_RING_SIZE] = internal;
    redis->in_flight++;
    redis->pending += !internal;
    return redis->out.size > REDIS_FLUSH_BYTES ? flush(redis, error) : STATUS_OK;
}

enum status redis_check_command(const struct redis_command *command, struct error *error)
{
    size_t bytes = command->key.size;

    if (command->key.size > REDIS_KEY_BYTES)
        return error_set(error, STATUS_REJECT, "redis %s: a key of %zu bytes, more than %d",
                         command->name, command->key.size, REDIS_KEY_BYTES);
    if (command->count > REDIS_ARGUMENTS_MAX)
        return error_set(error, STATUS_REJECT, "redis %s: %zu arguments, more than %d",
                         command->name, command->count, REDIS_ARGUMENTS_MAX);
    for (size_t i = 0; i < command->count; i++) {
        if (command->arguments[i].size > REDIS_COMMAND_BYTES - bytes)
            return error_set(error, STATUS_REJECT, "redis %s: larger than %d bytes", command->name,
                             REDIS_COMMAND_BYTES);
        bytes += command->arguments[i].size;
    }
    return STATUS_OK;
}

enum status redis_append(struct redis *redis, const struct redis_command *command,
                         struct error *error)
{
    enum status status = redis_check_command(command, error);

    MUST(redis->pending < REDIS_IN_FLIGHT_MAX);
    if (status == STATUS_OK)
        status = redis_open(redis, error);
    if (status != STATUS_OK)
        return status;
    redis_begin_command(redis, command->name);
    if (command->key.data != NULL)
        redis_add_key(redis, command->key);
    for (size_t i = 0; i < command->count; i++)
        redis_add_word(redis, command->arguments[i]);
    return redis_end_command(redis, false, error);
}

enum status redis_append_publish(struct redis *redis, struct slice channel, struct slice message,
                                 struct error *error)
{
    const struct redis_command publish = {
        .name = "PUBLISH", .key = channel, .arguments = &message, .count = 1};

    return redis_append(redis, &publish, error);
}

size_t redis_pending(const struct redis *redis)
{
    return redis->pending;
}

/* The reply of the oldest command that is not our own. */
static enum status receive(struct redis *redis, redisReply **ret_reply, struct error *error)
{
    for (;;) {
        redisReply *reply = NULL;
        enum status status = redis_receive(redis->context, redis->settings->address,
                                           redis->deadline_ms, &reply, error);
        bool internal = redis->internal[redis->head];

        if (status != STATUS_OK) {
            redis_back_off(redis);
            return status;
        }
        redis->head = (redis->head + 1) % REDIS_RING_SIZE;
        redis->in_flight--;
        if (!internal) {
            redis->pending--;
            *ret_reply = reply;
            return STATUS_OK;
        }
        freeReplyObject(reply); /* were it an error, the command behind it will tell */
    }
}

static struct redis_reply view(const redisReply *reply)
{
    switch (reply->type) {
    case REDIS_REPLY_NIL:
        return (struct redis_reply){.type = REDIS_TYPE_NIL};
    case REDIS_REPLY_INTEGER:
        return (struct redis_reply){.type = REDIS_TYPE_INTEGER, .integer = reply->integer};
    case REDIS_REPLY_ARRAY:
        return (struct redis_reply){
            .type = REDIS_TYPE_ARRAY, .count = reply->elements, .items = reply->element};
    default: /* a string, a status such as OK, an error within an array */
        return (struct redis_reply){.type = REDIS_TYPE_TEXT, .text = {reply->str, reply->len}};
    }
}

struct redis_reply redis_item(const struct redis_reply *reply, size_t index)
{
    redisReply *const *items = reply->items;

    MUST(index < reply->count);
    return view(items[index]);
}

enum status redis_next(struct redis *redis, struct redis_reply *ret_reply, struct error *error)
{
    redisReply *reply = NULL;
    enum status status;

    if (redis->reply != NULL)
        freeReplyObject(redis->reply);
    redis->reply = NULL;
    if (redis->pending == 0)
        return error_set(error, STATUS_RETRY, "redis %.100s: nothing is in flight",
                         redis->settings->address);
    status = flush(redis, error);
    if (status == STATUS_OK)
        status = receive(redis, &reply, error);
    if (status != STATUS_OK)
        return status;
    redis->attempt = 0;
    redis->reply = reply;
    if (reply->type != REDIS_REPLY_ERROR) {
        *ret_reply = view(reply);
        return STATUS_OK;
    }
    if (strncmp(reply->str, "NOSCRIPT", strlen("NOSCRIPT")) == 0)
        redis->script_loaded = false;
    return redis_error_reply((struct slice){reply->str, reply->len}, error);
}

enum status redis_call(struct redis *redis, const struct redis_command *command,
                       struct redis_reply *ret_reply, struct error *error)
{
    enum status status;

    MUST(redis->pending == 0);
    status = redis_append(redis, command, error);
    return status == STATUS_OK ? redis_next(redis, ret_reply, error) : status;
}
