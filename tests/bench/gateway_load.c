#include "tests/bench/gateway_load.h"

#include "common/base/clock.h"
#include "common/base/must.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IN_BYTES = 256 << 10, EVENTS = 64, SAMPLES_MAX = 4 << 20 };

struct connection {
    int fd;
    char *in;
    size_t in_size;
    struct slice out; /* not sent yet */
    int64_t sent_us;
};

struct state {
    const struct load *load;
    int epoll;
    size_t next;
    int64_t until_us;
    int open; /* with a request under way */
    uint64_t answers;
    int32_t *samples;
};

static void watch(const struct state *state, struct connection *connection, uint32_t events, int op)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};

    MUST(epoll_ctl(state->epoll, op, connection->fd, &event) == 0);
}

/* Whether all of it is gone. */
static bool flush(struct connection *connection)
{
    ssize_t size = send(connection->fd, connection->out.data, connection->out.size, MSG_NOSIGNAL);

    MUST(size >= 0 || errno == EAGAIN);
    if (size > 0) {
        connection->out.data += size;
        connection->out.size -= (size_t)size;
    }
    return connection->out.size == 0;
}

static void send_next(struct state *state, struct connection *connection)
{
    connection->out = state->load->requests[state->next++ % state->load->request_count];
    connection->sent_us = clock_steady_us();
    connection->in_size = 0;
    if (!flush(connection))
        watch(state, connection, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
}

static bool answered(struct connection *connection)
{
    char *end, *field;

    connection->in[connection->in_size] = '\0';
    end = strstr(connection->in, "\r\n\r\n");
    if (end == NULL)
        return false;
    field = strstr(connection->in, "Content-Length: ");
    MUST(field != NULL && field < end);
    if (connection->in_size < (size_t)(end + 4 - connection->in) + strtoull(field + 16, NULL, 10))
        return false;
    if (strncmp(connection->in, "HTTP/1.1 202", 12) != 0) {
        fprintf(stderr, "not accepted: %.600s\n", connection->in);
        exit(EXIT_FAILURE);
    }
    return true;
}

static void take_answer(struct state *state, struct connection *connection)
{
    ssize_t size = recv(connection->fd, connection->in + connection->in_size,
                        IN_BYTES - connection->in_size - 1, 0);
    int64_t now_us;

    MUST(size > 0 || (size < 0 && errno == EAGAIN));
    if (size < 0)
        return;
    connection->in_size += (size_t)size;
    if (!answered(connection))
        return;
    now_us = clock_steady_us();
    if (state->answers < SAMPLES_MAX)
        state->samples[state->answers] = (int32_t)(now_us - connection->sent_us);
    state->answers++;
    if (now_us < state->until_us)
        send_next(state, connection);
    else
        state->open--;
}

static void on_event(struct state *state, struct connection *connection, uint32_t events)
{
    if ((events & EPOLLOUT) != 0 && connection->out.size > 0 && flush(connection))
        watch(state, connection, EPOLLIN, EPOLL_CTL_MOD);
    if ((events & EPOLLIN) != 0)
        take_answer(state, connection);
}

static void open_connection(struct state *state, struct connection *connection)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)state->load->port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;

    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    MUST(connection->fd >= 0 &&
         connect(connection->fd, (const struct sockaddr *)&address, sizeof address) == 0);
    MUST(setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
    MUST(setsockopt(connection->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    connection->in = must_alloc(IN_BYTES);
    watch(state, connection, EPOLLIN, EPOLL_CTL_ADD);
    state->open++;
}

static int compare(const void *a, const void *b)
{
    return (*(const int32_t *)a > *(const int32_t *)b) -
           (*(const int32_t *)a < *(const int32_t *)b);
}

static struct load_outcome sum_up(const struct state *state, int64_t duration_us)
{
    size_t count = state->answers < SAMPLES_MAX ? state->answers : SAMPLES_MAX;

    MUST(count > 0);
    qsort(state->samples, count, sizeof *state->samples, compare);
    return (struct load_outcome){.answers = state->answers,
                                 .duration_us = duration_us,
                                 .p50_us = state->samples[count / 2],
                                 .p99_us = state->samples[count * 99 / 100]};
}

struct load_outcome load_run(const struct load *load)
{
    struct connection *connections = must_alloc((size_t)load->connections * sizeof *connections);
    int64_t start_us = clock_steady_us();
    struct state state = {.load = load,
                          .epoll = epoll_create1(EPOLL_CLOEXEC),
                          .until_us = start_us + load->duration_ms * 1000,
                          .samples = must_alloc(SAMPLES_MAX * sizeof *state.samples)};
    struct load_outcome outcome;

    for (int i = 0; i < load->connections; i++)
        open_connection(&state, &connections[i]);
    for (int i = 0; i < load->connections; i++)
        send_next(&state, &connections[i]);
    while (state.open > 0) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(state.epoll, events, EVENTS, 1000);

        for (int i = 0; i < count; i++)
            on_event(&state, events[i].data.ptr, events[i].events);
    }
    outcome = sum_up(&state, clock_steady_us() - start_us);
    for (int i = 0; i < load->connections; i++) {
        close(connections[i].fd);
        free(connections[i].in);
    }
    close(state.epoll);
    free(connections);
    free(state.samples);
    return outcome;
}
