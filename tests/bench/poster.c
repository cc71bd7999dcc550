#include "tests/bench/poster.h"

#include "common/base/clock.h"
#include "common/base/must.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_BYTES = 256 << 10, EVENTS = 64, WAIT_US = 100000 };

struct connection {
    int fd;
    size_t request;
    size_t sent, size;
    char *answer;
    struct connection *next_free;
};

struct posting {
    const struct poster *poster;
    int epoll;
    int64_t start_us;
    size_t next;                         /* request to send */
    size_t answered;                     /* of them */
    struct connection *free, *last_free; /* the longest idle first: none idles until it is closed */
};

static int64_t due_us(const struct posting *posting, size_t request)
{
    int64_t per_second = posting->poster->per_second;

    return per_second == 0 ? 0 : posting->start_us + (int64_t)request * 1000000 / per_second;
}

static void watch(const struct posting *posting, struct connection *connection, uint32_t events,
                  int operation)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};

    MUST(epoll_ctl(posting->epoll, operation, connection->fd, &event) == 0);
}

static void send_more(struct posting *posting, struct connection *connection)
{
    struct slice request = posting->poster->requests[connection->request];
    ssize_t size = send(connection->fd, request.data + connection->sent,
                        request.size - connection->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

    MUST(size >= 0 || errno == EAGAIN);
    connection->sent += size > 0 ? (size_t)size : 0;
    watch(posting, connection, connection->sent < request.size ? EPOLLIN | EPOLLOUT : EPOLLIN,
          EPOLL_CTL_MOD);
}

static void send_due(struct posting *posting)
{
    const struct poster *poster = posting->poster;
    int64_t now_us = clock_wall_us();

    while (posting->free != NULL && posting->next < poster->count &&
           due_us(posting, posting->next) <= now_us) {
        struct connection *connection = posting->free;

        posting->free = connection->next_free;
        connection->request = posting->next++;
        connection->sent = connection->size = 0;
        if (poster->due_us != NULL)
            poster->due_us[connection->request] =
                poster->per_second == 0 ? now_us : due_us(posting, connection->request);
        send_more(posting, connection);
    }
}

static void put_free(struct posting *posting, struct connection *connection)
{
    connection->next_free = NULL;
    if (posting->free == NULL)
        posting->free = connection;
    else
        posting->last_free->next_free = connection;
    posting->last_free = connection;
}

static bool complete(const struct connection *connection)
{
    const char *end = strstr(connection->answer, "\r\n\r\n");
    const char *field = strstr(connection->answer, "Content-Length: ");

    if (end == NULL)
        return false;
    MUST(field != NULL && field < end);
    return connection->size >=
           (size_t)(end + 4 - connection->answer) + strtoull(field + 16, NULL, 10);
}

static void receive(struct posting *posting, struct connection *connection)
{
    ssize_t size = recv(connection->fd, connection->answer + connection->size,
                        ANSWER_BYTES - connection->size - 1, MSG_DONTWAIT);

    MUST(size > 0 || (size < 0 && errno == EAGAIN));
    if (size < 0)
        return;
    connection->size += (size_t)size;
    connection->answer[connection->size] = '\0';
    if (!complete(connection))
        return;
    if (strncmp(connection->answer, "HTTP/1.1 202", 12) != 0) {
        fprintf(stderr, "not accepted: %.600s\n", connection->answer);
        exit(EXIT_FAILURE);
    }
    if (posting->poster->answered_us != NULL)
        posting->poster->answered_us[connection->request] = clock_wall_us();
    posting->answered++;
    put_free(posting, connection);
}

static void open_connection(struct posting *posting, struct connection *connection)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)posting->poster->port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;

    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    MUST(connection->fd >= 0 &&
         connect(connection->fd, (const struct sockaddr *)&address, sizeof address) == 0);
    MUST(setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
    connection->answer = must_alloc(ANSWER_BYTES);
    watch(posting, connection, EPOLLIN, EPOLL_CTL_ADD);
    put_free(posting, connection);
}

/* Until something comes or the next request is due. */
static void turn(struct posting *posting)
{
    struct epoll_event events[EVENTS];
    int64_t wait_us = WAIT_US;
    struct timespec wait;
    int count;

    if (posting->poster->per_second > 0 && posting->free != NULL &&
        posting->next < posting->poster->count)
        wait_us = due_us(posting, posting->next) - clock_wall_us();
    wait = (struct timespec){.tv_nsec = (wait_us < 0 ? 0 : wait_us) * 1000};
    count = epoll_pwait2(posting->epoll, events, EVENTS, &wait, NULL);
    for (int i = 0; i < count; i++) {
        struct connection *connection = events[i].data.ptr;

        if ((events[i].events & EPOLLOUT) != 0)
            send_more(posting, connection);
        if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
            receive(posting, connection);
    }
    send_due(posting);
}

void poster_run(const struct poster *poster)
{
    struct connection *connections = must_alloc((size_t)poster->connections * sizeof *connections);
    struct posting posting = {.poster = poster, .epoll = epoll_create1(EPOLL_CLOEXEC)};

    for (int i = 0; i < poster->connections; i++)
        open_connection(&posting, &connections[i]);
    posting.start_us = clock_wall_us();
    send_due(&posting);
    while (posting.answered < poster->count)
        turn(&posting);
    for (int i = 0; i < poster->connections; i++) {
        close(connections[i].fd);
        free(connections[i].answer);
    }
    close(posting.epoll);
    free(connections);
}
