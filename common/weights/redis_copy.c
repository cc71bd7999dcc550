#include "common/weights/redis_copy.h"

#include <stdio.h>

enum { KEY_BYTES = 128 };

/* "Set if newer" cannot tell an old copy where there is none to compare it with: a Redis that came
 * back with yesterday's data, or a late writer after a flush. Such a copy is believed until it
 * expires; a user who is asked for after that costs Postgres one look-up. */
#define COPY_TTL_MS (INT64_C(6) * 3600 * 1000)

static struct slice key_of(const struct weights_copy *copy, char *text)
{
    int size = snprintf(text, KEY_BYTES, "weights:%.*s:%.*s", SLICE_FORMAT(copy->tenant),
                        SLICE_FORMAT(copy->user));

    return (struct slice){text, (size_t)size};
}

static enum status append_write(struct redis *redis, const struct weights_copy *copy,
                                struct error *error)
{
    const struct slice fields[] = {REDIS_VALUE, copy->state};
    char text[KEY_BYTES];
    const struct redis_newer newer = {.key = key_of(copy, text),
                                      .version = copy->number,
                                      .ttl_ms = COPY_TTL_MS,
                                      .fields = fields,
                                      .count = 2};

    return redis_append_newer(redis, &newer, error);
}

static enum status append_read(struct redis *redis, const struct weights_copy *copy,
                               struct error *error)
{
    const struct slice fields[] = {REDIS_VERSION, REDIS_VALUE};
    char text[KEY_BYTES];
    const struct redis_command command = {
        .name = "HMGET", .key = key_of(copy, text), .arguments = fields, .count = 2};

    return redis_append(redis, &command, error);
}

static size_t at_most(size_t count)
{
    return count < REDIS_COPY_PIPELINE ? count : REDIS_COPY_PIPELINE;
}

enum status redis_copy_write(struct redis *redis, const struct weights_copy *copies, size_t count,
                             struct error *error)
{
    for (size_t begin = 0, size; begin < count; begin += size) {
        size = at_most(count - begin);
        for (size_t i = 0; i < size; i++) {
            enum status status = append_write(redis, &copies[begin + i], error);

            if (status != STATUS_OK) {
                redis_drop(redis);
                return status;
            }
        }
        for (size_t i = 0; i < size; i++) {
            struct redis_reply reply;
            enum status status = redis_next(redis, &reply, error);

            if (status != STATUS_OK) {
                redis_drop(redis);
                return status;
            }
        }
    }
    return STATUS_OK;
}

static bool read_number(struct slice text, int64_t *ret_number)
{
    int64_t number = 0;

    if (text.size == 0 || text.size > 18)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        number = number * 10 + (text.data[i] - '0');
    }
    *ret_number = number;
    return true;
}

static void tell(const struct redis_reply *reply, redis_copy_found *found, void *context,
                 size_t index)
{
    struct redis_reply number, state;
    int64_t version = 0;
    bool is = false;

    if (reply->type == REDIS_TYPE_ARRAY && reply->count == 2) {
        number = redis_item(reply, 0);
        state = redis_item(reply, 1);
        is = number.type == REDIS_TYPE_TEXT && state.type == REDIS_TYPE_TEXT &&
             read_number(number.text, &version);
    }
    found(context, index, is, version, is ? state.text : (struct slice){NULL, 0});
}

enum status redis_copy_read(struct redis *redis, const struct weights_copy *copies, size_t count,
                            redis_copy_found *found, void *context, struct error *error)
{
    for (size_t begin = 0, size; begin < count; begin += size) {
        size = at_most(count - begin);
        for (size_t i = 0; i < size; i++) {
            enum status status = append_read(redis, &copies[begin + i], error);

            if (status != STATUS_OK) {
                redis_drop(redis);
                return status;
            }
        }
        for (size_t i = 0; i < size; i++) {
            struct redis_reply reply;
            enum status status = redis_next(redis, &reply, error);

            if (status != STATUS_OK) {
                redis_drop(redis);
                return status;
            }
            tell(&reply, found, context, begin + i);
        }
    }
    return STATUS_OK;
}
