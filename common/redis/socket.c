#include "common/redis/socket.h"

#include "common/base/clock.h"
#include "common/redis/redis.h"
#include "common/redis/redis_error.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { DEFAULT_PORT = 6379, HOST_BYTES = 256 };

/* 0: ready; else ETIMEDOUT or what poll says. */
static int wait_for(const redisContext *context, short events, int64_t deadline_ms)
{
    struct pollfd fd = {.fd = context->fd, .events = events};

    for (;;) {
        int64_t left_ms = deadline_ms - clock_steady_ms();
        int ready = poll(&fd, 1, left_ms > 0 ? (int)left_ms : 0);

        if (ready >= 0)
            return ready > 0 ? 0 : ETIMEDOUT;
        if (errno != EINTR)
            return errno;
    }
}

/* "host", "host:port", "[v6]:port". */
static bool parse_address(const char *address, char *host, int *ret_port)
{
    bool bracket = address[0] == '[';
    size_t size = strcspn(address + bracket, bracket ? "]" : ":");
    const char *rest = address + bracket + size;
    char *end;
    long port;

    if (size == 0 || size >= HOST_BYTES || (bracket && *rest++ != ']'))
        return false;
    memcpy(host, address + bracket, size);
    host[size] = '\0';
    *ret_port = DEFAULT_PORT;
    if (*rest == '\0')
        return true;
    if (*rest != ':' || rest[1] < '0' || rest[1] > '9')
        return false;
    port = strtol(rest + 1, &end, 10);
    *ret_port = (int)port;
    return *end == '\0' && port > 0 && port < 65536;
}

static redisContext *begin_connect(const char *address, struct error *error)
{
    char host[HOST_BYTES];
    int port;

    if (address[0] == '/')
        return redisConnectUnixNonBlock(address);
    if (!parse_address(address, host, &port)) {
        (void)error_set(error, STATUS_FATAL,
                        "redis address \"%.100s\" is neither host:port nor an absolute path",
                        address);
        return NULL;
    }
    return redisConnectNonBlock(host, port);
}

/* What became of a connect that was begun. */
static int connect_result(const redisContext *context, int64_t deadline_ms)
{
    int result = wait_for(context, POLLOUT, deadline_ms);
    socklen_t size = sizeof result;

    if (result == 0 && getsockopt(context->fd, SOL_SOCKET, SO_ERROR, &result, &size) != 0)
        result = errno;
    return result;
}

enum status redis_connect(const char *address, int64_t deadline_ms, redisContext **ret_context,
                          struct error *error)
{
    redisContext *context = begin_connect(address, error);
    int result;

    if (context == NULL)
        return error->status != STATUS_OK
                   ? error->status
                   : redis_error_connection(address, "out of memory", 0, error);
    if (context->err != 0) {
        (void)redis_error_connection(address, context->errstr, 0, error);
        redisFree(context);
        return STATUS_RETRY;
    }
    result = connect_result(context, deadline_ms);
    if (result != 0) {
        redisFree(context);
        return redis_error_connection(address, "cannot connect", result, error);
    }
    if (address[0] != '/')
        (void)redisEnableKeepAlive(context);
    *ret_context = context;
    return STATUS_OK;
}

enum status redis_send(redisContext *context, const char *address, struct buffer *out,
                       int64_t deadline_ms, struct error *error)
{
    size_t sent = 0;

    while (sent < out->size) {
        ssize_t size = send(context->fd, out->data + sent, out->size - sent, MSG_NOSIGNAL);
        int result = size < 0 ? errno : 0;

        if (result == EAGAIN || result == EWOULDBLOCK)
            result = wait_for(context, POLLOUT, deadline_ms);
        if (result != 0 && result != EINTR)
            return redis_error_connection(address, "cannot send", result, error);
        sent += size > 0 ? (size_t)size : 0;
    }
    buffer_reset(out);
    return STATUS_OK;
}

/* Reads what is there, once. */
static enum status receive_some(redisContext *context, const char *address, int64_t deadline_ms,
                                struct error *error)
{
    int result = wait_for(context, POLLIN, deadline_ms);

    if (result != 0)
        return redis_error_connection(address, "no reply", result, error);
    if (redisBufferRead(context) != REDIS_OK)
        return redis_error_connection(address, context->errstr, 0, error);
    return STATUS_OK;
}

enum status redis_receive(redisContext *context, const char *address, int64_t deadline_ms,
                          redisReply **ret_reply, struct error *error)
{
    size_t received = 0;

    for (;;) {
        void *reply = NULL;
        size_t before;
        enum status status;

        if (redisGetReplyFromReader(context, &reply) != REDIS_OK)
            return redis_error_connection(address, context->errstr, 0, error);
        if (reply != NULL) {
            *ret_reply = reply;
            return STATUS_OK;
        }
        before = context->reader->len;
        status = receive_some(context, address, deadline_ms, error);
        if (status != STATUS_OK)
            return status;
        received += context->reader->len > before ? context->reader->len - before : 0;
        if (received > REDIS_REPLY_BYTES)
            return redis_error_connection(address, "reply too large", 0, error);
    }
}

bool redis_is_stale(const redisContext *context)
{
    return wait_for(context, POLLIN, 0) == 0;
}
