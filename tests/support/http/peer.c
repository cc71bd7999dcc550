#include "tests/support/http/peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PEER_BYTES_MAX = 64 << 20 };

void peer_init(struct peer *peer, uint16_t port, int wait_ms)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval wait = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000};
    int on = 1;

    *peer = (struct peer){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    buffer_init(&peer->in, PEER_BYTES_MAX);
    if (peer->fd < 0)
        return;
    setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    if (connect(peer->fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(peer->fd);
        peer->fd = -1;
    }
}

void peer_done(struct peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
    buffer_done(&peer->in);
}

bool peer_send(struct peer *peer, const void *data, size_t size)
{
    const char *at = data;

    while (size > 0) {
        ssize_t sent = send(peer->fd, at, size, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        at += sent;
        size -= (size_t)sent;
    }
    return true;
}

bool peer_send_text(struct peer *peer, const char *text)
{
    return peer_send(peer, text, strlen(text));
}

bool peer_drip(struct peer *peer, const char *data, size_t size, unsigned pause_us)
{
    for (size_t i = 0; i < size; i++) {
        if (!peer_send(peer, data + i, 1))
            return false;
        if (pause_us > 0)
            usleep(pause_us);
    }
    return true;
}

/* False when nothing more comes. */
static bool receive(struct peer *peer)
{
    char bytes[65536];
    ssize_t size = recv(peer->fd, bytes, sizeof bytes, 0);

    if (size <= 0) {
        peer->ended = size == 0 || (size < 0 && errno != EAGAIN);
        return false;
    }
    buffer_append(&peer->in, bytes, (size_t)size);
    return true;
}

struct slice answer_field(const struct answer *answer, const char *name)
{
    const char *end = answer->head.data + answer->head.size;
    const char *line = memmem(answer->head.data, answer->head.size, "\r\n", 2);
    size_t size = strlen(name);

    for (; line != NULL && line + 2 + size < end;
         line = memmem(line, (size_t)(end - line), "\r\n", 2)) {
        const char *stop;

        line += 2;
        if (strncasecmp(line, name, size) != 0 || line[size] != ':')
            continue;
        line += size + 2;
        stop = memmem(line, (size_t)(end - line), "\r\n", 2);
        return (struct slice){line, (size_t)(stop - line)};
    }
    return (struct slice){NULL, 0};
}

struct answer peer_answer(struct peer *peer, bool bodiless)
{
    struct answer answer = {0};
    const char *end;
    struct slice length;
    size_t size = 0;

    /* What the last answer was is dropped only now: its slices lived until here. */
    buffer_consume(&peer->in, peer->taken);
    peer->taken = 0;
    while (peer->in.size == 0 ||
           (end = memmem(peer->in.data, peer->in.size, "\r\n\r\n", 4)) == NULL)
        if (!receive(peer))
            return answer;
    answer.head = (struct slice){peer->in.data, (size_t)(end - peer->in.data) + 4};
    length = answer_field(&answer, "Content-Length");
    if (!bodiless && length.data != NULL)
        size = strtoul(length.data, NULL, 10);
    peer->taken = answer.head.size + size;
    while (peer->in.size < peer->taken)
        if (!receive(peer))
            return (struct answer){0};
    answer.head.data = peer->in.data;
    answer.body = (struct slice){peer->in.data + answer.head.size, size};
    answer.status = atoi(peer->in.data + sizeof "HTTP/1.1");
    answer.close = slice_equal(answer_field(&answer, "Connection"), SLICE_LITERAL("close"));
    return answer;
}

bool peer_is_closed(struct peer *peer)
{
    buffer_consume(&peer->in, peer->taken);
    peer->taken = 0;
    while (!peer->ended && receive(peer))
        continue;
    return peer->ended && peer->in.size == 0;
}
