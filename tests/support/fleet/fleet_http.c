/* One HTTP/1.1 request on a connection of its own, as little of the protocol as a test needs:
 * answers with Content-Length or until the end of the connection. */
#include "tests/support/fleet/fleet.h"

#include "common/base/buffer.h"
#include "common/base/must.h"
#include "tests/support/process/place.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_LIMIT = 16 << 20, REQUEST_LIMIT = 64 << 20, READ_BYTES = 64 << 10 };

/* A connection that gives up at a time. */
struct exchange {
    int socket;
    int64_t until_ms;
};

static bool wait_for(const struct exchange *exchange, short events)
{
    struct pollfd entry = {.fd = exchange->socket, .events = events};
    int64_t left_ms = exchange->until_ms - place_steady_ms();

    return left_ms > 0 && poll(&entry, 1, (int)left_ms) == 1;
}

static bool open_exchange(struct exchange *exchange, int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int code = 0;
    socklen_t size = sizeof code;

    exchange->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    MUST(exchange->socket >= 0);
    if (connect(exchange->socket, (const struct sockaddr *)&address, sizeof address) == 0)
        return true;
    return errno == EINPROGRESS && wait_for(exchange, POLLOUT) &&
           getsockopt(exchange->socket, SOL_SOCKET, SO_ERROR, &code, &size) == 0 && code == 0;
}

static void write_request(const struct fleet_request *request, struct buffer *out)
{
    buffer_format(out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n",
                  request->body == NULL ? "GET" : "POST", request->path, request->port);
    if (request->headers != NULL)
        buffer_append_text(out, request->headers);
    if (request->body != NULL)
        buffer_format(out, "Content-Length: %zu\r\n", request->body_size);
    buffer_append_text(out, "\r\n");
    if (request->body != NULL)
        buffer_append(out, request->body, request->body_size);
    MUST(!out->overflow);
}

static bool send_all(const struct exchange *exchange, struct slice bytes)
{
    while (bytes.size > 0) {
        ssize_t size = send(exchange->socket, bytes.data, bytes.size, MSG_NOSIGNAL);

        if (size < 0 && (errno != EAGAIN || !wait_for(exchange, POLLOUT)))
            return false;
        if (size > 0)
            bytes = (struct slice){bytes.data + size, bytes.size - (size_t)size};
    }
    return true;
}

/* The answer's whole size once its head is there and says so; SIZE_MAX until then. */
static size_t whole_size(const struct buffer *answer)
{
    const char *end;
    const char *header;
    size_t head_size;

    if (answer->size == 0)
        return SIZE_MAX;
    end = memmem(answer->data, answer->size, "\r\n\r\n", 4);
    if (end == NULL)
        return SIZE_MAX;
    head_size = (size_t)(end - answer->data) + 4;
    header = memmem(answer->data, head_size, "\r\nContent-Length:", 17);
    return header == NULL ? SIZE_MAX : head_size + strtoull(header + 17, NULL, 10);
}

static bool receive_all(const struct exchange *exchange, struct buffer *answer)
{
    while (answer->size < whole_size(answer)) {
        char bytes[READ_BYTES];
        ssize_t size;

        if (!wait_for(exchange, POLLIN))
            return false;
        size = recv(exchange->socket, bytes, sizeof bytes, 0);
        if (size == 0)
            break;
        if (size > 0)
            buffer_append(answer, bytes, (size_t)size);
        if ((size < 0 && errno != EAGAIN) || answer->overflow)
            return false;
    }
    return answer->size > 0;
}

/* The status; the body, NUL-terminated, in *ret_answer if that is not NULL. */
static int read_answer(struct buffer *answer, char **ret_answer)
{
    const char *end = memmem(answer->data, answer->size, "\r\n\r\n", 4);
    int status = 0;

    if (end == NULL)
        return 0;
    buffer_append_byte(answer, 0);
    if (answer->overflow || sscanf(answer->data, "HTTP/1.1 %d", &status) != 1)
        return 0;
    if (ret_answer != NULL) {
        end = memmem(answer->data, answer->size, "\r\n\r\n", 4);
        MUST(end != NULL);
        *ret_answer = strdup(end + 4);
    }
    return status;
}

int fleet_http(const struct fleet_request *request, char **ret_answer)
{
    struct exchange exchange = {.until_ms = place_steady_ms() + request->timeout_ms};
    struct buffer out;
    struct buffer answer;
    int status = 0;

    if (ret_answer != NULL)
        *ret_answer = NULL;
    buffer_init(&out, REQUEST_LIMIT);
    buffer_init(&answer, ANSWER_LIMIT);
    write_request(request, &out);
    if (open_exchange(&exchange, request->port) && send_all(&exchange, buffer_slice(&out)) &&
        receive_all(&exchange, &answer))
        status = read_answer(&answer, ret_answer);
    close(exchange.socket);
    buffer_done(&out);
    buffer_done(&answer);
    return status;
}
